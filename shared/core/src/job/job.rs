use std::{num::NonZeroU16, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{ChunkTask, Computation, JobId, PlanHash, Stage, TaskToken, Timestamp, Trace},
    partition::Partition,
    plan::{ChunkIndex, ChunkRange, Plan, Planned},
};

/// A job: a computation over a source, as it was submitted. It never changes afterwards.
///
/// Its [`Plan`] is stored beside it, because a plan grows with the number of chunks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The id of the job.
    #[serde(rename = "task_id")]
    pub job_id: JobId,
    /// What is read and computed.
    pub computation: Computation,
    /// The fingerprint of its chunks.
    pub plan: PlanHash,
    /// The number of its chunks, partitions included; 0 for an empty table.
    pub chunks: u16,
    /// How many of its chunks, the last ones, are partitions.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub partitions: u16,
    /// How many chunks its store keeps together, as
    /// [`Store::chunks_together`](crate::Store::chunks_together) returned it for this job.
    pub piece: NonZeroU16,
    /// About how many rows its chunks have, as it was planned.
    pub estimated_rows: u64,
    /// Whether the whole job can be read at one instant.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub is_one_instant: bool,
    /// Warnings about the plan for the job's owner, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// The deadline: the job has failed if a chunk is missing then and was not sent again.
    pub deadline: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The trace in which it was submitted.
    pub trace: Trace,
    /// The token of the workflow that waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_token: Option<TaskToken>,
}

impl Job {
    /// Makes a job that was submitted in `trace` and starts `now`. It runs over the planned chunks,
    /// of which its store keeps `piece` together.
    pub fn new(
        job_id: JobId,
        trace: Trace,
        computation: Computation,
        piece: NonZeroU16,
        planned: &Planned,
        now: Timestamp,
        policy: JobPolicy,
    ) -> Self {
        let Planned { plan, estimated_rows, is_one_instant, warnings, .. } = planned;
        Self {
            job_id,
            plan: PlanHash::new(job_id, now, &computation, plan),
            computation,
            chunks: plan.len() as u16,
            partitions: plan.partitions(),
            piece,
            estimated_rows: *estimated_rows,
            is_one_instant: *is_one_instant,
            warnings: warnings.clone(),
            created_at: now,
            deadline: now + policy.deadline,
            expires_at: now + policy.ttl,
            trace,
            task_token: None,
        }
    }

    /// Returns the number of chunks of its source, which are those of its first stage.
    pub const fn source_chunks(&self) -> u16 {
        self.chunks.saturating_sub(self.partitions)
    }

    /// Returns whether a chunk is a partition.
    pub const fn is_partition(&self, chunk: ChunkIndex) -> bool {
        chunk.0 >= self.source_chunks()
    }

    /// Returns the stage that a job is in when `done` of its chunks count. The chunks of its source
    /// count before its partitions.
    pub const fn stage(&self, done: u16) -> Stage {
        if done >= self.chunks {
            Stage::Done
        } else if done >= self.source_chunks() {
            Stage::Reduce
        } else {
            Stage::Map
        }
    }

    /// Returns the messages of the job's partitions.
    pub fn partition_tasks(&self) -> impl Iterator<Item = ChunkTask> {
        (0..self.partitions).filter_map(|number| {
            let partition = Partition::new(number, self.partitions).ok()?;
            let chunk = ChunkIndex(self.source_chunks() + number);
            Some(self.chunk_task(chunk, ChunkRange::Partition(partition)))
        })
    }

    /// Returns the job as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("task {}", self.job_id), error))
    }

    /// Reads a job.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the JSON is not a job.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a job", error))
    }

    /// Returns the messages of the job, one for each chunk of its plan.
    pub fn chunk_tasks(&self, plan: &Plan) -> impl Iterator<Item = ChunkTask> {
        plan.chunks().map(|(chunk, range)| self.chunk_task(chunk, range))
    }

    fn chunk_task(&self, chunk: ChunkIndex, range: ChunkRange) -> ChunkTask {
        ChunkTask {
            version: ChunkTask::VERSION,
            job_id: self.job_id,
            plan: self.plan.clone(),
            chunk,
            range,
            expires_at: self.expires_at,
            trace: self.trace.clone(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u16) -> bool {
    *number == 0
}

const fn yes() -> bool {
    true
}

/// How long jobs may take and are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobPolicy {
    /// A job with a chunk missing has failed this long after it was submitted.
    pub deadline: Duration,
    /// A job expires this long after it was submitted.
    pub ttl: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ChunkCount;

    /// The golden sample of a job. Deployed builds store and read this.
    const JOB: &str = concat!(
        r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","#,
        r#""computation":{"source":{"name":"points","definition":"63542088477d0e61"},"#,
        r#""query":{"compute":{"one":{"kernel":{"name":"min_distance","#,
        r#""params":{"metric":"euclidean"}},"columns":["x1","y1","x2","y2"]}}}},"#,
        r#""plan":"0123456789abcdef","chunks":4,"piece":16,"estimated_rows":1000000,"#,
        r#""created_at":1795348800000,"deadline":1795352400000,"expires_at":1795435200000,"#,
        r#""trace":{"id":"1-67271aed-2f6e7a529c1e3d2f0a4b5c6d","#,
        r#""context":"Root=1-67271aed-2f6e7a529c1e3d2f0a4b5c6d"}}"#,
    );

    #[test]
    fn a_job_reads_back_as_it_was_stored() {
        assert_eq!(Job::from_json(JOB).unwrap().to_json().unwrap(), JOB);
    }

    #[test]
    fn a_computation_with_a_field_of_a_later_build_does_not_read_back() {
        // A build that ignored the field would compute something else than was asked for.
        let mut job: serde_json::Value = serde_json::from_str(JOB).unwrap();
        job["computation"]["query"] = serde_json::json!({
            "where": [{ "column": "x1", "test": { "compare": ["lt", 7] } }],
            "group_by": [{ "column": "y1", "unit": "day", "name": "day" }],
            "compute": { "one": { "kernel": { "name": "distinct", "params": {} } } },
            "order": { "limit": 3 },
        });
        assert!(Job::from_json(&job.to_string()).is_ok());
        for place in [
            "",
            "/source",
            "/query",
            "/query/where/0",
            "/query/where/0/test",
            "/query/group_by/0",
            "/query/compute",
            "/query/compute/one",
            "/query/compute/one/kernel",
            "/query/order",
        ] {
            let mut later = job.clone();
            let part = later["computation"].pointer_mut(place).unwrap();
            part["later"] = serde_json::Value::from(1);
            let read = Job::from_json(&later.to_string());
            assert!(matches!(read, Err(Error::Corrupt { .. })), "{place}: {read:?}");
        }
    }

    #[test]
    fn the_messages_of_a_job_carry_its_trace() {
        let chunks = ChunkCount::new(2).unwrap();
        let plan = Plan::of_texts(&["a".to_owned(), "b".to_owned()], chunks);
        let job = Job::from_json(JOB).unwrap();
        let tasks: Vec<ChunkTask> = job.chunk_tasks(&plan).collect();
        assert!(!tasks.is_empty() && tasks.iter().all(|task| task.trace == job.trace));
    }
}
