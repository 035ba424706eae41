//! The kernels.

use std::fmt::Write;

use pgfold_api::{KernelColumn, KernelDescription};
use serde_json::Value;

use crate::{render::json, text::clean};

/// A paragraph for each kernel.
pub(crate) fn kernels(kernels: &[KernelDescription]) -> String {
    kernels.iter().map(kernel).collect::<Vec<_>>().join("\n")
}

fn kernel(kernel: &KernelDescription) -> String {
    let mut paragraph = format!("{}: {}\n", clean(&kernel.kernel.0), clean(&kernel.about));
    let pushdown = match (kernel.pushdown, kernel.pushdown_groups) {
        (false, _) => "",
        (true, false) => "alone, without groups",
        (true, true) => "also in groups and with other kernels",
    };
    let shown = [
        ("columns", columns(&kernel.columns)),
        ("params", params(&kernel.params)),
        ("pushdown", pushdown.to_owned()),
        ("output", if kernel.needs_output { "--output FILE, or --format" } else { "" }.to_owned()),
    ];
    for (what, shown) in shown.iter().filter(|(_, shown)| !shown.is_empty()) {
        let _ = writeln!(paragraph, "  {what:<8} {shown}");
    }
    if let Some(example) = &kernel.example {
        // As JSON, because --params takes JSON.
        let _ = writeln!(paragraph, "  {:<8} {}", "example", clean(&example.to_string()));
    }
    paragraph
}

/// Returns each column by its name, with its type.
fn columns(columns: &[KernelColumn]) -> String {
    if columns.is_empty() {
        return "any that can be read, by default all of them".to_owned();
    }
    let columns = columns.iter();
    let columns = columns.map(|KernelColumn { name, kind }| format!("{name} ({kind})"));
    clean(&columns.collect::<Vec<_>>().join(", "))
}

/// The parameters by their names in the JSON Schema, and what each may be.
fn params(schema: &Value) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten().map(|(name, schema)| {
        let choices = schema
            .get("enum")
            .and_then(Value::as_array)
            .map(|choices| choices.iter().map(json::value).collect::<Vec<_>>().join(" | "));
        let kind = choices.or_else(|| schema.get("type").map(json::value));
        let kind = kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
        format!("{}{kind}", clean(name))
    });
    properties.collect::<Vec<_>>().join(", ")
}
