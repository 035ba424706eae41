use crate::job::{Progress, Tally};

/// What a job used: invocations, messages, memory, time and writes, in a form that can be priced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Chunks of the job, partitions included.
    pub chunks: u64,
    /// How many of them the store keeps together.
    pub piece: u64,
    /// Deliveries of chunks to mappers and reducers, redeliveries included.
    pub attempts: u64,
    /// Those of them that failed, each a note on the job.
    pub failed_attempts: u64,
    /// Milliseconds of mappers' and reducers' work times their megabytes of memory.
    pub megabyte_ms: u64,
    /// Milliseconds for which submit held a snapshot.
    pub held_ms: u64,
    /// Chunks that were attached to it.
    pub attached: u64,
    /// Bytes of all the chunks' records together.
    pub record_bytes: u64,
    /// Objects that records name.
    pub objects: u64,
    /// Partitions of the job. Each reads a part of the object of each chunk.
    pub partitions: u64,
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
            objects: tally.objects,
            partitions: progress.job.partitions.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{FailedAttempts, Job};

    fn job() -> Job {
        let json = concat!(
            r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","#,
            r#""computation":{"source":{"name":"points","definition":"63542088477d0e61"},"#,
            r#""query":{"compute":{"one":{"kernel":{"name":"summary","params":{}},"#,
            r#""columns":["x"]}}}},"#,
            r#""plan":"0123456789abcdef","chunks":4,"piece":16,"estimated_rows":1000000,"#,
            r#""created_at":1795348800000,"deadline":1795352400000,"expires_at":1795435200000,"#,
            r#""trace":{"id":"1","context":"Root=1"}}"#,
        );
        Job::from_json(json).unwrap()
    }

    #[test]
    fn failed_attempts_count_whether_or_not_they_could_be_noted() {
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
        assert_eq!(usage(Tally::default(), 5).attempts, 5);
    }
}
