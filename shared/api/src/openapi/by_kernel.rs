use serde_json::{Map, Value, json};

use super::{answers, response::reference};
use crate::{KernelDescription, KernelList};

/// The name by which a request asks for rows where it names a kernel.
const ROWS: &str = "rows";

/// Adds what the kernels say about their parameters and answers to the schemas that hold them.
pub(super) fn specialise(schemas: &mut Map<String, Value>, kernels: &KernelList) {
    let names: Vec<&str> = kernels.kernels.iter().map(|kernel| &*kernel.kernel.0).collect();
    schemas["KernelName"]["enum"] = json!([&names[..], &[ROWS]].concat());
    let each = |variant: fn(&KernelDescription) -> Value| -> Vec<Value> {
        kernels.kernels.iter().map(variant).collect()
    };
    schemas["Computed"]["oneOf"] = each(computed).into();
    schemas["SubmitRequest"]["oneOf"] =
        [each(requested), vec![several_requested(kernels), rows_requested()]].concat().into();
    let shown = [each(shown), vec![several()]].concat();
    for name in ["ListedJob", "DryRun"] {
        let with_rows = [&shown[..], &[rows()]].concat();
        add(&mut schemas[name], json!({ "oneOf": with_rows }));
    }
    let detailed = kernels.kernels.iter().zip(&shown).map(|(kernel, shown)| {
        let (answer, groups) = (answers::name(kernel), answers::name_of_groups(kernel));
        answers::with(shown, &answer, &groups)
    });
    let several = answers::with(&several(), answers::NAMED, answers::NAMED_GROUPS);
    let mut rows = rows();
    for field in ["answer", "answer_so_far", "groups_left_out", "skipped_by"] {
        rows["properties"][field] = false.into();
    }
    let detailed: Vec<Value> = detailed.chain([several, rows]).collect();
    add(&mut schemas["JobDetail"], json!({ "oneOf": detailed }));
    for name in ["SubmitRequest", "ListedJob", "DryRun", "JobDetail"] {
        add(&mut schemas[name], ordered_groups());
    }
    add(&mut schemas["SubmitRequest"], several_parts());
    if let Some(kernel) = kernels.kernels.iter().find(|one| one.kernel.0 == "min_distance") {
        min_distance(schemas, kernel);
    }
    for kernel in &kernels.kernels {
        schemas.insert(params_name(kernel), kernel.params.clone());
    }
    schemas.extend(answers::schemas(kernels));
}

/// Adds a condition to a schema.
pub(super) fn add(schema: &mut Value, condition: Value) {
    match schema.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => schema["allOf"] = json!([condition]),
    }
}

/// A kernel with its columns and parameters, in a request or in `compute`.
fn computed(kernel: &KernelDescription) -> Value {
    let count = kernel.columns.len();
    let mut variant = json!({
        "title": kernel.kernel,
        "properties": {
            "kernel": { "const": kernel.kernel },
            "columns": { "minItems": count, "maxItems": count },
            "params": reference(&params_name(kernel))
        }
    });
    if kernel.params.get("required").is_some() {
        variant["required"] = json!(["params"]);
    }
    variant
}

/// A request for this kernel alone.
fn requested(kernel: &KernelDescription) -> Value {
    let mut variant = computed(kernel);
    let required = variant["required"].as_array().cloned().unwrap_or_default();
    variant["required"] = [vec![json!("kernel")], required].concat().into();
    variant["properties"]["compute"] = false.into();
    match &kernel.pushdown_params {
        None => variant["properties"]["execution"] = json!({ "const": "streaming" }),
        Some(params) => {
            let mut then = json!({ "properties": { "params": params } });
            if !kernel.pushdown_groups {
                then["properties"]["group_by"] = json!({ "maxItems": 0 });
            }
            pushed_down(&mut variant, then);
        }
    }
    variant
}

/// A request for several kernels, each of which can be pushed down if the request is.
fn several_requested(kernels: &KernelList) -> Value {
    let can = kernels.kernels.iter().filter(|kernel| kernel.pushdown_groups).map(|kernel| {
        json!({ "properties": {
            "kernel": { "const": kernel.kernel },
            "params": kernel.pushdown_params
        } })
    });
    let can: Vec<Value> = can.collect();
    let mut variant = several();
    let compute = json!({ "additionalProperties": { "anyOf": can } });
    pushed_down(&mut variant, json!({ "properties": { "compute": compute } }));
    variant
}

/// Several kernels in one pass, and nothing of a single one.
fn several() -> Value {
    json!({
        "title": "compute",
        "required": ["compute"],
        "properties": { "kernel": false, "columns": false, "params": false }
    })
}

/// This kernel alone, as a job or a dry run shows it.
fn shown(kernel: &KernelDescription) -> Value {
    let mut variant = computed(kernel);
    variant["required"] = json!(["kernel", "columns", "params"]);
    variant["properties"]["compute"] = false.into();
    variant
}

/// The rows themselves, as a job or a dry run shows them.
fn rows() -> Value {
    json!({
        "title": ROWS,
        "required": ["kernel", "columns", "output"],
        "properties": {
            "kernel": { "const": ROWS },
            "columns": { "minItems": 1, "maxItems": 500, "uniqueItems": true },
            "params": { "maxProperties": 0 },
            "compute": false,
            "group_by": { "maxItems": 0 }
        }
    })
}

/// A request for the rows themselves: each chunk is a file.
fn rows_requested() -> Value {
    let mut variant = rows();
    variant["required"] = json!(["kernel", "output"]);
    variant["properties"]["execution"] = json!({ "const": "streaming" });
    variant["properties"]["output"] = json!({ "properties": { "parts": false } });
    variant
}

/// Only groups that are not ordered are written into several files.
fn several_parts() -> Value {
    let parts = json!({ "required": ["parts"], "properties": { "parts": { "minimum": 2 } } });
    json!({
        "if": { "required": ["output"], "properties": { "output": parts } },
        "then": {
            "required": ["group_by"],
            "properties": {
                "group_by": { "minItems": 1 },
                "order_by": false,
                "limit": false,
                "descending": { "const": false }
            }
        }
    })
}

/// What orders groups is only said where there are groups.
fn ordered_groups() -> Value {
    json!({
        "if": { "anyOf": [
            { "required": ["order_by"] },
            { "required": ["limit"] },
            { "required": ["descending"], "properties": { "descending": { "const": true } } }
        ] },
        "then": { "required": ["group_by"], "properties": { "group_by": { "minItems": 1 } } }
    })
}

/// Adds what else a request must say whose execution is pushdown.
fn pushed_down(schema: &mut Value, then: Value) {
    let execution = json!({ "execution": { "const": "pushdown" } });
    schema["if"] = json!({ "required": ["execution"], "properties": execution });
    schema["then"] = then;
}

/// The routes of the demo have the parameters and the answer of `min_distance` among their fields.
fn min_distance(schemas: &mut Map<String, Value>, kernel: &KernelDescription) {
    let request = &mut schemas["MinDistanceRequest"];
    request["properties"]["metric"] = kernel.params["properties"]["metric"].clone();
    if let Some(params) = &kernel.pushdown_params {
        pushed_down(request, params.clone());
    }
    let answers = kernel.answer["oneOf"].as_array();
    for field in ["distance", "pair"] {
        let forms = answers.into_iter().flatten().map(|answer| &answer["properties"][field]);
        let forms: Vec<&Value> = forms.collect();
        schemas["MinDistanceResult"]["properties"][field] = json!({ "anyOf": forms });
    }
}

fn params_name(kernel: &KernelDescription) -> String {
    answers::name_of("Params", kernel)
}
