//! Jobs and records as tests want them.

use std::time::{Duration, SystemTime};

use pgfold_adapters::{
    DynamoDbStore,
    config::{self, DatabaseAuth, DatabaseConfig},
    new_job_id, postgres_catalogue, xray,
};
use pgfold_core::{
    Catalogue, ChunkCount, ChunkIndex, ChunkRecord, Column, Computation, Computed, Execution,
    FoldRows, GroupType, Job, JobPolicy, KeyKind, KeyRef, KeyStatistics, Kind, Nulls, Plan,
    Planned, Projection, Query, Receipt, RowBatch, RowBuffer, SnapshotId, Source, SourceId,
    Timestamp,
    kernel::{KernelSpec, Metric, MinDistance, MinDistanceParams},
};

use crate::no_aws;

/// The kernel `min_distance` by `metric`.
pub fn min_distance(metric: Metric) -> KernelSpec {
    KernelSpec::of::<MinDistance>(&MinDistanceParams { metric }).expect("plain parameters")
}

/// The catalogue of one source, `points`.
pub fn catalogue(source: impl Source + 'static) -> Catalogue<'static> {
    Catalogue::new([("points".to_owned(), source)])
}

/// Columns of these names, to be read as numbers, each of which may be NULL.
pub fn numbers(names: &[impl AsRef<str>]) -> Projection {
    let number = |name: &str| Column { name: name.to_owned(), kind: Kind::Number };
    let columns = names.iter().map(|name| number(name.as_ref())).collect();
    Projection::of_columns(columns, Nulls::PerColumn)
}

/// The demo's table, as functions know it that are configured with no other.
fn points() -> SourceId {
    let sources = config::sources(config::DEMO_SOURCES).expect("a catalogue");
    let config = DatabaseConfig {
        connection: tokio_postgres::Config::new(),
        auth: DatabaseAuth::Password,
        ca_file: None,
        sources,
        read_timeout: Duration::from_secs(60),
    };
    let catalogue = postgres_catalogue(config, &no_aws());
    catalogue.find(None).expect("a source").0
}

/// The query of a kernel that reads the four columns.
fn one(kernel: KernelSpec) -> Query {
    let columns = Some(["x1", "y1", "x2", "y2"].map(str::to_owned).into());
    Query::of(Computed { kernel, columns })
}

/// The trace of planned jobs, as long as a tracing header is.
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// A job with its plan, as submit has it.
#[derive(Debug, Clone)]
pub struct PlannedJob {
    /// The job.
    pub job: Job,
    /// Its plan.
    pub plan: Plan,
}

impl PlannedJob {
    /// A new job of `chunks` chunks over all the keys there are but the largest, so that they
    /// are of the longest form; it ends in a minute and is kept for ten.
    ///
    /// # Panics
    /// If there are too many chunks.
    pub fn new(chunks: u64) -> Self {
        Self::over(i64::MIN, i64::MAX - 1, chunks)
    }

    /// A new job of `chunks` chunks over the keys from `min` to `max`.
    ///
    /// # Panics
    /// If there are too many chunks.
    pub fn over(min: i64, max: i64, chunks: u64) -> Self {
        let policy = JobPolicy { deadline: Duration::from_secs(60), ttl: Duration::from_secs(600) };
        Self::with_policy(min, max, chunks, policy)
    }

    /// The same of a job that ends and is kept as `policy` says.
    ///
    /// # Panics
    /// If there are too many chunks.
    pub fn with_policy(min: i64, max: i64, chunks: u64, policy: JobPolicy) -> Self {
        let statistics = KeyStatistics { min, max, quantiles: Vec::new() };
        let chunks = ChunkCount::new(chunks).expect("a number of chunks");
        Self::of(Plan::of_keys(&statistics, chunks), policy)
    }

    /// A new job of an empty table.
    pub fn of_no_rows() -> Self {
        Self::with_plan(Plan::empty())
    }

    /// The same job, to be read at one snapshot.
    ///
    /// # Panics
    /// Never: the snapshot has a plain name.
    #[must_use]
    pub fn at_snapshot(mut self) -> Self {
        self.job.computation.snapshot =
            Some(SnapshotId::new("00000003-0000001B-1").expect("a plain name"));
        self
    }

    /// A new job with this plan.
    pub fn with_plan(plan: Plan) -> Self {
        let policy = JobPolicy { deadline: Duration::from_secs(60), ttl: Duration::from_secs(600) };
        Self::of(plan, policy)
    }

    /// A new job of `chunks` chunks, of another kernel that reads four columns.
    ///
    /// # Panics
    /// If there are too many chunks, or no such kernel.
    pub fn of_kernel(kernel: KernelSpec, chunks: u64) -> Self {
        Self::of_query(one(kernel), Vec::new(), Self::new(chunks).plan)
    }

    /// A new job with this plan, of a query that makes groups of these types.
    ///
    /// # Panics
    /// If the query has an unknown kernel.
    pub fn of_query(query: Query, group_types: Vec<GroupType>, plan: Plan) -> Self {
        let policy = JobPolicy { deadline: Duration::from_secs(60), ttl: Duration::from_secs(600) };
        Self::computing(query, group_types, plan, policy)
    }

    fn of(plan: Plan, policy: JobPolicy) -> Self {
        Self::computing(one(min_distance(Metric::Euclidean)), Vec::new(), plan, policy)
    }

    fn computing(query: Query, group_types: Vec<GroupType>, plan: Plan, policy: JobPolicy) -> Self {
        let computation = Computation {
            source: points(),
            relation: None,
            query,
            group_types,
            cut_by: None,
            execution: Execution::Streaming,
            output: None,
            snapshot: None,
        };
        let now = Timestamp::from(SystemTime::now());
        let planned = Planned::new(plan, 1000);
        let trace = xray::read(TRACE).expect("a tracing header");
        let piece = DynamoDbStore::TOGETHER;
        let job = Job::new(new_job_id(), trace, computation, piece, &planned, now, policy);
        Self { job, plan: planned.plan }
    }

    /// The record of a chunk whose only row has these coordinates.
    ///
    /// # Panics
    /// If the job has no such chunk.
    pub fn record(&self, chunk: u16, row: [f64; 4]) -> ChunkRecord {
        self.record_of(chunk, KeyRef::Integer(chunk.into()), row)
    }

    /// The same of a row with this key.
    ///
    /// # Panics
    /// If the job has no such chunk.
    pub fn record_of(&self, chunk: u16, key: KeyRef<'_>, row: [f64; 4]) -> ChunkRecord {
        let keys = match key {
            KeyRef::Integer(_) => KeyKind::Integer,
            KeyRef::Text(_) => KeyKind::Text,
        };
        let mut rows = RowBuffer::new(keys);
        rows.push_cells(&key.to_key(), row.map(Some));
        self.record_of_rows(chunk, rows.batch())
    }

    /// The record of a chunk that has these rows.
    ///
    /// # Panics
    /// If the job has no such chunk, or the rows have not its kernel's columns.
    pub fn record_of_rows(&self, chunk: u16, rows: RowBatch<'_>) -> ChunkRecord {
        let query = self.job.computation.query.open().expect("a kernel");
        let mut fold = query.fold();
        fold.fold(rows).expect("rows of the kernel's columns");
        let folded = fold.finish().expect("a partial");
        let receipt = Receipt {
            range: self.plan.range(ChunkIndex(chunk)).expect("a chunk"),
            rows: folded.rows,
            skipped: folded.skipped,
            attempts: 1,
            queue_ms: 11,
            map_ms: 7,
            read_ms: 4,
            fold_ms: 2,
            memory_mb: 1769,
            snapshot: "790:795:791,792".to_owned(),
            recorded_at: self.job.created_at,
        };
        ChunkRecord { partial: folded.partial, receipt }
    }
}
