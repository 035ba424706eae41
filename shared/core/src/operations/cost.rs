use crate::job::{Progress, Tally};

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
}

/// Megabytes of submit, as the template has it.
const SUBMIT_MEMORY: u64 = 512;

/// What a finished job took of what AWS bills.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Chunks of the job.
    pub chunks: u64,
    /// How many of them the store keeps together.
    pub piece: u64,
    /// Deliveries of chunks to mappers, redeliveries included.
    pub attempts: u64,
    /// Those of them that failed, each a note on the job.
    pub failed_attempts: u64,
    /// Milliseconds of mappers' work times their megabytes of memory.
    pub megabyte_ms: u64,
    /// Milliseconds for which submit held a snapshot.
    pub held_ms: u64,
    /// Chunks that were attached to it.
    pub attached: u64,
    /// Bytes of all the chunks' records together.
    pub record_bytes: u64,
}

impl Usage {
    /// Returns the usage of a job whose records add up to `tally`.
    pub fn new(progress: &Progress, tally: &Tally) -> Self {
        let failed = progress.failed;
        Self {
            chunks: tally.chunks,
            piece: progress.job.piece.get().into(),
            // A record counts the deliveries of its chunk, also those whose mappers were killed; the
            // notes count those that failed, also of chunks without a record. Both are of chunks
            // that failed before they succeeded, so the larger of the two is nearest.
            attempts: tally.attempts.max(tally.chunks + failed.attempts),
            failed_attempts: failed.attempts,
            megabyte_ms: tally.megabyte_ms + failed.megabyte_ms,
            held_ms: progress.held_ms.unwrap_or_default(),
            attached: progress.attached.into(),
            record_bytes: tally.record_bytes,
        }
    }
}

/// What a job costs at list price, in US dollars to the billionth: one POST and one GET, the
/// messages, the mappers' time on the chunks, attempts that failed included, submit's on holding a snapshot, and the writes to
/// the job's item in DynamoDB (on Valkey, which is billed by the hour, they cost nothing: there
/// this is a little too much).
///
/// Not in it: further polls (0.000001 each and a read), the mappers' reads of the job, the time of
/// attempts whose mappers were killed before they could say so, cold starts, the few milliseconds of planning and of result, and
/// Postgres.
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
    // The list of jobs shows what their roots say.
    let listing = 1 + if pieces > 1 { pieces } else { chunks };
    // The root, and the list.
    let noting = 2 * failed_attempts;
    let writes =
        pieces + (0..chunks).map(record).sum::<u64>() + root + attaching + noting + listing;
    let dollars = requests
        + messages as f64 * price::SQS_REQUEST
        + mapping
        + writes as f64 * price::WRITE_UNIT;
    (dollars * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{FailedAttempts, Job};

    fn job() -> Job {
        let json = concat!(
            r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","#,
            r#""computation":{"source":{"name":"points","definition":"63542088477d0e61"},"#,
            r#""columns":["x"],"kernel":{"name":"summary","params":{}}},"#,
            r#""plan":"0123456789abcdef","chunks":4,"piece":16,"estimated_rows":1000000,"#,
            r#""created_at":1795348800000,"deadline":1795352400000,"expires_at":1795435200000}"#,
        );
        Job::from_json(json).unwrap()
    }

    #[test]
    fn the_demo_job_costs_a_few_millionths_of_a_dollar() {
        // Four chunks of 400 bytes' record each, a quarter of a second each on one vCPU.
        let usage = Usage {
            chunks: 4,
            piece: 16,
            attempts: 4,
            megabyte_ms: 4 * 250 * 1769,
            record_bytes: 1600,
            ..Usage::default()
        };
        let by_hand = 2.0 * 1.2e-6 // POST and GET, API and function
            + 9.0 * 0.4e-6 // one batch sent, four messages received and deleted
            + 4.0 * 0.2e-6 // four invocations
            + 1769.0 / 1024.0 * 1.33334e-5 // one second of 1,769 MB
            + 16.0 * 0.625e-6; // 1 + 2 + 2 + 3 + 3 KB written, and five times 1 to the list
        assert!((cost_usd(usage) - by_hand).abs() < 1e-9, "{}", cost_usd(usage));
    }

    #[test]
    fn attempts_that_failed_cost_what_they_took() {
        let record = Tally { chunks: 1, attempts: 3, megabyte_ms: 250 * 1769, ..Tally::default() };
        let usage = |tally, attempts| {
            let failed = FailedAttempts { attempts, map_ms: 250, megabyte_ms: 250 * 1769 };
            Usage::new(&Progress { failed, ..Progress::new(job()) }, &tally)
        };
        // A chunk that succeeded the third time, and one that failed five times.
        let both = usage(record, 7);
        assert_eq!((both.attempts, both.megabyte_ms), (8, 500 * 1769));
        // Twice nobody could say why.
        assert_eq!(usage(record, 0).attempts, 3);
        let nothing_but_failures = usage(Tally::default(), 5);
        assert_eq!(nothing_but_failures.attempts, 5);
        let by_hand =
            10.0 * 0.4e-6 + 5.0 * 0.2e-6 + 0.25 * 1769.0 / 1024.0 * 1.33334e-5 + 10.0 * 0.625e-6;
        let more = cost_usd(nothing_but_failures) - cost_usd(Usage::default());
        assert!((more - by_hand).abs() < 2e-9, "{more} is not {by_hand}");
    }

    #[test]
    fn an_empty_job_costs_its_requests_and_its_item() {
        let usage = Usage::default();
        assert!((cost_usd(usage) - 3.65e-6).abs() < 1e-9, "{}", cost_usd(usage));
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
                ..Usage::default()
            })
        };
        let (few, many) = (cost(64) / 64.0, cost(6400) / 6400.0);
        assert!((many / few - 1.0).abs() < 0.05, "{few} and {many} dollars a chunk");
    }
}
