use serde_json::{Value, json};

use crate::{
    FailedResult, MinDistanceResult, Problem,
    openapi::{
        examples,
        parameters::parameter,
        response::{Responses, header},
        schemas::Schemas,
        sentences::{NOT_AN_ID, NOT_FOUND, STORE_DOWN, UNKNOWN},
    },
};

pub(super) fn min_distance_result(schemas: &mut Schemas) -> Value {
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
