//! Answers of the server's, made of the API's types.

use pgfold_api::{
    Cancelled, ChunkRows, ChunkState, Consistency, DryRun, ErrorBody, Execution, FailedChunk, Job,
    JobChunk, JobDetail, JobList, ListedJob, PlannedChunk, Problem, Progress, Retried,
    SourceColumn, SourceDescription, SourceList, State, Submitted, TaskId, Timestamp, TraceId,
    TypedColumn,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    example_job::{TRACE_ID, detail, query},
    server::{Step, answer},
};

pub(crate) use crate::example_job::ID;

/// A successful answer.
pub(crate) fn ok(body: impl Serialize) -> Step {
    answer(200, json!(body))
}

/// The line that `--json` prints of an answer.
pub(crate) fn line(body: impl Serialize) -> String {
    format!("{}\n", json!(body))
}

fn id() -> TaskId {
    TaskId(ID.to_owned())
}

fn trace_id() -> TraceId {
    TraceId(TRACE_ID.to_owned())
}

pub(crate) fn submitted() -> Step {
    ok(Submitted {
        status: "task submitted".to_owned(),
        task_id: id(),
        chunks: 4,
        trace_id: trace_id(),
        snapshot_held_ms: None,
        warnings: Vec::new(),
    })
}

/// A source that can be read, and one that cannot.
pub(crate) fn sources() -> SourceList {
    let column = |name: &str, type_name: Option<&str>, reads_as: &[&str]| SourceColumn {
        column: name.to_owned(),
        type_name: type_name.map(str::to_owned),
        expression: None,
        reads_as: reads_as.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    let number = |name| column(name, Some("double precision"), &["number", "any"]);
    let points = SourceDescription {
        source: "points".to_owned(),
        table: "\"points\"".to_owned(),
        key: Some(TypedColumn { column: "id".to_owned(), type_name: Some("bigint".to_owned()) }),
        filter: Some("NOT cancelled".to_owned()),
        columns: vec![number("x1"), number("y1")],
        filters: [("x1", "double precision"), ("y1", "double precision"), ("at", "date")]
            .map(|(column, type_name)| TypedColumn {
                column: column.to_owned(),
                type_name: Some(type_name.to_owned()),
            })
            .into(),
        estimated_rows: Some(1_000_000),
        analyzed_at: Some(Timestamp("2026-11-23T05:00:00.123Z".to_owned())),
        problem: None,
    };
    let trips = SourceDescription {
        source: "trips".to_owned(),
        table: "\"geo\".\"trips\"".to_owned(),
        key: None,
        filter: None,
        columns: vec![column("fare\u{1b}", None, &[])],
        filters: Vec::new(),
        estimated_rows: None,
        analyzed_at: None,
        problem: Some("table \"geo\".\"trips\" does not exist".to_owned()),
    };
    SourceList { sources: vec![points, trips] }
}

pub(crate) fn dry_run(warnings: Vec<String>) -> DryRun {
    let chunk = |chunk, start: u64, end: u64| PlannedChunk {
        chunk,
        rows_of: ChunkRows::Keys { start: json!(start), end: json!(end) },
    };
    DryRun {
        status: "dry run".to_owned(),
        source: "points".to_owned(),
        query: query("summary", &["x1"], Map::new()),
        output: None,
        execution: Execution::Streaming,
        consistency: Consistency::Snapshot,
        estimated_rows: 1_000_000,
        estimated_share: None,
        index: None,
        cut_by: None,
        estimated_seconds: 0.6,
        estimated_cost_usd: 0.000_035_566,
        connections: 3,
        chunks: Some(vec![chunk(0, 1, 500_000), chunk(1, 500_000, 1_000_001)]),
        chunks_left_out: None,
        warnings,
    }
}

pub(crate) fn retried() -> Value {
    let (task_id, trace_id) = (id(), trace_id());
    json!(Retried { status: "task submitted".to_owned(), task_id, chunks: 1, trace_id })
}

pub(crate) fn has_been_cancelled() -> Step {
    ok(Cancelled { status: "task cancelled".to_owned(), task_id: id() })
}

pub(crate) fn pending() -> JobDetail {
    let mut pending = detail(State::Pending);
    pending.job = Job {
        progress: Progress { done: 2, total: 4 },
        rows: 500_000,
        elapsed_ms: Some(1_234),
        map_ms: 900,
        cost_usd: 0.0000123,
        ..pending.job
    };
    pending.answer_so_far = Some(json!({ "distance": 0.25, "pair": { "id": 7, "x1": 1.5 } }));
    let rows_of = ChunkRows::Keys { start: json!(250_001), end: Value::Null };
    pending.chunks = Some(vec![JobChunk { chunk: 1, rows_of, state: ChunkState::Open }]);
    pending
}

pub(crate) fn completed() -> JobDetail {
    let mut completed = detail(State::Completed);
    completed.job = Job {
        progress: Progress { done: 4, total: 4 },
        rows: 1_000_000,
        skipped: 3,
        elapsed_ms: Some(430),
        map_ms: 1_409,
        cost_usd: 0.000046311,
        ..completed.job
    };
    completed.balance = Some(Some(1.01));
    completed.consistency_reached = Some(Consistency::Snapshot);
    completed.answer = Some(json!({
        "distance": 0.05579301044980968,
        "pair": { "id": 61239, "x1": 65.76858534432826, "y1": 87.28418529886409 },
    }));
    completed
}

pub(crate) fn failed() -> JobDetail {
    let mut failed = detail(State::Failed);
    failed.job = Job {
        progress: Progress { done: 3, total: 4 },
        rows: 750_000,
        map_ms: 1_100,
        failed_attempts: 5,
        cost_usd: 0.000052,
        ..failed.job
    };
    failed.error = Some("1 of 4 chunks failed".to_owned());
    let error = "column \"x1\" does not\n\u{1b}[31mexist".to_owned();
    failed.failed_chunks = Some(vec![FailedChunk { chunk: 2, error }]);
    failed
}

pub(crate) fn cancelled() -> JobDetail {
    detail(State::Cancelled)
}

pub(crate) fn expired() -> JobDetail {
    detail(State::Expired)
}

/// The same job as the list has it.
pub(crate) fn listed(detail: JobDetail) -> ListedJob {
    ListedJob { job: detail.job, error: detail.error }
}

/// A page of the list without the queues.
pub(crate) fn page(jobs: impl IntoIterator<Item = JobDetail>, next: Option<&str>) -> JobList {
    JobList {
        tasks: jobs.into_iter().map(listed).collect(),
        next: next.map(|cursor| TaskId(cursor.to_owned())),
        queue: None,
    }
}

/// The body of a refusal, whose problem the client does not read.
pub(crate) fn refusal(problem: Problem, error: impl Into<String>) -> Value {
    json!(ErrorBody::new(problem, error))
}

pub(crate) fn unknown() -> Step {
    answer(404, refusal(Problem::JobUnknown, format!("there is no task {ID}")))
}
