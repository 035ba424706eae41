use std::{num::NonZeroU16, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{ChunkTask, Computation, JobId, PlanHash, Timestamp, Trace},
    plan::{Plan, Planned},
};

/// A computation over a source, as it was submitted. It never changes afterwards.
///
/// Its [`Plan`] is kept beside it, for that grows with the number of chunks and this does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The job's name.
    #[serde(rename = "task_id")]
    pub job_id: JobId,
    /// What is read and computed.
    pub computation: Computation,
    /// The fingerprint of its chunks.
    pub plan: PlanHash,
    /// The number of its chunks, 0 for an empty table.
    pub chunks: u16,
    /// How many chunks stores keep together, so that their records fit in one item of theirs.
    pub piece: NonZeroU16,
    /// About how many rows its chunks have, as it was planned.
    pub estimated_rows: u64,
    /// Whether all that it reads can be seen at one instant.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub is_one_instant: bool,
    /// What its owner should know of the plan, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// From when on it has failed if a chunk is missing and it has not been sent again.
    pub deadline: Timestamp,
    /// From when on it is forgotten.
    pub expires_at: Timestamp,
    /// The trace in which it was submitted, if the build that kept it knew of any:
    /// [`Job::trace`] says more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

impl Job {
    /// A job, submitted in `trace`, that starts `now` and runs over the chunks that were planned,
    /// of each of which a partial of at most `largest_partial` bytes will be kept.
    pub fn new(
        job_id: JobId,
        trace: Trace,
        computation: Computation,
        largest_partial: usize,
        planned: &Planned,
        now: Timestamp,
        policy: JobPolicy,
    ) -> Self {
        let Planned { plan, estimated_rows, is_one_instant, warnings, relation: _ } = planned;
        Self {
            job_id,
            plan: PlanHash::new(job_id, now, &computation, plan),
            computation,
            chunks: plan.len() as u16,
            piece: Self::piece(largest_partial),
            estimated_rows: *estimated_rows,
            is_one_instant: *is_one_instant,
            warnings: warnings.clone(),
            created_at: now,
            deadline: now + policy.deadline,
            expires_at: now + policy.ttl,
            trace: Some(trace),
        }
    }

    /// The trace in which the job was submitted; of one that was kept without it, by a build that
    /// knew of none, its own.
    pub fn trace(&self) -> Trace {
        self.trace.unwrap_or_else(|| Trace::of_task(self.job_id))
    }

    /// How many chunks with partials of at most so many bytes stores keep together, from 1 to
    /// [`MOST_TOGETHER`](Job::MOST_TOGETHER): as many as fit in an item of DynamoDB whatever
    /// their partials come to.
    fn piece(largest_partial: usize) -> NonZeroU16 {
        let fit = Self::ITEM / (largest_partial + Self::RECEIPT);
        let fit = u16::try_from(fit).unwrap_or(u16::MAX).min(Self::MOST_TOGETHER);
        NonZeroU16::new(fit).unwrap_or(NonZeroU16::MIN)
    }

    /// The most chunks that stores keep together.
    ///
    /// A record has some 500 bytes as a rule, so 16 of them are 8 KB, of which DynamoDB bills a
    /// write by 4 on average. With more, each write bills more; with fewer, a job has more pieces
    /// to be counted, each by another write.
    pub const MOST_TOGETHER: u16 = 16;

    /// Bytes of the records in an item of DynamoDB, which has at most 400 KB. The rest is for the
    /// job, its plan and the reasons of failures.
    const ITEM: usize = 350 * 1000;

    /// Bytes of a record besides its partial, at most: a receipt with two long texts of keys.
    const RECEIPT: usize = 2 * 1000;

    /// The most bytes of a kernel's partial: one of them fits in an item.
    pub const LARGEST_PARTIAL: usize = Self::ITEM - Self::RECEIPT;

    /// The job as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("task {}", self.job_id), error))
    }

    /// Reads a job.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is none.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a job", error))
    }

    /// The messages of the job, one for each chunk of its plan.
    pub fn chunk_tasks(&self, plan: &Plan) -> impl Iterator<Item = ChunkTask> {
        plan.chunks().map(|(chunk, range)| ChunkTask {
            version: ChunkTask::VERSION,
            job_id: self.job_id,
            plan: self.plan.clone(),
            chunk,
            range,
            computation: self.computation.clone(),
            expires_at: self.expires_at,
            trace: Some(self.trace()),
        })
    }
}

const fn yes() -> bool {
    true
}

/// How long jobs may take and are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobPolicy {
    /// A job with a chunk missing has failed this long after it was submitted.
    pub deadline: Duration,
    /// A job is forgotten this long after it was submitted.
    pub ttl: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ChunkCount;

    const HEADER: &str =
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    /// The trace that a job has by its name.
    const OWN: &str = "Root=1-67271aed-2f6e7a529c1e3d2f0a4b5c6d";

    /// A job as it was kept before jobs had a trace, but for its last brace.
    const JOB: &str = concat!(
        r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","#,
        r#""computation":{"source":{"name":"points","definition":"f477bd705c1474d6"},"#,
        r#""columns":["x1","y1","x2","y2"],"#,
        r#""kernel":{"name":"min_distance","params":{"metric":"euclidean"}}},"#,
        r#""plan":"0123456789abcdef","chunks":4,"piece":16,"estimated_rows":1000000,"#,
        r#""created_at":1795348800000,"deadline":1795352400000,"expires_at":1795435200000"#,
    );

    #[test]
    fn a_job_reads_with_its_trace_or_without() {
        let traced = format!(r#"{JOB},"trace":"{HEADER}"}}"#);
        for (json, trace) in [(format!("{JOB}}}"), OWN), (traced, HEADER)] {
            let job = Job::from_json(&json).unwrap();
            assert_eq!((job.trace().to_string().as_str(), job.to_json().unwrap()), (trace, json));
        }
    }

    #[test]
    fn the_messages_of_a_job_are_of_its_trace() {
        let chunks = ChunkCount::new(2).unwrap();
        let plan = Plan::of_texts(&["a".to_owned(), "b".to_owned()], chunks);
        let traced = format!(r#"{JOB},"trace":"{HEADER}"}}"#);
        for (json, trace) in [(format!("{JOB}}}"), OWN), (traced, HEADER)] {
            let tasks: Vec<ChunkTask> = Job::from_json(&json).unwrap().chunk_tasks(&plan).collect();
            assert!(!tasks.is_empty());
            for task in tasks {
                let json = task.to_json().unwrap();
                assert!(json.ends_with(&format!(r#","trace":"{trace}"}}"#)), "{json}");
            }
        }
    }

    #[test]
    fn chunks_are_kept_together_as_far_as_they_fit() {
        let pieces =
            [100, 20_000, 100_000, Job::LARGEST_PARTIAL].map(|largest| Job::piece(largest).get());
        assert_eq!(pieces, [16, 15, 3, 1]);
    }
}
