use serde_json::{Map, Value, json};

use super::by_kernel::add;

/// The fields of a job that some states have and others do not.
const OF_STATE: [&str; 11] = [
    "answer",
    "files",
    "whole",
    "groups_left_out",
    "skipped_by",
    "consistency_reached",
    "balance",
    "error",
    "failed_chunks",
    "failed_chunks_left_out",
    "answer_so_far",
];

/// Adds to the schemas of jobs which fields belong to which state.
pub(super) fn specialise(schemas: &mut Map<String, Value>) {
    let others = json!({ "enum": ["pending", "completed", "cancelled", "expired"] });
    let listed = json!({ "oneOf": [
        { "required": ["error"], "properties": { "state": { "const": "failed" } } },
        { "properties": { "state": others, "error": false } }
    ] });
    add(&mut schemas["ListedJob"], listed);

    let completed = &["answer", "consistency_reached", "balance"];
    let failed = &["error", "failed_chunks"];
    let so_far = &["answer_so_far", "groups_left_out"];
    let so_far_and_whole = &["answer_so_far", "groups_left_out", "whole"];
    let may_fail_with = &["failed_chunks_left_out", "answer_so_far", "groups_left_out", "whole"];
    let with_files = &["files", "consistency_reached", "balance"];
    let mut with_files = variant(&["completed"], with_files, &["whole"]);
    with_files["title"] = json!("completed with files");
    with_files["required"] = json!(["output", "files", "consistency_reached", "balance"]);
    let mut expired = variant(&["expired"], &[], &[]);
    expired["properties"]["chunks"] = json!({ "maxItems": 0 });
    let detailed = json!({ "oneOf": [
        variant(&["completed"], completed, &["groups_left_out", "skipped_by", "whole"]),
        with_files,
        variant(&["failed"], failed, may_fail_with),
        variant(&["pending"], &[], so_far),
        variant(&["cancelled"], &[], so_far_and_whole),
        expired
    ] });
    add(&mut schemas["JobDetail"], detailed);
}

/// A job in one of these states, with the fields that it has and those that it may have.
fn variant(states: &[&str], required: &[&str], optional: &[&str]) -> Value {
    let allowed = |field: &&str| required.contains(field) || optional.contains(field);
    let forbidden = OF_STATE.into_iter().filter(|field| !allowed(field));
    let mut properties: Map<String, Value> =
        forbidden.map(|field| (field.to_owned(), Value::Bool(false))).collect();
    properties.insert("state".to_owned(), json!({ "enum": states }));
    let mut variant = json!({ "title": states.join(" or "), "properties": properties });
    if !required.is_empty() {
        variant["required"] = json!(required);
    }
    variant
}
