use async_trait::async_trait;

use crate::{error::Result, job::TaskToken};

/// Workflows whose tasks wait for jobs.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Ends the task of a token with an outcome. A task that has ended, or that the workflow
    /// does not know, stays as it is; that is no error.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) if the workflows do not answer, after retries;
    /// [`Misconfigured`](crate::Error::Misconfigured) if the deployment may not end the task.
    async fn end(&self, token: &TaskToken, outcome: &Outcome) -> Result<()>;

    /// Says that the task of a token is being worked on. As for [`end`](Workflows::end), a task that
    /// has ended stays as it is.
    ///
    /// # Errors
    /// As for [`end`](Workflows::end).
    async fn beat(&self, token: &TaskToken) -> Result<()>;
}

/// The outcome of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done {
        /// The output, as JSON.
        output: String,
    },
    /// It failed.
    Failed {
        /// The kind of failure, which a workflow branches on.
        error: &'static str,
        /// Why, in a sentence.
        cause: String,
    },
}
