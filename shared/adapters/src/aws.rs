use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use pgfold_core::Error;

/// What all AWS clients share: region, credentials and endpoint as the AWS environment
/// variables have them, and bounds on how long a call may take, which the SDK has not.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(4))
        .build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .load()
        .await
}

/// What a caller can do about an error of an AWS service.
pub(crate) fn from_sdk<E, R>(service: &'static str, error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error.code() {
        Some(code) if is_permanent(code) => {
            Error::Misconfigured(format!("{service} refuses what is configured: {code}"))
        }
        _ => Error::unavailable(service, error),
    }
}

/// Whether an error of this code stays until somebody changes a setting or a policy.
fn is_permanent(code: &str) -> bool {
    ["AccessDenied", "NonExistentQueue", "QueueDoesNotExist", "ResourceNotFound", "Validation"]
        .iter()
        .any(|permanent| code.contains(permanent))
}
