//! What a seed makes of a schedule before it starts: the table, the limits, the faults, and who
//! will want what.

use std::{ops::Range, time::Duration};

use pgfold_core::{
    ChunkCount, Consistency, JobPolicy, JobRequest, RowBatch,
    kernel::{ChunkFold, Metric},
};
use pgfold_tests::min_distance;

use crate::{
    errand::{Errand, What},
    random::Random,
};

/// Clocks are wrong by at most this many milliseconds.
pub(crate) const SKEW: u64 = 5_000;

/// The rows of a table, by ascending keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(pub(crate) Vec<(i64, Vec<Option<f64>>)>);

/// The setting of a schedule. Times are milliseconds from its start.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) table: Table,
    pub(crate) policy: JobPolicy,
    /// How many mappers run at a time.
    pub(crate) mappers: usize,
    pub(crate) max_attempts: u32,
    /// After how many milliseconds a message that was received and not deleted comes back.
    pub(crate) visibility: u64,
    pub(crate) faults: Faults,
    /// How long the database may take to read a chunk, besides being called.
    pub(crate) slow_reads: u64,
    /// How often in a thousand steps a good deal of time goes by.
    pub(crate) pauses: u64,
    /// Whether the store reads the chunks of a job apart from its progress, as for a tree.
    pub(crate) chunks_apart: bool,
    /// Whether jobs are forgotten before all their messages are done with.
    pub(crate) forgotten_early: bool,
    pub(crate) errands: Vec<Errand>,
}

/// How often in a thousand calls which fault occurs, up to the time `until`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    pub(crate) refused: u64,
    pub(crate) reply_lost: u64,
    pub(crate) halfway: u64,
    /// The same of writes to a store that take several requests.
    pub(crate) cut: u64,
    pub(crate) killed: u64,
    pub(crate) misconfigured: u64,
    /// How often in a thousand messages one that was taken is never delivered.
    pub(crate) message_lost: u64,
    pub(crate) until: u64,
    /// When the database does not answer at all.
    pub(crate) database_down: Range<u64>,
}

impl Setting {
    pub(crate) fn new(random: &mut Random) -> Self {
        let deadline = random.pick(&[120, 600, 3600]);
        let forgotten_early = random.chance(10);
        let ttl = if forgotten_early { 2 * deadline } else { 40 * 3600 };
        Self {
            table: Table::new(random),
            policy: JobPolicy {
                deadline: Duration::from_secs(deadline),
                ttl: Duration::from_secs(ttl),
            },
            mappers: random.between(1, 4) as usize,
            max_attempts: random.between(2, 5) as u32,
            visibility: 1000 * random.pick(&[60, 120, 360]),
            faults: Faults::new(random),
            slow_reads: random.pick(&[0, 0, 3_000, 20_000]),
            pauses: random.pick(&[0, 5, 40]),
            chunks_apart: random.chance(50),
            forgotten_early,
            errands: Errand::of_a_schedule(random, 1000 * deadline),
        }
    }

    /// The same with jobs of little more than 16 chunks, whose calls are often cut off.
    pub(crate) fn of_trees(mut self, random: &mut Random) -> Self {
        self.table = Table::of_rows(50, random);
        self.faults.cut = 300;
        self.faults.until = self.faults.until.max(300_000);
        for errand in &mut self.errands {
            if let What::Post { request, .. } = &mut errand.what {
                request.chunks = ChunkCount::new(17).unwrap();
            }
        }
        self
    }
}

impl Faults {
    fn new(random: &mut Random) -> Self {
        if random.chance(10) {
            return Self::default();
        }
        let mut rate = || random.pick(&[0, 10, 30, 100, 200]);
        let (refused, reply_lost, halfway, killed) = (rate(), rate(), rate(), rate());
        let down_from = random.below(20_000);
        let down_for = random.pick(&[0, 0, 5_000, 60_000, 600_000]);
        Self {
            refused,
            reply_lost,
            halfway,
            cut: halfway,
            killed,
            misconfigured: random.pick(&[0, 0, 0, 10]),
            message_lost: random.pick(&[0, 0, 0, 0, 50]),
            until: random.pick(&[5_000, 60_000, 1_000_000, u64::MAX]),
            database_down: down_from..down_from + down_for,
        }
    }
}

impl Table {
    fn new(random: &mut Random) -> Self {
        Self::of_rows(random.pick(&[0, 1, 3, 10, 10, 50, 50]), random)
    }

    fn of_rows(rows: usize, random: &mut Random) -> Self {
        let mut key = -(random.below(100) as i64);
        let row = |_| {
            key += random.pick(&[1, 1, 1, 7, 1000]);
            let coordinate = |random: &mut Random| {
                (!random.chance(5)).then(|| random.below(1_000_000) as f64 / 10_007.0)
            };
            (key, (0..4).map(|_| coordinate(random)).collect())
        };
        Self((0..rows).map(row).collect())
    }

    /// Has `fold` see all rows.
    pub(crate) fn fold(&self, fold: &mut dyn ChunkFold) {
        let mut batch = RowBatch::new(4);
        for (key, values) in &self.0 {
            batch.push(*key, values.iter().copied());
        }
        fold.fold(&batch);
    }
}

/// What a client asks for.
pub(crate) fn request(random: &mut Random) -> JobRequest {
    let chunks = match random.below(10) {
        0 => 1,
        1 | 2 => random.between(17, 40),
        _ => random.between(2, 6),
    };
    JobRequest {
        chunks: ChunkCount::new(chunks).unwrap(),
        kernel: min_distance(random.pick(&[
            Metric::Euclidean,
            Metric::Euclidean,
            Metric::Haversine,
        ])),
        consistency: Consistency::PerChunk,
    }
}
