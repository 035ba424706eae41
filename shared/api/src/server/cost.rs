use pgfold_core::Usage;

/// List prices in US dollars, us-east-1, arm64, checked on 2026-11-22.
mod price {
    /// A request to an HTTP API.
    pub(super) const API_REQUEST: f64 = 1.00e-6;
    /// An invocation of a function.
    pub(super) const INVOCATION: f64 = 0.20e-6;
    /// A gigabyte of function memory for a second.
    pub(super) const GIGABYTE_SECOND: f64 = 1.333_34e-5;
    /// A request to SQS, of at most 64 KB.
    pub(super) const SQS_REQUEST: f64 = 0.40e-6;
    /// A write of at most 1 KB to DynamoDB, on demand.
    pub(super) const WRITE_UNIT: f64 = 0.625e-6;
    /// A PUT of an object in S3.
    pub(super) const OBJECT_PUT: f64 = 5.00e-6;
    /// An event of EventBridge, of at most 64 KB.
    pub(super) const EVENT: f64 = 1.00e-6;
    /// A GET of an object in S3.
    pub(super) const OBJECT_GET: f64 = 0.40e-6;
}

/// Megabytes of submit, as the template has it.
const SUBMIT_MEMORY: u64 = 512;

/// Megabytes of the announcer, as the template has it.
const ANNOUNCER_MEMORY: f64 = 512.0;

/// Seconds that the announcer takes for a reminder, about.
const ANNOUNCER_SECONDS: f64 = 0.03;

/// Reminders of a job: one of its watch, and one that it has ended.
const REMINDERS: f64 = 2.0;

/// Returns what it costs to announce how a job ended. A job that takes longer than 15 minutes has one
/// more reminder for each 15 minutes, which is not included.
fn announcing() -> f64 {
    let time = ANNOUNCER_SECONDS * ANNOUNCER_MEMORY / 1024.0 * price::GIGABYTE_SECOND;
    // Sent, received and deleted.
    let reminder = 3.0 * price::SQS_REQUEST + price::INVOCATION + time;
    REMINDERS * reminder + price::EVENT
}

/// Returns what a job costs at list price, in US dollars to the billionth: one POST and one GET, the
/// messages, the mappers' time on the chunks including failed attempts, submit's time to hold a
/// snapshot, the writes to the job's item in DynamoDB, the objects, written once and read once, or
/// twice by each reducer, and the announcement of its ending, also where none is made. On Valkey, which is billed by the hour, the writes cost nothing, so there
/// the sum is a little too high.
///
/// Not included: further polls (0.000001 each and a read), the mappers' reads of the job, the time
/// of attempts whose mappers were killed before they could report it, cold starts, the few
/// milliseconds of planning and of the result, and Postgres.
pub fn cost_usd(usage: Usage) -> f64 {
    let Usage {
        chunks,
        piece,
        attempts,
        failed_attempts,
        megabyte_ms,
        held_ms,
        attached,
        record_bytes,
        objects,
        partitions,
    } = usage;
    let megabyte_ms = megabyte_ms + held_ms * SUBMIT_MEMORY;
    let requests = 2.0 * (price::API_REQUEST + price::INVOCATION);
    let messages = chunks.div_ceil(10) + 2 * attempts;
    let mapping = attempts as f64 * price::INVOCATION
        + megabyte_ms as f64 / 1024.0 / 1000.0 * price::GIGABYTE_SECOND;
    // A write is billed by the whole item after it: the plan of a piece and the records so far;
    // and, where there are several, the root that counts the pieces.
    let piece = piece.max(1);
    let pieces = chunks.div_ceil(piece).max(1);
    let record = |chunk: u64| {
        let records = chunk % piece + 1;
        1 + (records * record_bytes / chunks.max(1)).div_ceil(1024)
    };
    let root = if pieces > 1 { 1 + pieces } else { 0 };
    // Before there are records a job has its plan, some 1 KB.
    let attaching = 2 * attached;
    // The list of jobs has their keys alone.
    let listing = 1;
    // The root of several pieces has no records.
    let announced = if pieces > 1 { 1 } else { record(chunks.saturating_sub(1)) };
    let noting = failed_attempts;
    let writes = pieces
        + (0..chunks).map(record).sum::<u64>()
        + root
        + attaching
        + noting
        + listing
        + announced;
    // A reducer reads the footer of each object, and its partition at least once.
    let reads = if partitions > 0 { 2 * partitions } else { 1 };
    let dollars = requests
        + messages as f64 * price::SQS_REQUEST
        + mapping
        + announcing()
        + writes as f64 * price::WRITE_UNIT
        + objects as f64 * (price::OBJECT_PUT + reads as f64 * price::OBJECT_GET);
    (dollars * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_job_costs_a_few_millionths_of_a_dollar() {
        // Four chunks of 400 bytes' record each, a quarter of a second each on one vCPU.
        let usage = Usage {
            chunks: 4,
            piece: 16,
            attempts: 4,
            megabyte_ms: 4 * 250 * 1769,
            record_bytes: 1600,
            objects: 0,
            ..Usage::default()
        };
        let by_hand = 2.0 * 1.2e-6 // POST and GET, API and function
            + 9.0 * 0.4e-6 // one batch sent, four messages received and deleted
            + 4.0 * 0.2e-6 // four invocations
            + 1769.0 / 1024.0 * 1.33334e-5 // one second of 1,769 MB
            + 12.0 * 0.625e-6 // 1 + 2 + 2 + 3 + 3 KB written, and the key to the list
            + 6.0 * 0.4e-6 + 2.0 * 0.2e-6 + 1.0e-6 // two reminders, two invocations, an event
            + 2.0 * 0.015 * 1.33334e-5 // 30 ms each of half a gigabyte
            + 3.0 * 0.625e-6; // 3 KB written: that it was announced
        assert!((cost_usd(usage) - by_hand).abs() < 1e-9, "{}", cost_usd(usage));
    }

    #[test]
    fn attempts_that_failed_cost_what_they_took() {
        let failures =
            Usage { attempts: 5, failed_attempts: 5, megabyte_ms: 250 * 1769, ..Usage::default() };
        let by_hand =
            10.0 * 0.4e-6 + 5.0 * 0.2e-6 + 0.25 * 1769.0 / 1024.0 * 1.33334e-5 + 5.0 * 0.625e-6;
        let more = cost_usd(failures) - cost_usd(Usage::default());
        assert!((more - by_hand).abs() < 2e-9, "{more} is not {by_hand}");
    }

    #[test]
    fn an_empty_job_costs_its_requests_and_its_item() {
        let usage = Usage::default();
        assert!((cost_usd(usage) - 8.475e-6).abs() < 1e-9, "{}", cost_usd(usage));
    }

    #[test]
    fn writes_cost_in_proportion_to_the_chunks() {
        let cost = |chunks| {
            let record_bytes = 450 * chunks;
            cost_usd(Usage {
                chunks,
                piece: 16,
                attempts: chunks,
                record_bytes,
                objects: 0,
                ..Usage::default()
            })
        };
        let (few, many) = (cost(64) / 64.0, cost(6400) / 6400.0);
        assert!((many / few - 1.0).abs() < 0.05, "{few} and {many} dollars a chunk");
    }
}
