//! How many jobs an hour there may be, and what very many take.

use super::{KINDS, MANY, Page};
use crate::{
    rate::{Capacity, Jobs},
    write::{count, dollars, figure, table, thousands},
};

impl Page {
    pub(super) fn many_jobs(&self) -> String {
        let kinds = KINDS.map(|kind| {
            let chunks = if kind.chunks == 1 { "chunk" } else { "chunks" };
            format!("{} rows, {} {chunks}", count(kind.rows), kind.chunks)
        });
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let head = [&["jobs an hour at most, by"][..], &kinds, &["moved by"]].concat();
        let most = table(&head, &[0, 4], &self.most_jobs());
        let many = format!("{} an hour take", thousands(MANY));
        let head = [&[many.as_str()][..], &kinds].concat();
        format!("{most}\n{}", table(&head, &[0], &self.what_many_take()))
    }

    fn most_jobs(&self) -> Vec<Vec<String>> {
        let columns = KINDS.map(|kind| {
            let all = kind.capacities(&self.small, self.streaming, &self.template);
            let least = kind.most_an_hour(&self.small, self.streaming, &self.template).resource;
            (all, least)
        });
        let (first, _) = &columns[0];
        let line = |(at, capacity): (usize, &Capacity)| {
            let mut line = vec![capacity.resource.to_owned()];
            line.extend(columns.iter().map(|(column, least)| {
                let jobs = count(column[at].jobs_an_hour);
                if column[at].resource == *least { format!("**{jobs}**") } else { jobs }
            }));
            line.push(capacity.moved_by.clone());
            line
        };
        first.iter().enumerate().map(line).collect()
    }

    fn what_many_take(&self) -> Vec<Vec<String>> {
        let (cost, a_second) = (self.streaming, MANY / 3600.0);
        let line = |what: &str, of: &dyn Fn(&Jobs) -> String| {
            let mut line = vec![what.to_owned()];
            line.extend(KINDS.iter().map(of));
            line
        };
        vec![
            line("vCPUs of the database", &|kind| figure(a_second * kind.rows * cost.server)),
            line("its network, Gbps", &|kind| figure(a_second * kind.rows * cost.wire * 8.0 / 1e9)),
            line("mappers", &|kind| {
                format!("{:.0}", (a_second * kind.mapper_seconds(cost)).ceil())
            }),
            line("pgfold, an hour", &|kind| {
                let one = self.small.job_in(kind.rows, kind.chunks, cost);
                dollars(MANY * one.dollars())
            }),
        ]
    }
}
