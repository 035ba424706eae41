//! What AWS allows, with the page that says so.

/// A number from AWS's documentation.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) value: f64,
    pub(crate) source: &'static str,
}

const fn limit(value: f64, source: &'static str) -> Limit {
    Limit { value, source }
}

/// Bytes a second of a function's environment in a VPC, or of less than 2 GB.
pub(crate) const LAMBDA_NETWORK: Limit = limit(
    625e6 / 8.0,
    "[Lambda](https://aws.amazon.com/about-aws/whats-new/2026/08/aws-lambda-network-bandwidth/)",
);
/// Seconds of an invocation.
pub(crate) const LAMBDA_TIMEOUT: Limit = limit(900.0, LAMBDA_QUOTAS);
/// Environments of all functions of an account in a region, unless AWS raises it.
pub(crate) const LAMBDA_CONCURRENCY: Limit = limit(1000.0, LAMBDA_QUOTAS);
/// Environments more of a function every ten seconds.
pub(crate) const LAMBDA_RAMP: Limit = limit(
    1000.0,
    "[Lambda scaling](https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html)",
);
/// Messages of a queue that are handled at once when the first arrive.
pub(crate) const SQS_START: Limit = limit(5.0, EVENT_SOURCES);
/// How many more a minute.
pub(crate) const SQS_RAMP: Limit = limit(300.0, EVENT_SOURCES);
/// The most that `MaximumConcurrency` takes, and so `MapperConcurrency`.
pub(crate) const SQS_CONCURRENCY: Limit = limit(1000.0, EVENT_SOURCES);
/// Messages of a queue that are received and not deleted.
pub(crate) const SQS_IN_FLIGHT: Limit = limit(
    120_000.0,
    "[SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html)",
);
/// Seconds that a message is kept, where the template says nothing.
pub(crate) const SQS_RETENTION: Limit = limit(4.0 * 86_400.0, MESSAGES);
/// Messages of a batch.
pub(crate) const SQS_BATCH: Limit = limit(10.0, MESSAGES);
/// Writes of a kilobyte a second of one partition, of a table or of an index.
pub(crate) const PARTITION_WRITES: Limit = limit(
    1000.0,
    "[DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html)",
);
/// Reads of four kilobytes a second of one partition.
pub(crate) const PARTITION_READS: Limit = limit(3000.0, PARTITION_WRITES.source);
/// Bytes of an item.
pub(crate) const ITEM: Limit = limit(
    400e3,
    "[DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html)",
);
/// New connections a second with an IAM token.
pub(crate) const IAM_CONNECTIONS: Limit = limit(
    200.0,
    "[RDS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html)",
);
/// Seconds of a request to an HTTP API.
pub(crate) const API_TIMEOUT: Limit = limit(
    30.0,
    "[API Gateway](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)",
);
/// Bytes of memory for each connection that RDS for PostgreSQL allows, up to 5,000.
pub(crate) const MEMORY_A_CONNECTION: Limit = limit(
    9_531_392.0,
    "[RDS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html)",
);

/// Operations a second of a gp3 volume from 400 GiB on, where RDS is not asked for more.
pub(crate) const VOLUME_OPERATIONS: Limit = limit(
    12_000.0,
    "[RDS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html)",
);

const MESSAGES: &str = "[SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html)";
const LAMBDA_QUOTAS: &str =
    "[Lambda](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)";
const EVENT_SOURCES: &str =
    "[SQS to Lambda](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html)";
