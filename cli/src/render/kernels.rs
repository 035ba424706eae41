//! The kernels.

use std::fmt::Write;

use serde_json::Value;

use crate::{render::json, text::clean};

/// Returns a paragraph for each kernel.
pub(crate) fn kernels(kernels: &[Value]) -> String {
    let mut paragraphs = Vec::new();
    for kernel in kernels {
        let text = |name| kernel.get(name).and_then(Value::as_str).map(clean);
        let Some(name) = text("kernel").or_else(|| text("name")) else { continue };
        let mut paragraph = match text("about") {
            Some(about) => format!("{name}: {about}\n"),
            None => format!("{name}\n"),
        };
        let shown = [("columns", columns(kernel)), ("params", params(kernel))];
        for (what, shown) in shown.iter().filter(|(_, shown)| !shown.is_empty()) {
            let _ = writeln!(paragraph, "  {what:<8} {shown}");
        }
        if let Some(example) = kernel.get("example").filter(|example| !example.is_null()) {
            // As JSON, because --params takes JSON.
            let _ = writeln!(paragraph, "  {:<8} {}", "example", clean(&example.to_string()));
        }
        paragraphs.push(paragraph);
    }
    paragraphs.join("\n")
}

/// Returns the names of the columns, with their types if the server sends them.
fn columns(kernel: &Value) -> String {
    let columns = kernel.get("columns").and_then(Value::as_array);
    let columns = columns.into_iter().flatten().map(|column| {
        let part = |name| column.get(name).and_then(Value::as_str).map(clean);
        match (part("name"), part("type")) {
            (Some(name), Some(kind)) => format!("{name} ({kind})"),
            (Some(name), None) => name,
            _ => json::value(column),
        }
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// Returns the names of the parameters in the JSON Schema, and their values or types.
fn params(kernel: &Value) -> String {
    let properties = kernel.get("params").and_then(|schema| schema.get("properties"));
    let properties = properties.and_then(Value::as_object).into_iter().flatten();
    let properties = properties.map(|(name, schema)| {
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
