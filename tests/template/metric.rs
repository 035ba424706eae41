//! All metrics that exist.

use pgfold_adapters::{Metric, NAMESPACE};
use pgfold_tests::Template;

/// What tells the metrics of one stack from those of another in the same account.
const STACK: &str = "AWS::StackName";

/// Namespace, what its first dimension names, the type of that, and the metrics.
const METRICS: [(&str, &str, &str, &[&str]); 5] = [
    (
        NAMESPACE,
        "Deployment",
        STACK,
        &[
            Metric::JobsSubmitted.name(),
            Metric::ChunksFolded.name(),
            Metric::RowsFolded.name(),
            Metric::MapMilliseconds.name(),
            Metric::PartitionsReduced.name(),
            Metric::ReduceMilliseconds.name(),
            Metric::Redeliveries.name(),
            Metric::DuplicatesDiscarded.name(),
            Metric::ChunksFailed.name(),
            Metric::ChunksGivenUp.name(),
            Metric::EndingsAnnounced.name(),
            // What `ApiErrorsFilter` makes of the access log.
            "ApiErrors",
        ],
    ),
    (
        "AWS/Lambda",
        "FunctionName",
        "AWS::Serverless::Function",
        &["ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"],
    ),
    (
        "AWS/SQS",
        "QueueName",
        "AWS::SQS::Queue",
        &[
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfMessagesReceived",
        ],
    ),
    ("AWS/ApiGateway", "ApiId", "AWS::ApiGatewayV2::Api", &["4xx", "5xx", "Count", "Latency"]),
    (
        "AWS/DynamoDB",
        "TableName",
        "AWS::DynamoDB::Table",
        &[
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "SystemErrors",
            "WriteThrottleEvents",
        ],
    ),
];

/// Panics unless there is such a metric of what the template calls `named`; for a queue that is
/// `ChunksQueue.QueueName`.
pub(crate) fn check(
    template: &Template,
    namespace: &str,
    metric: &str,
    dimension: &str,
    named: &str,
) {
    let what = format!("{metric} of {namespace}, {dimension} {named}");
    let known = METRICS.iter().find(|known| known.0 == namespace);
    let &(_, first, kind, metrics) = known.unwrap_or_else(|| panic!("no namespace: {what}"));
    assert!(metrics.contains(&metric), "no such metric: {what}");
    assert_eq!(dimension, first, "{what}");
    if kind == STACK {
        assert_eq!(named, STACK, "two stacks would share it: {what}");
        return;
    }
    let name = match kind {
        // A queue is referred to by its URL, and is called by its name.
        "AWS::SQS::Queue" => named.strip_suffix(".QueueName").unwrap_or_else(|| panic!("{what}")),
        _ => named,
    };
    assert!(template.resources(kind).any(|(resource, _)| resource == name), "{what}");
}

/// What fills the place of `metric` in alarms and dashboard.
pub(crate) fn own() -> impl Iterator<Item = &'static str> {
    METRICS[0].3.iter().copied()
}
