//! What a seed makes of a schedule before it starts: the table, the limits, the faults, and who
//! will want what.

use std::{ops::Range, time::Duration};

use pgfold_core::{
    ChunkCount, ChunkRecord, Comparison, Compute, Computed, Condition, Consistency, Execution,
    Format, GroupBy, JobPolicy, JobRequest, Literal, Order, OutputSpec, Query, RowsOut, Test,
    kernel::{KernelSpec, Metric},
};
use pgfold_tests::{Random, min_distance};
use serde_json::json;

use crate::{
    asked::SIDE,
    errand::{Errand, What},
    table::Table,
};

/// Clocks are wrong by at most this many milliseconds.
pub(crate) const SKEW: u64 = 5_000;

/// So many mappers at a time are enough for a snapshot that is read in more than 16 chunks.
const MANY_MAPPERS: u64 = 20;

/// The setting of a schedule. Times are milliseconds from its start.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// The table as it is at first.
    pub(crate) table: Table,
    /// How often in a thousand steps somebody else commits a transaction.
    pub(crate) commits: u64,
    /// Whether the source cuts an instant that it holds by blocks.
    pub(crate) cut_by_blocks: bool,
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
    /// The most bytes of a partial in a record. Tables are small, so partials go to objects if there
    /// is no room, or those of several groups do.
    pub(crate) room: u64,
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
        let mappers = if random.chance(10) { MANY_MAPPERS } else { random.between(1, 4) };
        Self {
            table: Table::new(random),
            commits: random.pick(&[0, 0, 20, 300]),
            cut_by_blocks: random.chance(75),
            policy: JobPolicy {
                deadline: Duration::from_secs(deadline),
                ttl: Duration::from_secs(ttl),
            },
            mappers: mappers as usize,
            max_attempts: random.between(2, 5) as u32,
            visibility: 1000 * random.pick(&[60, 120, 360]),
            faults: Faults::new(random),
            slow_reads: random.pick(&[0, 0, 3_000, 20_000, 50_000]),
            pauses: random.pick(&[0, 0, 5, 40]),
            chunks_apart: random.chance(50),
            forgotten_early,
            errands: Errand::of_a_schedule(random, 1000 * deadline, mappers),
            room: random.pick(&[ChunkRecord::ROOM, 0, 120]),
        }
    }

    /// How long a mapper may live: until its message comes back.
    pub(crate) fn lifetime(&self) -> Duration {
        Duration::from_millis(self.visibility)
    }

    /// The same with jobs of little more than 16 chunks, whose calls are often cut off.
    pub(crate) fn of_trees(mut self, random: &mut Random) -> Self {
        self.table = Table::of_rows(50, random);
        self.mappers = MANY_MAPPERS as usize;
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

/// What a client asks for, where so many mappers run at a time.
pub(crate) fn request(random: &mut Random, mappers: u64) -> JobRequest {
    let mut chunks = match random.below(10) {
        0 => 1,
        1 | 2 => random.between(17, 40),
        _ => random.between(2, 6),
    };
    let consistency = random.pick(&[Consistency::PerChunk, Consistency::Snapshot]);
    // Of more chunks than mappers a snapshot cannot be read, which few try.
    if consistency == Consistency::Snapshot && !random.chance(5) {
        chunks = chunks.min(mappers);
    }
    let mut query = query(random);
    let format = Format::Jsonl;
    let output = match random.below(6) {
        // Rows are written as they are.
        0 => {
            query.group_by = Vec::new();
            let columns = Some(["x1", SIDE, "y2"].map(str::to_owned).into());
            query.compute = Compute::Rows(RowsOut { columns });
            Some(OutputSpec { format, parts: None })
        }
        1 | 2 => {
            let several = !query.group_by.is_empty() && random.chance(70);
            let parts = several.then(|| random.between(1, 5) as u16);
            Some(OutputSpec { format, parts })
        }
        _ => None,
    };
    let is_pushed_down = query.open().unwrap().pushdown().is_some() && random.chance(70);
    JobRequest {
        execution: if is_pushed_down { Execution::Pushdown } else { Execution::Streaming },
        chunks: ChunkCount::new(chunks).unwrap(),
        query,
        consistency,
        source: None,
        output,
    }
}

/// What a client computes: one kernel or two, over all rows or some, in groups or not.
fn query(random: &mut Random) -> Query {
    let metric = random.pick(&[Metric::Euclidean, Metric::Euclidean, Metric::Haversine]);
    let nearest = Computed { kernel: min_distance(metric), columns: None };
    let condition = |column: &str, comparison, literal| Condition {
        column: column.to_owned(),
        test: Test::Compare(comparison, literal),
    };
    let filter = match random.below(4) {
        0 => vec![condition("x1", Comparison::Lt, Literal::Number(50.into()))],
        1 => vec![condition(SIDE, Comparison::Ne, Literal::Text("left".to_owned()))],
        _ => Vec::new(),
    };
    let by_side =
        GroupBy { column: SIDE.to_owned(), unit: None, time_zone: None, name: SIDE.to_owned() };
    let group_by = if random.chance(40) { vec![by_side] } else { Vec::new() };
    let compute = match random.below(4) {
        1 => {
            let one = |name: &str, columns: &[&str]| Computed {
                kernel: KernelSpec { name: name.to_owned(), params: json!({}) },
                columns: Some(columns.iter().map(|column| (*column).to_owned()).collect()),
            };
            let [x, all] = [one("extremes", &["x1"]), one("bounding_box", &["y2", "x1"])];
            Compute::Named([("x".to_owned(), x), ("all".to_owned(), all)].into())
        }
        0 => {
            let kernel = KernelSpec { name: "summary".to_owned(), params: json!({}) };
            let sum = Computed { kernel, columns: Some(vec!["x2".to_owned()]) };
            Compute::Named([("nearest".to_owned(), nearest), ("x2".to_owned(), sum)].into())
        }
        _ => Compute::One(nearest),
    };
    Query { filter, group_by, compute, order: Order::default() }
}
