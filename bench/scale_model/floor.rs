//! What a deployment costs a month in which nobody uses it.

use crate::{price, template::Template};

/// One thing that is there whether it is used or not.
pub(crate) struct Idle {
    pub(crate) what: String,
    pub(crate) dollars: f64,
    /// Whether it is there by default.
    pub(crate) always: bool,
}

const HOURS: f64 = 730.0;

/// How often an idle event source asks its queue: five pollers, each for 20 seconds. Lambda does
/// with two of them only where there is no maximum concurrency.
const POLLS_A_MONTH: f64 = 5.0 * HOURS * 3600.0 / 20.0;

/// Zones that a network has.
const ZONES: f64 = 2.0;

/// Metrics that the functions write: `JobsSubmitted`, `ChunksFolded`, `RowsFolded`,
/// `MapMilliseconds`, `PartitionsReduced`, `ReduceMilliseconds`, `Redeliveries`,
/// `DuplicatesDiscarded`, `ChunksFailed`, `ChunksGivenUp`, `EndingsAnnounced`.
const METRICS: f64 = 11.0;

pub(crate) fn idle(template: &Template) -> Vec<Idle> {
    let sources = template.event_sources() as f64;
    let (alarmed, dashboards) = (template.alarmed_metrics() as f64, template.dashboards() as f64);
    let idle = |always, dollars, what: String| Idle { what, dollars, always };
    let endpoints = ZONES * HOURS * price::ENDPOINT_HOUR;
    let polling = sources * POLLS_A_MONTH / 1e6 * price::SQS_MILLION;
    vec![
        idle(true, polling, format!("event sources that ask their queues: {sources}")),
        idle(
            true,
            alarmed * price::ALARM_MONTH,
            format!("alarms, by the metrics that they look at: {alarmed}"),
        ),
        idle(
            true,
            dashboards * price::DASHBOARD_MONTH,
            format!("dashboards, of which an account's first three are free: {dashboards}"),
        ),
        idle(false, endpoints, "in a VPC: the endpoint of SQS, in two zones".to_owned()),
        idle(
            false,
            endpoints + price::SECRET_MONTH,
            "`DatabaseAuth=secret`: that of Secrets Manager, and the secret".to_owned(),
        ),
        idle(false, price::KEY_MONTH, "`KmsKeyArn`: a key of one's own".to_owned()),
        idle(
            false,
            METRICS * price::METRIC_MONTH,
            format!("metrics, if there are jobs in every hour: {METRICS}"),
        ),
        idle(
            false,
            endpoints,
            "`Store=valkey` with `Events=on`: the endpoint of EventBridge, in two zones".to_owned(),
        ),
        idle(false, price::CACHE_MONTH, "`Store=valkey`: ElastiCache Serverless, from".to_owned()),
    ]
}
