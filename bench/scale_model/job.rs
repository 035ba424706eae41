//! How long one job takes, and what it costs: each resource alone, and the one that takes longest.

use pgfold_adapters::DynamoDbStore;
use pgfold_api::server::{Estimate, cost_usd};
use pgfold_core::{ChunkCount, Consistency, Execution, Mappers, Usage};

use crate::{
    database::Database,
    limits::{LAMBDA_NETWORK, SQS_RAMP, SQS_START},
    measured::{Results, TLS_NANOSECONDS},
    row,
    template::Template,
};

/// What a row takes of each resource.
#[derive(Clone, Copy)]
pub(crate) struct RowCost {
    /// Seconds of the server's CPU.
    pub(crate) server: f64,
    /// Seconds of a mapper, which waits for the row, at least.
    pub(crate) mapper: f64,
    /// Bytes on the network.
    pub(crate) wire: f64,
}

impl RowCost {
    pub(crate) fn of(execution: Execution, results: &Results) -> Self {
        let server = |contender| {
            results.ten_million(contender).nanoseconds_a_row("server_cpu_seconds") * 1e-9
        };
        match execution {
            Execution::Streaming => {
                let server = server("keys") + TLS_NANOSECONDS * 1e-9;
                // A mapper's connection is one process of the server, on one core at a time.
                let mapper = (row::WIRE / LAMBDA_NETWORK.value).max(server);
                Self {
                    server,
                    mapper: mapper.max(1.0 / Estimate::ROWS_PER_SECOND),
                    wire: row::WIRE,
                }
            }
            Execution::Pushdown => {
                let server = server("pushdown");
                Self { server, mapper: server, wire: 0.0 }
            }
        }
    }
}

/// A database, and pgfold as it is set up beside it.
#[derive(Clone, Copy)]
pub(crate) struct Deployment {
    pub(crate) database: Database,
    /// `MapperConcurrency`.
    pub(crate) mappers: u16,
    memory_mb: u32,
    /// Seconds of `MapperTimeout`, `JobDeadline` and `JobTtl`.
    pub(crate) mapper_timeout: f64,
    pub(crate) job_deadline: f64,
    pub(crate) job_ttl: f64,
}

/// What may be the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    Mappers,
    ServerCpu,
    Network,
    Disk,
}

impl Resource {
    pub(crate) const ALL: [Self; 4] = [Self::Mappers, Self::ServerCpu, Self::Network, Self::Disk];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mappers => "mappers",
            Self::ServerCpu => "server CPU",
            Self::Network => "server network",
            Self::Disk => "server disk",
        }
    }
}

/// What becomes of a job.
pub(crate) struct Outcome {
    pub(crate) chunks: u16,
    /// Seconds that each of [`Resource::ALL`] would take by itself.
    pub(crate) alone: [f64; 4],
    /// The one that takes longest.
    pub(crate) wall: Resource,
    pub(crate) seconds: f64,
    /// Of all mappers together, as Lambda bills them.
    mapper_seconds: f64,
    memory_mb: u32,
    /// How many mappers the database keeps busy.
    pub(crate) fed: f64,
}

impl Deployment {
    pub(crate) fn new(database: Database, mappers: u16, template: &Template) -> Self {
        Self {
            database,
            mappers,
            memory_mb: template.default("MapperMemory") as u32,
            mapper_timeout: template.default("MapperTimeout"),
            job_deadline: template.default("JobDeadline"),
            job_ttl: template.default("JobTtl"),
        }
    }

    /// A job over so many rows, in as many chunks as suit it.
    pub(crate) fn job(&self, rows: f64, cost: RowCost) -> Outcome {
        let few = ChunkCount::default().get();
        let even = (rows / Self::SMALL_CHUNK).clamp(few.into(), f64::from(4 * self.mappers.max(1)));
        let outcome = self.job_in(rows, even as u16, cost);
        let in_time = (2.0 * outcome.mapper_seconds / self.mapper_timeout).ceil();
        if in_time <= f64::from(outcome.chunks) {
            return outcome;
        }
        self.job_in(rows, in_time.min(ChunkCount::MAX.into()) as u16, cost)
    }

    /// Rows of a chunk below which it is not worth having more of them.
    const SMALL_CHUNK: f64 = 250_000.0;

    /// A job over so many rows in so many chunks.
    pub(crate) fn job_in(&self, rows: f64, chunks: u16, cost: RowCost) -> Outcome {
        let at_once = f64::from(self.mappers.min(chunks));
        let work = rows * cost.mapper + f64::from(chunks) * chunk_overhead();
        let stored = rows * row::disk();
        let in_memory = self.database.keeps_in_memory(stored);
        let alone = [
            seconds_of_mappers(at_once, work),
            rows * cost.server / self.database.vcpus,
            self.database.network.seconds(rows * cost.wire),
            if in_memory { 0.0 } else { self.database.disk.seconds(stored) },
        ];
        let longest =
            Resource::ALL.into_iter().zip(alone).max_by(|one, other| one.1.total_cmp(&other.1));
        let (wall, seconds) = longest.expect("there are resources");
        // Whatever the wall is, the mappers wait for it.
        let mapper_seconds = mapper_seconds_by(at_once, seconds);
        let [_, database @ ..] = alone;
        let fed = work / database.into_iter().fold(0.0, f64::max);
        Outcome { chunks, alone, wall, seconds, mapper_seconds, memory_mb: self.memory_mb, fed }
    }

    /// What the database costs for the time of a job, in US dollars.
    pub(crate) fn database_dollars(&self, outcome: &Outcome) -> f64 {
        outcome.seconds / 3600.0 * self.database.dollars_an_hour
    }

    /// The most rows for which something holds.
    pub(crate) fn most_rows(&self, holds: impl Fn(f64) -> bool) -> f64 {
        let (mut few, mut many) = (1.0_f64, 1e15_f64);
        while many / few > 1.001 {
            let rows = (few * many).sqrt();
            if holds(rows) { few = rows } else { many = rows }
        }
        few
    }
}

impl Outcome {
    /// Seconds of one chunk.
    pub(crate) fn chunk_seconds(&self) -> f64 {
        self.mapper_seconds / f64::from(self.chunks)
    }

    /// By the API's formula: everything but the database.
    pub(crate) fn dollars(&self) -> f64 {
        let chunks = u64::from(self.chunks);
        cost_usd(Usage {
            chunks,
            piece: DynamoDbStore::TOGETHER.get().into(),
            attempts: chunks,
            megabyte_ms: (self.mapper_seconds * 1000.0 * f64::from(self.memory_mb)) as u64,
            record_bytes: RECORD * chunks,
            objects: 0,
            ..Usage::default()
        })
    }
}

/// Bytes of a chunk's record, as the API's estimate has it.
const RECORD: u64 = 480;

/// Seconds that a chunk takes apart from its rows: the API's estimate for a chunk without rows.
pub(crate) fn chunk_overhead() -> f64 {
    let one = Mappers { concurrency: 1, memory_mb: 1769 };
    Estimate::new(0, 1, DynamoDbStore::TOGETHER, Consistency::PerChunk, one).seconds
}

/// How many mappers more SQS lets run each second.
fn ramp() -> f64 {
    SQS_RAMP.value / 60.0
}

/// Seconds until as many mappers run as may, and what they have done by then.
fn ramped(at_once: f64) -> (f64, f64) {
    let start = SQS_START.value.min(at_once);
    let seconds = (at_once - start) / ramp();
    (seconds, (start + at_once) / 2.0 * seconds)
}

/// Seconds that all mappers have run together so many seconds after the first.
fn mapper_seconds_by(at_once: f64, seconds: f64) -> f64 {
    let (ramping, done) = ramped(at_once);
    if seconds >= ramping {
        done + at_once * (seconds - ramping)
    } else {
        SQS_START.value.min(at_once) * seconds + ramp() * seconds * seconds / 2.0
    }
}

/// When they have run for so many seconds together.
fn seconds_of_mappers(at_once: f64, work: f64) -> f64 {
    let (ramping, done) = ramped(at_once);
    if work >= done {
        return ramping + (work - done) / at_once;
    }
    let start = SQS_START.value.min(at_once);
    ((start * start + 2.0 * ramp() * work).sqrt() - start) / ramp()
}
