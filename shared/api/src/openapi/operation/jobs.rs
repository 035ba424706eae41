use serde_json::{Value, json};

use crate::{
    Cancelled, JobDetail, JobList, Problem, Retried,
    openapi::{
        examples, job_examples,
        parameters::parameter,
        response::Responses,
        schemas::Schemas,
        sentences::{
            CORRUPT, NOT_AN_ID, NOT_FOUND, SNAPSHOT_LOST, STORE_DOWN, STORE_WRONG, UNKNOWN,
        },
    },
};

pub(super) fn list_jobs(schemas: &mut Schemas) -> Value {
    let wrong = [
        ("limit", "limit must be a whole number from 1 to 100, not \"0\""),
        ("cursor", "cursor \"x\" is none that was given"),
    ];
    let responses = Responses::new(schemas, Problem::JobsUnknown)
        .ok::<JobList>("Some jobs.", &job_examples::job_lists())
        .error(400, "A query parameter is wrong.", &wrong)
        .error(500, STORE_WRONG, &[CORRUPT])
        .error(503, "The store does not answer; a repetition may help.", &[STORE_DOWN]);
    json!({
        "operationId": "tasks",
        "summary": "Jobs, the newest first",
        "tags": ["jobs"],
        "parameters": [parameter("State"), parameter("JobLimit"), parameter("Cursor")],
        "responses": responses.into_value()
    })
}

pub(super) fn show_job(schemas: &mut Schemas) -> Value {
    let from = ("from", "from must be a whole number from 0 to 10000, not \"-1\"");
    let responses = Responses::new(schemas, Problem::JobUnknown)
        .ok::<JobDetail>("The job.", &job_examples::job_details())
        .error(400, "This is not a task id, or a query parameter is wrong.", &[NOT_AN_ID, from])
        .error(404, NOT_FOUND, &[UNKNOWN])
        .error(500, STORE_WRONG, &[CORRUPT])
        .error(503, "The store does not answer; a repetition may help.", &[STORE_DOWN]);
    json!({
        "operationId": "task",
        "summary": "A job with its chunks, and its answer once it is there",
        "tags": ["jobs"],
        "parameters": [
            parameter("TaskId"), parameter("FromChunk"), parameter("ChunkLimit"),
            parameter("Receipts")
        ],
        "responses": responses.into_value()
    })
}

const COMPLETED: (&str, &str) =
    ("completed", "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 is already completed");

pub(super) fn cancel(schemas: &mut Schemas) -> Value {
    let cancelled = json!({ "status": "task cancelled", "task_id": examples::TASK_ID });
    let expired = (
        "expired",
        "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 cannot be taken up again: the job has \
         expired",
    );
    let responses = Responses::new(schemas, Problem::NotCancelled)
        .ok::<Cancelled>("The job is cancelled.", &[("cancelled", cancelled)])
        .error(400, "This is not a task id.", &[NOT_AN_ID])
        .error(404, NOT_FOUND, &[UNKNOWN])
        .error(409, "The job is completed or has expired.", &[COMPLETED, expired])
        .error(500, STORE_WRONG, &[CORRUPT])
        .error(503, "The store does not answer; a repetition may help.", &[STORE_DOWN]);
    json!({
        "operationId": "cancel",
        "summary": "Cancel a job",
        "description": "Its mappers stop within a second or two, and so do their queries. \
            Cancelling a job again changes nothing.",
        "tags": ["jobs"],
        "parameters": [parameter("TaskId")],
        "responses": responses.into_value()
    })
}

pub(super) fn retry(schemas: &mut Schemas) -> Value {
    let retried = json!({
        "status": "task submitted", "task_id": examples::TASK_ID, "chunks": 1,
        "trace_id": examples::TRACE_ID
    });
    let cancelled = (
        "cancelled",
        "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 cannot be taken up again: the job was \
         cancelled",
    );
    let about = "The job is completed, was cancelled or has expired, or its snapshot is gone.";
    let responses = Responses::new(schemas, Problem::NotRetried)
        .ok::<Retried>("The chunks were sent.", &[("retried", retried)])
        .error(400, "This is not a task id.", &[NOT_AN_ID])
        .error(404, NOT_FOUND, &[UNKNOWN])
        .error(409, about, &[COMPLETED, cancelled, ("snapshot", SNAPSHOT_LOST)])
        .error(500, STORE_WRONG, &[CORRUPT])
        .error(
            503,
            "The store or the queue does not answer; a repetition may help.",
            &[STORE_DOWN],
        );
    json!({
        "operationId": "retry",
        "summary": "Send the chunks of a job again that are not done",
        "description": "The job gets a new deadline, and its failure is forgotten.",
        "tags": ["jobs"],
        "parameters": [parameter("TaskId")],
        "responses": responses.into_value()
    })
}
