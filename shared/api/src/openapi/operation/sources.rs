use serde_json::{Value, json};

use crate::{
    Problem, SourceList,
    openapi::{response::Responses, schemas::Schemas, sentences::NO_QUERY},
};

/// Describes `GET /sources`.
pub(super) fn source_list(schemas: &mut Schemas) -> Value {
    let refused = "postgres: it refuses the configured role or database (SQLSTATE 28P01)";
    let responses = Responses::new(schemas, Problem::SourcesUnknown)
        .ok::<SourceList>("The sources.", &[("some", example())])
        .error(400, "The route takes no query parameters.", &[NO_QUERY])
        .error(
            500,
            "The database cannot be used as it is configured; a repetition does not help.",
            &[("refused", refused)],
        )
        .error(
            503,
            "The database does not answer; a repetition may help.",
            &[("database", "postgres is unavailable: no connection within 2s")],
        );
    json!({
        "operationId": "sources",
        "summary": "What jobs may read",
        "description": "Reads no row. A source that no job can read is listed with its `problem`.",
        "tags": ["deployment"],
        "responses": responses.into_value()
    })
}

fn example() -> Value {
    let number = |name: &str| json!({ "column": name, "type": "double precision", "reads_as": ["number", "any"] });
    let columns = ["x1", "y1", "x2", "y2"].map(number);
    let typed = |name: &str, type_name: &str| json!({ "column": name, "type": type_name });
    json!({ "sources": [
        {
            "source": "points", "table": "\"points\"",
            "key": { "column": "id", "type": "bigint" },
            "where": "NOT cancelled",
            "columns": columns,
            "filters": [typed("x1", "double precision"), typed("id", "bigint")],
            "estimated_rows": 1_000_000,
            "analyzed_at": "2026-11-23T05:00:00.123Z"
        },
        {
            "source": "trips", "table": "\"geo\".\"trips\"",
            "key": { "column": "trip_id" },
            "columns": [
                { "column": "fare", "reads_as": [] },
                { "column": "net", "expression": "fare * (1 - discount)", "reads_as": [] }
            ],
            "filters": [{ "column": "started_at" }, { "column": "city" }],
            "problem": "table \"geo\".\"trips\" does not exist"
        }
    ] })
}
