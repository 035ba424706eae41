use serde_json::{Value, json};

use super::{
    examples,
    parameters::parameter,
    response::{Responses, empty, header, response},
    schemas::Schemas,
};
use crate::{
    Cancelled, DryRun, FailedResult, JobDetail, JobList, KernelList, MinDistanceRequest,
    MinDistanceResult, Problem, Retried, Route, SubmitRequest, Submitted,
};

/// Describes the operation of a route.
pub(super) fn describe(route: Route, schemas: &mut Schemas, kernels: &KernelList) -> Value {
    match route {
        Route::Health => health(),
        Route::HealthHead => head("health_head", "deployment", "The API answers."),
        Route::OpenApi => openapi(schemas),
        Route::Dashboard => dashboard(),
        Route::DashboardHead => head("dashboard_head", "jobs", "The page is there."),
        Route::Kernels => kernel_list(schemas, kernels),
        Route::SubmitMinDistance => submit_min_distance(schemas),
        Route::MinDistanceResult => min_distance_result(schemas),
        Route::ListJobs => list_jobs(schemas),
        Route::SubmitJob => submit_job(schemas, kernels),
        Route::ShowJob => show_job(schemas),
        Route::CancelJob => cancel(schemas),
        Route::RetryJob => retry(schemas),
    }
}

const NOT_AN_ID: (&str, &str) =
    ("task_id", "\"agg_7\" is not a task id; a task id is agg_ and a UUID in lower case");

const UNKNOWN: (&str, &str) =
    ("unknown", "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 is not known");

const CORRUPT: (&str, &str) =
    ("corrupt", "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 does not read back");

const STORE_DOWN: (&str, &str) = ("store", "dynamodb is unavailable");

const NO_QUERY: (&str, &str) = ("query", "unknown query parameter x; this route takes none");

const NOT_FOUND: &str = "There is no such job, or not any more.";

const STORE_WRONG: &str = "What is stored about the job cannot be read, or the store is \
    misconfigured; a repetition does not help.";

fn health() -> Value {
    let body = "Hello, World!\n";
    let schema = json!({ "const": body });
    let answer = response("It does.", "text/plain", &schema, &[("body", json!(body))]);
    json!({
        "operationId": "health",
        "summary": "Whether the API answers",
        "tags": ["deployment"],
        "responses": { "200": answer }
    })
}

fn head(id: &str, tag: &str, about: &str) -> Value {
    json!({
        "operationId": id,
        "summary": "The same without the body",
        "tags": [tag],
        "responses": { "200": empty(about) }
    })
}

fn openapi(schemas: &mut Schemas) -> Value {
    let schema = json!({
        "type": "object",
        "required": ["openapi", "info", "servers", "paths", "components"],
        "properties": { "openapi": { "const": "3.1.0" } }
    });
    let outline = json!({
        "openapi": "3.1.0",
        "info": { "title": "pgfold", "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": "." }],
        "paths": {},
        "components": {}
    });
    let responses = Responses::new(schemas, Problem::DescriptionUnknown)
        .answer(200, "An OpenAPI document.", &schema, &[("outline", outline)])
        .error(400, "The route takes no query parameters.", &[NO_QUERY]);
    json!({
        "operationId": "openapi",
        "summary": "This description",
        "tags": ["deployment"],
        "responses": responses.into_value()
    })
}

fn dashboard() -> Value {
    let schema = json!({ "type": "string", "pattern": "^<!doctype html>" });
    let body = json!("<!doctype html>\n<html lang=\"en\">…</html>\n");
    json!({
        "operationId": "dashboard",
        "summary": "A page that shows the jobs and acts on them",
        "tags": ["jobs"],
        "responses": { "200": response("The page.", "text/html", &schema, &[("body", body)]) }
    })
}

fn kernel_list(schemas: &mut Schemas, kernels: &KernelList) -> Value {
    let about = "The kernels, with their columns, parameters and answers.";
    let responses = Responses::new(schemas, Problem::KernelsUnknown)
        .ok::<KernelList>(about, &[("all", json!(kernels))])
        .error(400, "The route takes no query parameters.", &[NO_QUERY]);
    json!({
        "operationId": "kernels",
        "summary": "What can be computed",
        "tags": ["deployment"],
        "responses": responses.into_value()
    })
}

fn submit_min_distance(schemas: &mut Schemas) -> Value {
    let schema = schemas.request::<MinDistanceRequest>();
    let all = json!({
        "source": "points", "chunks": 1000, "metric": "geodesic", "consistency": "per-chunk",
        "execution": "streaming"
    });
    let examples = json!({
        "nothing": { "value": {} },
        "all": { "value": all },
        "snapshot": { "value": { "consistency": "snapshot" } },
        "pushdown": { "value": { "execution": "pushdown" } }
    });
    let mut submitted = submitted(schemas);
    submitted["200"]["links"]["result"] = link("min_distance");
    json!({
        "operationId": "submit_min_distance",
        "summary": "Find the row whose two points lie nearest to each other",
        "description": "`POST /tasks` with the kernel `min_distance`.",
        "tags": ["jobs"],
        "parameters": [parameter("DryRun"), parameter("IdempotencyKey")],
        "requestBody": {
            "description": "Nothing, or an object whose fields are all optional.",
            "required": false,
            "content": { "application/json": { "schema": schema, "examples": examples } }
        },
        "responses": submitted
    })
}

fn submit_job(schemas: &mut Schemas, kernels: &KernelList) -> Value {
    let schema = schemas.request::<SubmitRequest>();
    json!({
        "operationId": "submit_task",
        "summary": "Compute anything that GET /kernels lists",
        "tags": ["jobs"],
        "parameters": [parameter("DryRun"), parameter("IdempotencyKey")],
        "requestBody": {
            "description": "What is computed, over which rows.",
            "required": true,
            "content": { "application/json": {
                "schema": schema,
                "examples": examples::requests(kernels)
            } }
        },
        "responses": submitted(schemas)
    })
}

/// What both routes answer that submit a job.
fn submitted(schemas: &mut Schemas) -> Value {
    let mut responses = Responses::new(schemas, Problem::NotSubmitted);
    let schema =
        json!({ "oneOf": [responses.schema::<Submitted>(), responses.schema::<DryRun>()] });
    let about = "The job was submitted, or with `dry_run` only planned.";
    let optional = |about: &str, value: &str| json!({ "description": about, "schema": { "const": value }, "example": value });
    let mut responses = responses
        .answer(200, about, &schema, &examples::submitted())
        .error(
            400,
            "The request is wrong, and the sentence says what is allowed; or its \
             `Idempotency-Key` belongs to another request.",
            &[
                ("chunks", "chunks must be a whole number from 1 to 10000, not 0"),
                ("column", "the source has no column \"salary\" to read; it has x1, y1, x2, y2"),
                (
                    "key",
                    "the Idempotency-Key belongs to another request, of \
                     agg_01a2044c-531b-7494-94fc-6bbdf6334f32",
                ),
            ],
        )
        .error(
            404,
            "The job of the `Idempotency-Key` expired while this request continued it. The next \
             request with the key starts a new job.",
            &[("expired", UNKNOWN.1)],
        )
        .error(
            409,
            "The job of the `Idempotency-Key` reads one snapshot, which is lost.",
            &[("lost", SNAPSHOT_LOST)],
        )
        .error(
            415,
            "The body is compressed, or its `Content-Type` is not JSON in UTF-8. pgfold reads \
             `application/json` and `…+json`, a body without a type, and the types that curl and \
             browsers send by default: `application/x-www-form-urlencoded`, \
             `application/octet-stream`, `text/plain`.",
            &[
                ("type", "the Content-Type must be application/json, not \"text/xml\""),
                ("encoding", "the Content-Encoding must be identity, not \"gzip\""),
            ],
        )
        .header(
            415,
            "Accept",
            optional("Sent if a media type or charset is refused.", "application/json"),
        )
        .header(415, "Accept-Encoding", optional("Sent if a body is compressed.", "identity"))
        .error(
            500,
            "The deployment is wrong, such as a table that cannot be used as it is configured; a \
             repetition does not help.",
            &[("table", "table \"points\" does not exist")],
        )
        .error(
            503,
            "A repetition may help: the database has no connection free within 5 seconds, the \
             database, the queue or the store does not answer, or not every mapper attached to \
             the snapshot within 20 seconds.",
            &[
                ("database", "postgres is unavailable"),
                (
                    "snapshot",
                    "attaching to the job's snapshot (3 of 4 chunks) took longer than 20s",
                ),
            ],
        )
        .into_value();
    let links = ["task", "cancel", "retry"].map(|id| (id.to_owned(), link(id)));
    responses["200"]["links"] = Value::Object(links.into_iter().collect());
    responses
}

const SNAPSHOT_LOST: &str = "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 cannot be taken up \
    again: it reads one snapshot, which cannot be had again";

/// Returns a link to an operation on the job that was submitted.
fn link(operation: &str) -> Value {
    json!({
        "operationId": operation,
        "parameters": { "task_id": "$response.body#/task_id" }
    })
}

fn min_distance_result(schemas: &mut Schemas) -> Value {
    let mut responses = Responses::new(schemas, Problem::NoResult);
    let failed = json!({ "oneOf": [responses.schema::<FailedResult>(), responses.error_schema()] });
    let failures = [("failed", examples::failed_result()), ("corrupt", examples::corrupt_result())];
    let mut responses = responses
        .ok::<MinDistanceResult>("The result.", &examples::min_distance_results())
        .empty(204, "Chunks are missing, and may still come.")
        .header(
            204,
            "Retry-After",
            json!({
                "description": "In how many seconds to send the request again.",
                "required": true, "schema": { "type": "integer", "const": 1 }, "example": 1
            }),
        )
        .header(
            204,
            "X-Chunks-Done",
            json!({
                "description": "Chunks that count, of all. May lag behind if there are more than \
                    16.",
                "required": true,
                "schema": { "type": "string", "pattern": "^[0-9]+/[0-9]+$" }, "example": "2/4"
            }),
        )
        .error(
            400,
            "This is not a task id, or that of a job of another kernel; or a query parameter is \
             wrong.",
            &[
                NOT_AN_ID,
                (
                    "kernel",
                    "task agg_01a2044c-531b-7494-94fc-6bbdf6334f32 is not of the kernel \
                     min_distance; GET /tasks/agg_01a2044c-531b-7494-94fc-6bbdf6334f32 tells its \
                     answer",
                ),
            ],
        )
        .error(404, NOT_FOUND, &[UNKNOWN])
        .error(
            410,
            "The job was cancelled or has expired.",
            &[
                ("cancelled", "the task was cancelled"),
                ("expired", "the task and its result have expired"),
            ],
        )
        .answer(
            500,
            "The job has failed; or what is stored about it cannot be read.",
            &failed,
            &failures,
        )
        .error(503, "The store does not answer; a repetition may help.", &[STORE_DOWN]);
    for status in [200, 204, 410, 500] {
        let applied = header("PreferenceApplied");
        responses = responses.header(status, "Preference-Applied", applied);
    }
    json!({
        "operationId": "min_distance",
        "summary": "The result of a job of the kernel min_distance",
        "description": "Reading the result does not consume it.",
        "tags": ["jobs"],
        "parameters": [parameter("TaskId"), parameter("Receipts"), parameter("Prefer")],
        "responses": responses.into_value()
    })
}

fn list_jobs(schemas: &mut Schemas) -> Value {
    let wrong = [
        ("limit", "limit must be a whole number from 1 to 100, not \"0\""),
        ("cursor", "cursor \"x\" is none that was given"),
    ];
    let responses = Responses::new(schemas, Problem::JobsUnknown)
        .ok::<JobList>("Some jobs.", &examples::job_lists())
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

fn show_job(schemas: &mut Schemas) -> Value {
    let from = ("from", "from must be a whole number from 0 to 10000, not \"-1\"");
    let responses = Responses::new(schemas, Problem::JobUnknown)
        .ok::<JobDetail>("The job.", &examples::job_details())
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

fn cancel(schemas: &mut Schemas) -> Value {
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

fn retry(schemas: &mut Schemas) -> Value {
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
