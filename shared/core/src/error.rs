use std::time::Duration;

use crate::job::{InvalidJobId, InvalidSnapshotId, JobId, SnapshotId};

/// Why an operation did not succeed, by what the caller can do about it.
///
/// The text of an error is for the caller of the API. The text of a service, which may name hosts,
/// accounts and roles, is among the error's sources, for the log: [`Error::with_causes`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request or message is wrong; sending it again cannot help. HTTP 400.
    #[error("{0}")]
    Invalid(String),

    /// The deployment is wrong: a table, column, privilege or setting is missing. The error
    /// stays until somebody changes the deployment; a retry cannot help. HTTP 500.
    #[error("{0}")]
    Misconfigured(String),

    /// The store has no such job: it never existed, or its time to live is over. HTTP 404.
    #[error("task {0} is not known")]
    NotFound(JobId),

    /// The store already has a job of this id.
    #[error("task {0} exists already")]
    AlreadyExists(JobId),

    /// The job is completed, so it is too late for the request. HTTP 409.
    #[error("task {0} is already completed")]
    AlreadyCompleted(JobId),

    /// The job has ended in a way that cannot be undone. HTTP 409.
    #[error("task {job_id} cannot be taken up again: {reason}")]
    Ended {
        /// The job.
        job_id: JobId,
        /// How it ended, or what it lacks.
        reason: &'static str,
    },

    /// The store has this job, but with another plan than the message was made for.
    #[error("task {0} has another plan than this message")]
    OtherPlan(JobId),

    /// A source is configured differently here than where the job was planned, as during a
    /// deployment. HTTP 503, or redelivery.
    #[error("the source {0:?} is not configured here as it was when the job was submitted")]
    OtherSource(String),

    /// The instant that a job reads is no longer held, so no mapper can begin to read at it.
    /// Redelivery, as long as a mapper that began in time may still be reading.
    #[error(
        "the job's snapshot {0} is not held any more, so this chunk cannot be read as the others \
         were; submit the job again"
    )]
    SnapshotGone(SnapshotId),

    /// A service failed, and may succeed the next time. HTTP 503, or redelivery.
    #[error("{service} is unavailable{}", after_colon(reason.as_deref()))]
    Unavailable {
        /// The service, in lower case: `postgres`, `sqs`, `dynamodb`, ...
        service: &'static str,
        /// Why, in a text for any caller: without hosts, accounts, roles or values of rows.
        reason: Option<String>,
        /// The error of the service or its client.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// An operation took longer than its limit, and may be faster the next time. HTTP 503, or
    /// redelivery.
    #[error("{what} took longer than {limit:?}")]
    TimedOut {
        /// What took so long: `chunk 3`.
        what: String,
        /// The limit.
        limit: Duration,
    },

    /// A kernel broke its own promise: its partial is larger than it states or does not read back,
    /// or it panicked. The same rows break it again. HTTP 500.
    #[error("the kernel {kernel} failed: {problem}")]
    Kernel {
        /// The kernel's name.
        kernel: &'static str,
        /// What the kernel did.
        problem: String,
    },

    /// The answer would list more groups than an answer can. The same records have the same groups
    /// again. HTTP 500.
    #[error(
        "the chunks met {groups} groups together, and an answer can list {most}; ask for the first \
         of them by limit, group by fewer or coarser values, filter the rows, or have them \
         written into files by output"
    )]
    TooManyGroupsOfJob {
        /// The groups that were met until then.
        groups: usize,
        /// The most groups of an answer.
        most: usize,
    },

    /// The partials of all chunks of a job are larger together than what one function can merge. The
    /// same records have the same partials again. HTTP 500.
    #[error(
        "the partials of the chunks have {bytes} bytes, and a job without output can have {most}; \
         have the groups written into files by output, group by fewer or coarser values, compute \
         fewer kernels, ask for fewer chunks, or filter the rows"
    )]
    PartialsTooLarge {
        /// The bytes of the partials.
        bytes: u64,
        /// The most bytes of a job.
        most: u64,
    },

    /// Stored data has a form of another build, which may read it, as during a deployment. HTTP 503.
    #[error("{what} has version {version} of its form, and this build reads version {known}")]
    OtherVersion {
        /// What was read.
        what: String,
        /// Its version.
        version: u16,
        /// The version that this build reads.
        known: u16,
    },

    /// Stored data does not read back: it was written by another version, or damaged.
    #[error("{what} does not read back")]
    Corrupt {
        /// What was read, with its name: `chunk 3 of task agg_...`.
        what: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Makes an [`Error::Unavailable`] of `service`.
    pub fn unavailable(
        service: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable { service, reason: None, source: source.into() }
    }

    /// Makes an [`Error::Unavailable`] of `service`, with a reason that any caller may read.
    pub fn unavailable_because(
        service: &'static str,
        reason: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable { service, reason: Some(reason.into()), source: source.into() }
    }

    /// Makes an [`Error::Corrupt`] of `what`.
    pub fn corrupt(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Corrupt { what: what.into(), source: source.into() }
    }

    /// Returns `Ok` if a form has the version that this build reads.
    ///
    /// # Errors
    /// [`Error::OtherVersion`] of `what` if it does not.
    pub(crate) fn check_version(what: impl Into<String>, version: u16, known: u16) -> Result<()> {
        match version == known {
            true => Ok(()),
            false => Err(Self::OtherVersion { what: what.into(), version, known }),
        }
    }

    /// Returns whether the same operation may succeed if it is tried again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. }
            | Self::TimedOut { .. }
            | Self::OtherSource(_)
            | Self::OtherVersion { .. }
            | Self::SnapshotGone(_) => true,
            Self::Invalid(_)
            | Self::Misconfigured(_)
            | Self::NotFound(_)
            | Self::AlreadyExists(_)
            | Self::AlreadyCompleted(_)
            | Self::Ended { .. }
            | Self::OtherPlan(_)
            | Self::Kernel { .. }
            | Self::TooManyGroupsOfJob { .. }
            | Self::PartialsTooLarge { .. }
            | Self::Corrupt { .. } => false,
        }
    }

    /// Returns the text of the error and of its sources, outermost first.
    pub fn with_causes(&self) -> String {
        let causes = std::iter::successors(Some(self as &dyn std::error::Error), |e| e.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}

impl From<InvalidJobId> for Error {
    fn from(error: InvalidJobId) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<InvalidSnapshotId> for Error {
    fn from(error: InvalidSnapshotId) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// Returns the end of a sentence, which is empty without `more`.
fn after_colon(more: Option<&str>) -> String {
    more.map(|more| format!(": {more}")).unwrap_or_default()
}

/// A result whose error is pgfold's [`Error`] by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;
