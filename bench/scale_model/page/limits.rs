//! What there is a limit to.

use pgfold_api::server::Estimate;
use pgfold_core::ChunkCount;

use super::Page;
use crate::{
    job::Deployment,
    limits::{self, Limit},
    row,
    write::{bytes, count, table, thousands, time},
};

/// How many batches submit sends at a time, and for how many seconds at most
/// (`shared/adapters/src/sqs.rs`).
pub(crate) const SENT_AT_ONCE: f64 = 32.0;
pub(crate) const SENT_WITHIN: f64 = 8.0;

impl Page {
    pub(super) fn limits(&self) -> String {
        let line = |what: &str, value: String, Limit { source, .. }: Limit, stands: String| {
            vec![what.to_owned(), value, stands, source.to_owned()]
        };
        let number = |limit: Limit| thousands(limit.value);
        let connections =
            |at: &Deployment| (at.database.memory / limits::MEMORY_A_CONNECTION.value).min(5000.0);
        let most_chunks = f64::from(ChunkCount::MAX);
        let lines = [
            line(
                "network of a function in a VPC",
                format!("{}/s", bytes(limits::LAMBDA_NETWORK.value)),
                limits::LAMBDA_NETWORK,
                format!(
                    "{} rows/s a mapper; a dry run reckons with {}",
                    count(limits::LAMBDA_NETWORK.value / row::WIRE),
                    count(Estimate::ROWS_PER_SECOND),
                ),
            ),
            line(
                "time of an invocation",
                format!("{} s", number(limits::LAMBDA_TIMEOUT)),
                limits::LAMBDA_TIMEOUT,
                "of a chunk, and so of a snapshot job".to_owned(),
            ),
            line(
                "environments, all functions together",
                number(limits::LAMBDA_CONCURRENCY),
                limits::LAMBDA_CONCURRENCY,
                "a new account has fewer: mappers, and each GET that waits".to_owned(),
            ),
            line(
                "more environments of a function",
                format!("{} in 10 s", number(limits::LAMBDA_RAMP)),
                limits::LAMBDA_RAMP,
                "SQS is slower".to_owned(),
            ),
            line(
                "more mappers from SQS",
                format!(
                    "{} at once, {} a minute",
                    number(limits::SQS_START),
                    number(limits::SQS_RAMP)
                ),
                limits::SQS_RAMP,
                format!(
                    "{} mappers after {}, {} after {}",
                    self.small.mappers,
                    time((f64::from(self.small.mappers) - 5.0) * 60.0 / limits::SQS_RAMP.value),
                    self.large.mappers,
                    time((f64::from(self.large.mappers) - 5.0) * 60.0 / limits::SQS_RAMP.value),
                ),
            ),
            line(
                "mappers at once",
                number(limits::SQS_CONCURRENCY),
                limits::SQS_CONCURRENCY,
                "the most that `MapperConcurrency` can be".to_owned(),
            ),
            line(
                "messages received and not deleted",
                number(limits::SQS_IN_FLIGHT),
                limits::SQS_IN_FLIGHT,
                "as many as mappers, and those that wait to be retried".to_owned(),
            ),
            line(
                "messages of a batch",
                number(limits::SQS_BATCH),
                limits::SQS_BATCH,
                format!(
                    "{} chunks are {} batches, which submit sends {} at a time within {} s: {:.0} \
                     ms each",
                    thousands(most_chunks),
                    thousands(most_chunks / limits::SQS_BATCH.value),
                    SENT_AT_ONCE,
                    SENT_WITHIN,
                    1e3 * SENT_WITHIN * SENT_AT_ONCE * limits::SQS_BATCH.value / most_chunks,
                ),
            ),
            line(
                "writes of a partition",
                format!("{}/s", number(limits::PARTITION_WRITES)),
                limits::PARTITION_WRITES,
                "the list of jobs is one: as many new jobs a second".to_owned(),
            ),
            line(
                "reads of a partition",
                format!("{}/s", number(limits::PARTITION_READS)),
                limits::PARTITION_READS,
                "each mapper looks at its job once a second, which is one or two".to_owned(),
            ),
            line(
                "an item",
                bytes(limits::ITEM.value),
                limits::ITEM,
                "chunks share items as far as their partials fit".to_owned(),
            ),
            line(
                "operations of a volume",
                format!("{}/s", number(limits::VOLUME_OPERATIONS)),
                limits::VOLUME_OPERATIONS,
                format!(
                    "one a row where the keys do not follow the rows on disk: 100 M rows take {}",
                    time(1e8 / limits::VOLUME_OPERATIONS.value),
                ),
            ),
            line(
                "connections to PostgreSQL",
                "memory ÷ 9,531,392, at most 5,000".to_owned(),
                limits::MEMORY_A_CONNECTION,
                format!(
                    "{} and {} here: `ConnectionBudget` comes long before",
                    thousands(connections(&self.small)),
                    thousands(connections(&self.large)),
                ),
            ),
            line(
                "new connections by IAM",
                format!("{}/s", number(limits::IAM_CONNECTIONS)),
                limits::IAM_CONNECTIONS,
                format!(
                    "a mapper keeps its own, and SQS starts {} of them a second",
                    limits::SQS_RAMP.value / 60.0
                ),
            ),
            line(
                "a request to the API",
                format!("{} s", number(limits::API_TIMEOUT)),
                limits::API_TIMEOUT,
                "submit plans without a scan, and queues".to_owned(),
            ),
            vec![
                "requests to the API".to_owned(),
                format!("{}/s", thousands(self.template.default("ApiRate"))),
                "all of them together".to_owned(),
                "`ApiRate` in [template.yaml](../template.yaml)".to_owned(),
            ],
        ];
        table(&["limit", "value", "where that stands", "source"], &[0, 1, 2, 3], &lines)
    }
}
