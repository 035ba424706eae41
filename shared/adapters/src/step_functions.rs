use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sfn::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};
use pgfold_core::{Outcome, Result, TaskToken, Workflows};

use crate::aws::from_sdk;

const SERVICE: &str = "step functions";

/// The most characters of a cause: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html>.
const LONGEST_CAUSE: usize = 32_768;

/// State machines of Step Functions.
#[derive(Debug, Clone)]
pub struct StepFunctions {
    client: Client,
}

impl StepFunctions {
    /// Makes a client.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

#[async_trait]
impl Workflows for StepFunctions {
    async fn end(&self, token: &TaskToken, outcome: &Outcome) -> Result<()> {
        match outcome {
            Outcome::Done { output } => {
                let success = self.client.send_task_success().task_token(token.as_str());
                unless_over(success.output(output).send().await)
            }
            Outcome::Failed { error, cause } => {
                let cause: String = cause.chars().take(LONGEST_CAUSE).collect();
                let failure = self.client.send_task_failure().task_token(token.as_str());
                unless_over(failure.error(*error).cause(cause).send().await)
            }
        }
    }

    async fn beat(&self, token: &TaskToken) -> Result<()> {
        unless_over(self.client.send_task_heartbeat().task_token(token.as_str()).send().await)
    }
}

/// Returns the result of a call. It is no error that the task is over, or is not known.
fn unless_over<T, E, R>(sent: Result<T, SdkError<E, R>>) -> Result<()>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match sent {
        Err(error)
            if matches!(
                error.code(),
                Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken")
            ) =>
        {
            tracing::info!(code = error.code(), "no task waits for the job any more");
            Ok(())
        }
        Err(error) => Err(from_sdk(SERVICE, error)),
        Ok(_) => Ok(()),
    }
}
