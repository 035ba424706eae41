use serde_json::{Map, Value, json};

use super::response::reference;
use crate::{KernelDescription, KernelList};

/// The answers of several kernels by their names.
pub(super) const NAMED: &str = "NamedAnswers";

/// The groups of an answer of several kernels.
pub(super) const NAMED_GROUPS: &str = "NamedGroups";

/// A value that the rows of a group share.
const GROUP_VALUE: &str = "GroupValue";

/// The answer of any kernel.
const ANY: &str = "AnyAnswer";

/// The schemas of the answers of these kernels, with and without groups.
pub(super) fn schemas(kernels: &KernelList) -> Map<String, Value> {
    let mut schemas = Map::new();
    for kernel in &kernels.kernels {
        schemas.insert(name(kernel), kernel.answer.clone());
        let of_kernel = json!({ (kernel.kernel.0.as_str()): reference(&name(kernel)) });
        let others = reference(GROUP_VALUE);
        schemas.insert(name_of_groups(kernel), groups(&of_kernel, &others));
    }
    let forms: Vec<Value> = kernels.kernels.iter().map(|kernel| reference(&name(kernel))).collect();
    schemas.insert(ANY.to_owned(), json!({ "anyOf": forms }));
    let named = json!({
        "description": "The answer of each kernel of `compute`, by its name.",
        "type": "object", "minProperties": 1, "maxProperties": 16,
        "additionalProperties": reference(ANY)
    });
    schemas.insert(NAMED.to_owned(), named);
    let any = json!({ "anyOf": [reference(GROUP_VALUE), reference(ANY)] });
    schemas.insert(NAMED_GROUPS.to_owned(), groups(&json!({}), &any));
    let value = json!({
        "description": "A value that the rows of a group share: a boolean, a number or a text. \
            Days, times, UUIDs and long decimals are texts. `null` is SQL's NULL.",
        "type": ["boolean", "number", "string", "null"]
    });
    schemas.insert(GROUP_VALUE.to_owned(), value);
    schemas
}

/// The groups of an answer. Each has its `rows`, these fields, and others, which are values that its
/// rows share.
fn groups(fields: &Value, others: &Value) -> Value {
    let mut group = json!({
        "type": "object",
        "required": ["rows"],
        "properties": {
            "rows": { "description": "The rows of the group.", "type": "integer", "minimum": 1 }
        },
        "additionalProperties": others
    });
    for (name, schema) in fields.as_object().into_iter().flatten() {
        group["properties"][name] = schema.clone();
        group["required"] = json!(["rows", name]);
    }
    json!({
        "type": "object",
        "required": ["groups", "group_count"],
        "additionalProperties": false,
        "properties": {
            "groups": {
                "description": "The groups that are listed, in their order: the values of \
                    `group_by`, the rows, and the answers by their names.",
                "type": "array", "items": group
            },
            "group_count": {
                "description": "How many groups there are, listed or not.",
                "type": "integer", "minimum": 0
            }
        }
    })
}

/// Adds the answers to what a job computes: that of the schema `groups` if it has groups, else that
/// of the schema `answer`.
pub(super) fn with(query: &Value, answer: &str, groups: &str) -> Value {
    let of =
        |schema: &str| json!({ "answer": reference(schema), "answer_so_far": reference(schema) });
    let mut ungrouped = of(answer);
    ungrouped["groups_left_out"] = false.into();
    let mut with = query.clone();
    if with["properties"]["compute"] == false {
        with["properties"]["skipped_by"] = false.into();
    }
    with["if"] = json!({ "required": ["group_by"] });
    with["then"] = json!({ "properties": of(groups) });
    with["else"] = json!({ "properties": ungrouped });
    with
}

/// The name of the schema of a kernel's answer.
pub(super) fn name(kernel: &KernelDescription) -> String {
    name_of("Answer", kernel)
}

/// The name of the schema of the groups of a kernel's answer.
pub(super) fn name_of_groups(kernel: &KernelDescription) -> String {
    name_of("Groups", kernel)
}

/// The name of a schema of a kernel: `NearestKAnswer` for `nearest_k` and `Answer`.
pub(super) fn name_of(what: &str, kernel: &KernelDescription) -> String {
    let words = kernel.kernel.0.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or_default();
        first.to_uppercase() + rest
    });
    words.chain([what.to_owned()]).collect()
}
