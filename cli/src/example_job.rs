//! A whole job, for tests to change.

use pgfold_api::{
    Consistency, Execution, Job, JobDetail, KernelName, Progress, Query, State, TaskId, Timestamp,
    TraceId,
};
use serde_json::{Map, Value, json};

pub(crate) const ID: &str = "agg_01a20520-86a3-7273-ad1a-135e6a93b9eb";
pub(crate) const TRACE_ID: &str = "1-6b02d940-bd862e3fe1be46a994272793";

/// Returns the query of a job of one kernel, over all rows.
pub(crate) fn query(kernel: &str, columns: &[&str], params: Map<String, Value>) -> Query {
    Query {
        filter: Vec::new(),
        group_by: Vec::new(),
        kernel: Some(KernelName(kernel.to_owned())),
        columns: Some(columns.iter().map(|column| (*column).to_owned()).collect()),
        params: Some(params),
        compute: None,
        order_by: None,
        descending: false,
        limit: None,
    }
}

fn job(state: State) -> Job {
    Job {
        task_id: TaskId(ID.to_owned()),
        trace_id: TraceId(TRACE_ID.to_owned()),
        state,
        source: "points".to_owned(),
        query: query(
            "min_distance",
            &["x1", "y1", "x2", "y2"],
            Map::from_iter([("metric".to_owned(), json!("euclidean"))]),
        ),
        output: None,
        cut_by: None,
        execution: Execution::Streaming,
        consistency: Consistency::PerChunk,
        created_at: Timestamp("2026-11-23T05:00:00.123Z".to_owned()),
        deadline: Timestamp("2026-11-23T06:00:00.123Z".to_owned()),
        expires_at: Timestamp("2026-11-24T05:00:00.123Z".to_owned()),
        progress: Progress { done: 0, total: 4 },
        estimated_rows: 1_000_000,
        rows: 0,
        skipped: 0,
        elapsed_ms: None,
        map_ms: 0,
        failed_attempts: 0,
        cost_usd: 0.0,
        last_error: None,
        announced: None,
    }
}

/// Returns a job without any chunk done, as `GET /tasks/{task_id}` shows it.
pub(crate) fn detail(state: State) -> JobDetail {
    JobDetail {
        job: job(state),
        answer: None,
        files: None,
        whole: None,
        groups_left_out: None,
        skipped_by: None,
        consistency_reached: None,
        balance: None,
        error: None,
        failed_chunks: None,
        failed_chunks_left_out: None,
        answer_so_far: None,
        snapshot_held_ms: None,
        warnings: Vec::new(),
        chunks: None,
        chunks_left_out: None,
    }
}
