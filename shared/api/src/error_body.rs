use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a request that went wrong did not do, in the demo's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No job was submitted.
    NotSubmitted,
    /// The job was not cancelled.
    NotCancelled,
    /// The job was not sent again.
    NotRetried,
    /// The job cannot be shown.
    JobUnknown,
    /// The list of jobs cannot be shown.
    JobsUnknown,
    /// The kernels cannot be shown.
    KernelsUnknown,
    /// The sources cannot be shown.
    SourcesUnknown,
    /// The description of the API cannot be shown.
    DescriptionUnknown,
    /// There is no result.
    NoResult,
    /// The function has no such route.
    RouteUnknown,
}

impl Problem {
    /// The `status` of the answer.
    pub const fn status(self) -> &'static str {
        match self {
            Self::NotSubmitted => "task not submitted",
            Self::NotCancelled => "task not cancelled",
            Self::NotRetried => "task not retried",
            Self::JobUnknown => "task unknown",
            Self::JobsUnknown => "tasks unknown",
            Self::KernelsUnknown => "kernels unknown",
            Self::SourcesUnknown => "sources unknown",
            Self::DescriptionUnknown => "description unknown",
            Self::NoResult => "something went wrong",
            Self::RouteUnknown => "route unknown",
        }
    }
}

/// The body of every error of pgfold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// What did not happen.
    pub status: String,
    /// Why, in a sentence.
    #[schemars(length(min = 1))]
    pub error: String,
}

impl ErrorBody {
    /// Makes the body of a problem.
    pub fn new(problem: Problem, error: impl Into<String>) -> Self {
        Self { status: problem.status().to_owned(), error: error.into() }
    }
}
