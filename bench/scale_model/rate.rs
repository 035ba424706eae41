//! How many jobs an hour each resource lets through.

use crate::{
    job::{Deployment, RowCost, chunk_overhead},
    limits::{LAMBDA_CONCURRENCY, PARTITION_WRITES},
    template::Template,
};

/// One kind of job, again and again, over a table that is in memory.
#[derive(Clone, Copy)]
pub(crate) struct Jobs {
    pub(crate) rows: f64,
    pub(crate) chunks: u16,
}

/// What stands in the way of more.
pub(crate) struct Capacity {
    pub(crate) resource: &'static str,
    pub(crate) jobs_an_hour: f64,
    pub(crate) moved_by: String,
}

/// Writes of a job to the list of jobs, which has their keys alone.
const LIST_WRITES: f64 = 1.0;

/// Requests of a job: its POST, and a GET that waits for its end.
const REQUESTS: f64 = 2.0;

impl Jobs {
    /// Seconds of mappers that one takes.
    pub(crate) fn mapper_seconds(self, cost: RowCost) -> f64 {
        self.rows * cost.mapper + f64::from(self.chunks) * chunk_overhead()
    }

    pub(crate) fn capacities(
        self,
        at: &Deployment,
        cost: RowCost,
        template: &Template,
    ) -> Vec<Capacity> {
        let mapping = self.mapper_seconds(cost);
        let waiting = at.job_in(self.rows, self.chunks, cost).seconds;
        let an_hour = |resource, a_second: f64, of_one: f64, moved_by: &str| Capacity {
            resource,
            jobs_an_hour: 3600.0 * a_second / of_one,
            moved_by: moved_by.to_owned(),
        };
        let requests = template.default("ApiRate");
        vec![
            an_hour(
                "server CPU",
                at.database.vcpus,
                self.rows * cost.server,
                "instance class, a replica as `DatabaseUrl`, `pushdown`",
            ),
            an_hour(
                "server network, sustained",
                at.database.network.sustained,
                self.rows * cost.wire,
                "instance class, `pushdown`",
            ),
            an_hour(
                "mappers",
                at.mappers.into(),
                mapping,
                "`MapperConcurrency`, within `ConnectionBudget`",
            ),
            an_hour("requests to the API", requests, REQUESTS, "`ApiRate`"),
            an_hour(
                "the list of jobs, one partition of its index",
                PARTITION_WRITES.value,
                LIST_WRITES,
                "`Store=valkey`",
            ),
            an_hour(
                "environments of Lambda: mappers, and `result`, which waits",
                LAMBDA_CONCURRENCY.value,
                mapping + waiting,
                "the account's quota",
            ),
        ]
    }

    /// The least of them.
    pub(crate) fn most_an_hour(
        self,
        at: &Deployment,
        cost: RowCost,
        template: &Template,
    ) -> Capacity {
        let all = self.capacities(at, cost, template);
        let least = all.into_iter().min_by(|a, b| a.jobs_an_hour.total_cmp(&b.jobs_an_hour));
        least.expect("there are resources")
    }
}
