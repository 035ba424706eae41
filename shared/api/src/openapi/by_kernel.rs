use serde_json::{Map, Value, json};

use super::response::reference;
use crate::{KernelDescription, KernelList};

/// Adds what the kernels say about their parameters and answers to the schemas that hold them.
pub(super) fn specialise(schemas: &mut Map<String, Value>, kernels: &KernelList) {
    let names: Vec<&str> = kernels.kernels.iter().map(|kernel| &*kernel.kernel.0).collect();
    schemas["KernelName"]["enum"] = json!(names);
    let each = |variant: fn(&KernelDescription) -> Value| -> Value {
        kernels.kernels.iter().map(variant).collect()
    };
    schemas["SubmitRequest"]["oneOf"] = each(requested);
    for (name, variants) in [("ListedJob", each(listed)), ("JobDetail", each(detailed))] {
        add(&mut schemas[name], json!({ "oneOf": variants }));
    }
    if let Some(kernel) = kernels.kernels.iter().find(|one| one.kernel.0 == "min_distance") {
        min_distance(schemas, kernel);
    }
    for kernel in &kernels.kernels {
        schemas.insert(params_name(kernel), kernel.params.clone());
        schemas.insert(answer_name(kernel), kernel.answer.clone());
    }
}

/// Adds a condition to a schema.
pub(super) fn add(schema: &mut Value, condition: Value) {
    match schema.get_mut("allOf").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => schema["allOf"] = json!([condition]),
    }
}

/// A request for this kernel.
fn requested(kernel: &KernelDescription) -> Value {
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
    match &kernel.pushdown_params {
        None => variant["properties"]["execution"] = json!({ "const": "streaming" }),
        Some(params) => pushed_down(&mut variant, json!({ "properties": { "params": params } })),
    }
    variant
}

/// Adds what else a request must say whose execution is pushdown.
fn pushed_down(schema: &mut Value, then: Value) {
    let execution = json!({ "execution": { "const": "pushdown" } });
    schema["if"] = json!({ "required": ["execution"], "properties": execution });
    schema["then"] = then;
}

/// A job of this kernel in the list.
fn listed(kernel: &KernelDescription) -> Value {
    json!({ "properties": {
        "kernel": { "const": kernel.kernel },
        "params": reference(&params_name(kernel))
    } })
}

/// A job of this kernel by itself.
fn detailed(kernel: &KernelDescription) -> Value {
    let mut variant = listed(kernel);
    for field in ["answer", "answer_so_far"] {
        variant["properties"][field] = reference(&answer_name(kernel));
    }
    variant
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
    format!("{}Params", pascal(&kernel.kernel.0))
}

fn answer_name(kernel: &KernelDescription) -> String {
    format!("{}Answer", pascal(&kernel.kernel.0))
}

/// `nearest_k` in PascalCase: `NearestK`.
fn pascal(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or_default();
        first.to_uppercase() + rest
    });
    words.collect()
}
