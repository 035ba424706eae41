use serde::{Deserialize, Serialize};

use crate::job::{Job, JobId, Status, Timestamp};

/// How a job ended.
///
/// A job that failed may be retried, or completed by a record that was on its way, and then ends
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Every chunk counts, and there is an answer.
    Completed,
    /// Chunks have no record by the job's deadline or were given up, or there can be no answer.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// The job's time to live was over before it ended otherwise.
    Expired,
}

impl Ending {
    /// Returns the ending of a job in this state; `None` if it is pending.
    pub const fn of(status: Status) -> Option<Self> {
        match status {
            Status::Pending => None,
            Status::Completed => Some(Self::Completed),
            Status::Failed => Some(Self::Failed),
            Status::Cancelled => Some(Self::Cancelled),
            Status::Expired => Some(Self::Expired),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Returns whether the job cannot end otherwise afterwards.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Failed)
    }

    /// Returns the id of the event about this ending of a job that has the given deadline. Every
    /// event about the same ending has it: `<job>:<state>`, or `<job>:<state>:<deadline>` if a retry
    /// has set another deadline than the job's own, because then the job can fail once more.
    pub fn event_id(self, job: &Job, deadline: Timestamp) -> String {
        let id = self.first_event_id(job.job_id);
        if deadline == job.deadline { id } else { format!("{id}:{}", deadline.as_millis()) }
    }

    /// Returns the id of the event about this ending of a job that was never retried.
    pub fn first_event_id(self, job_id: JobId) -> String {
        format!("{job_id}:{}", self.name())
    }
}
