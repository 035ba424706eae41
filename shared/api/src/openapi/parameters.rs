use serde_json::{Value, json};

use super::examples::TASK_ID;

/// Returns a reference to a parameter of [`components`].
pub(super) fn parameter(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// The parameters of paths, queries and headers, by their names in the description.
pub(super) fn components() -> Value {
    json!({
        "TaskId": {
            "name": "task_id", "in": "path", "required": true,
            "schema": { "$ref": "#/components/schemas/TaskId" },
            "example": TASK_ID
        },
        "DryRun": {
            "name": "dry_run", "in": "query",
            "description": "Only plan: nothing is stored or sent.",
            "schema": { "type": "string", "enum": ["true", "false", ""], "default": "false" },
            "allowEmptyValue": true,
            "example": "true"
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header",
            "description": "The caller's name for this request: however often it is sent, one job \
                is started, as long as the job is kept. If a request was cut off or answered with \
                an error, the next one with its key continues it.",
            "schema": {
                "type": "string", "minLength": 1, "maxLength": 255,
                "pattern": "^[\\t -~]*[!-~][\\t -~]*$"
            },
            "example": "report of 2026-11-22"
        },
        "Prefer": {
            "name": "Prefer", "in": "header",
            "description": "`wait=N` returns the answer as soon as the job ends, or after N \
                seconds, at most 20 (RFC 7240). `Preference-Applied` says how long the request was \
                willing to wait. Other preferences are ignored.",
            "schema": { "type": "string" },
            "example": "wait=5"
        },
        "Receipts": {
            "name": "receipts", "in": "query",
            "description": "`none` leaves the chunks out of the answer.",
            "schema": { "type": "string", "enum": ["all", "none"], "default": "all" },
            "example": "none"
        },
        "State": {
            "name": "state", "in": "query",
            "description": "Only jobs in this state.",
            "schema": { "$ref": "#/components/schemas/State" },
            "example": "failed"
        },
        "JobLimit": {
            "name": "limit", "in": "query",
            "description": "The most jobs.",
            "schema": { "type": "integer", "minimum": 1, "maximum": 100, "default": 25 },
            "example": 10
        },
        "Cursor": {
            "name": "cursor", "in": "query",
            "description": "`next` of the page before.",
            "schema": { "$ref": "#/components/schemas/TaskId" },
            "example": TASK_ID
        },
        "FromChunk": {
            "name": "from", "in": "query",
            "description": "The first chunk, and the first file, to show.",
            "schema": { "type": "integer", "minimum": 0, "maximum": 10_000, "default": 0 },
            "example": 20
        },
        "ChunkLimit": {
            "name": "limit", "in": "query",
            "description": "The most chunks, and files, to show; all by default. An answer has links \
                to at most 1,000 files.",
            "schema": { "type": "integer", "minimum": 0, "maximum": 10_000 },
            "example": 10
        }
    })
}
