use serde_json::{Value, json};

use crate::{
    DryRun, KernelList, MinDistanceRequest, Problem, SubmitRequest, Submitted,
    openapi::{
        examples,
        parameters::parameter,
        query_examples,
        response::Responses,
        schemas::Schemas,
        sentences::{SNAPSHOT_LOST, UNKNOWN},
    },
};

pub(super) fn submit_min_distance(schemas: &mut Schemas) -> Value {
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

pub(super) fn submit_job(schemas: &mut Schemas, kernels: &KernelList) -> Value {
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
                "examples": query_examples::requests(kernels)
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
                    "where",
                    "where: the source has no column \"salary\" for this; it has fare, city, \
                     started_at",
                ),
                (
                    "value",
                    "where: column \"started_at\" must be an instant such as \
                     \"2026-11-01T12:00:00Z\" or \"2026-11-01T12:00:00+01:00\", or a day such as \
                     \"2026-11-01\", which starts at midnight UTC, not \"yesterday\"",
                ),
                (
                    "group_by",
                    "group_by: column \"started_at\": unit must be minute or hour or day or week or \
                     month or quarter or year, not \"second\"",
                ),
                (
                    "compute",
                    "a request has kernel or compute, not both; each entry of compute has its own \
                     kernel, columns and params",
                ),
                (
                    "order_by",
                    "order_by must be one of city, rows, summary.max, summary.mean, summary.min, \
                     summary.nulls, summary.rows, summary.sum, summary.variance, not \"fare\"",
                ),
                (
                    "output",
                    "output: format must be one of jsonl, csv, parquet, and is missing",
                ),
                ("rows", "the kernel rows writes files; say in which format by output"),
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

/// Returns a link to an operation on the job that was submitted.
fn link(operation: &str) -> Value {
    json!({
        "operationId": operation,
        "parameters": { "task_id": "$response.body#/task_id" }
    })
}
