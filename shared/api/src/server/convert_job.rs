//! Where a job stands, in the words of the wire.

use pgfold_core::{self as core, Usage};

use super::cost_usd;
use crate::{Announcement, Job, LastError, Output, Progress};

impl Job {
    /// Returns what the list of jobs and a job by itself have in common, at the time `now`.
    pub fn new(progress: &core::Progress, status: core::Status, now: core::Timestamp) -> Self {
        let core::Progress { job, tally, .. } = progress;
        let computation = &job.computation;
        let end = match status {
            core::Status::Pending => Some(now),
            core::Status::Completed => Some(tally.recorded_at.unwrap_or(job.created_at)),
            // The last record of a job that is not complete says little.
            core::Status::Failed | core::Status::Cancelled | core::Status::Expired => None,
        };
        Self {
            task_id: job.job_id.into(),
            trace_id: job.trace.id.clone().into(),
            state: status.into(),
            source: computation.source.name.clone(),
            query: (&computation.query).into(),
            output: computation.output.as_ref().map(|output| Output {
                format: output.format.into(),
                parts: (job.partitions > 0).then_some(job.partitions),
            }),
            cut_by: computation.cut_by.clone(),
            execution: computation.execution.into(),
            consistency: computation.consistency().into(),
            created_at: job.created_at.into(),
            deadline: progress.deadline.into(),
            expires_at: job.expires_at.into(),
            progress: Progress { done: progress.done, total: job.chunks },
            estimated_rows: job.estimated_rows,
            rows: tally.rows,
            skipped: tally.skipped,
            elapsed_ms: end.map(|end| end.millis_since(job.created_at)),
            map_ms: progress.map_ms(tally),
            failed_attempts: progress.failed.attempts,
            cost_usd: cost_usd(Usage::new(progress, tally)),
            last_error: progress.last_error.as_ref().map(Into::into),
            announced: progress.announced.as_ref().map(Into::into),
        }
    }
}

impl From<&core::LastError> for LastError {
    fn from(last: &core::LastError) -> Self {
        Self {
            chunk: last.chunk.0,
            attempt: last.attempt,
            at: last.at.into(),
            error: last.error.clone(),
        }
    }
}

impl From<&core::Announcement> for Announcement {
    fn from(announced: &core::Announcement) -> Self {
        Self {
            event_id: announced.event_id.clone(),
            state: announced.ending.into(),
            at: announced.at.into(),
        }
    }
}
