use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use pgfold_core::Error;

/// Loads the configuration of all AWS clients: region, credentials and endpoint from the AWS
/// environment variables, and time limits of calls, because the SDK has none by default.
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

/// Makes the error of a call from that of an AWS service.
pub(crate) fn from_sdk<E, R>(service: &'static str, error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let Some(code) = error.code().map(str::to_owned) else {
        return Error::unavailable(service, error);
    };
    match refusal(&code, error.message().unwrap_or_default()) {
        Refusal::Permanent(problem) => {
            // The service's message may name accounts and roles, so it goes to the log only.
            tracing::error!(error = %DisplayErrorContext(&error), "{service} refuses a request");
            Error::Misconfigured(format!("{service} {problem} ({code})"))
        }
        Refusal::Retryable(reason) => {
            Error::unavailable_because(service, format!("{reason} ({code})"), error)
        }
    }
}

/// The meaning of an error of a service, in words that follow the service's name or `unavailable`.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// It is permanent: somebody must change a setting, a policy or the program.
    Permanent(&'static str),
    /// The error is retryable.
    Retryable(&'static str),
}

/// Returns the meaning of an error with this code and message.
fn refusal(code: &str, message: &str) -> Refusal {
    use Refusal::{Permanent, Retryable};
    let is_one_of = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    if is_one_of(&[
        "Throttl",
        "ThroughputExceeded",
        "RequestLimitExceeded",
        "OverLimit",
        "SlowDown",
    ]) {
        Retryable("it takes no more requests just now")
    } else if is_one_of(&["AccessDenied", "NotAuthorized"]) {
        Permanent("denies access: the function's role lacks a permission")
    } else if is_one_of(&["NonExistentQueue", "QueueDoesNotExist"]) {
        Permanent("has no such queue")
    } else if is_one_of(&["NoSuchBucket"]) {
        Permanent("has no such bucket")
    } else if is_one_of(&["ResourceNotFound"]) {
        Permanent("has no such table, index or event bus")
    } else if is_one_of(&["Validation"]) && message.contains("Item size") {
        Permanent("refuses an item of more than 400 KB")
    } else if is_one_of(&["Validation", "InvalidParameter"]) {
        Permanent("refuses a request as invalid")
    } else if is_one_of(&["MessageTooLong", "BatchRequestTooLong"]) {
        Permanent("refuses messages as too long")
    } else if is_one_of(&["Token", "UnrecognizedClient", "Signature", "InvalidAccessKeyId"]) {
        // The role's credentials are renewed every few hours, and clocks may differ.
        Retryable("it refuses the function's credentials")
    } else {
        Retryable("it failed")
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        error::ErrorMetadata, operation::update_item::UpdateItemError as UpdateError,
    };

    use super::*;

    fn said(code: &str, message: &str) -> Error {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        from_sdk("dynamodb", SdkError::service_error(UpdateError::generic(metadata), ()))
    }

    #[test]
    fn errors_that_are_not_retryable_do_not_quote_the_service() {
        for (code, message, expected) in [
            (
                "ValidationException",
                "Item size to update has exceeded the maximum allowed size",
                "dynamodb refuses an item of more than 400 KB (ValidationException)",
            ),
            (
                "ValidationException",
                "The provided key element does not match the schema",
                "dynamodb refuses a request as invalid (ValidationException)",
            ),
            (
                "AccessDeniedException",
                "User: arn:aws:sts::123456789012:assumed-role/pgfold is not authorized",
                "dynamodb denies access: the function's role lacks a permission \
                 (AccessDeniedException)",
            ),
            (
                "ResourceNotFoundException",
                "Requested resource not found",
                "dynamodb has no such table, index or event bus (ResourceNotFoundException)",
            ),
            (
                "NoSuchBucket",
                "The specified bucket does not exist",
                "dynamodb has no such bucket (NoSuchBucket)",
            ),
            (
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist",
                "dynamodb has no such queue (AWS.SimpleQueueService.NonExistentQueue)",
            ),
        ] {
            let error = said(code, message);
            assert!(matches!(error, Error::Misconfigured(_)), "{error:?}");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn retryable_errors_have_a_reason() {
        for (code, reason) in [
            ("ProvisionedThroughputExceededException", "it takes no more requests just now"),
            ("ThrottlingException", "it takes no more requests just now"),
            ("SlowDown", "it takes no more requests just now"),
            ("RequestThrottled", "it takes no more requests just now"),
            ("RequestLimitExceeded", "it takes no more requests just now"),
            ("ExpiredTokenException", "it refuses the function's credentials"),
            ("InvalidAccessKeyId", "it refuses the function's credentials"),
            ("UnrecognizedClientException", "it refuses the function's credentials"),
            ("InternalServerError", "it failed"),
        ] {
            let error = said(code, "arn:aws:dynamodb:eu-west-1:123456789012:table/jobs");
            assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
            assert_eq!(error.to_string(), format!("dynamodb is unavailable: {reason} ({code})"));
            assert!(error.with_causes().contains(code), "{}", error.with_causes());
        }
    }
}
