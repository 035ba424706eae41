//! One job.

use std::fmt::Write;

use serde_json::Value;

use crate::{
    render::{failures::failures, json, state::state},
    response::{State, Task},
    text::{clean, counted, dollars, duration, grouped, rate},
};

/// Lines of a name and a value in two columns.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, value: impl AsRef<str>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{:<10} {}", clean(name), value.as_ref());
    }
}

/// Returns the line for a job that was submitted.
pub(crate) fn submitted(job_id: &str, chunks: Option<u64>) -> String {
    let chunks = chunks.map(|chunks| format!(", {}", counted(chunks, "chunk"))).unwrap_or_default();
    format!("submitted {}{chunks}\n", clean(job_id))
}

/// Returns the answer of a completed job with its rows, time and cost.
pub(crate) fn answer(task: &Task) -> String {
    let mut lines = Lines::default();
    if let Some(answer) = task.field("answer") {
        add_answer(&mut lines, answer);
    }
    add_work(&mut lines, task);
    lines.0
}

/// Returns why the job has no answer, in a sentence.
pub(crate) fn misfortune(job_id: &str, task: &Task) -> String {
    let mut sentence = match task.state {
        State::Cancelled => format!("{job_id} was cancelled"),
        State::Expired => format!("{job_id} has expired"),
        _ => format!("{job_id} failed"),
    };
    let why: Vec<String> = failures(task).into_iter().take(2).collect();
    if !why.is_empty() {
        let _ = write!(sentence, ": {}", why.join("; "));
    }
    sentence
}

/// Returns all known fields of a job.
pub(crate) fn status(job_id: &str, task: &Task) -> String {
    let mut lines = Lines::default();
    lines.add("task", clean(job_id));
    lines.add("state", state(&task.state, 0));
    let failures = failures(task);
    for (line, failure) in failures.iter().enumerate() {
        lines.add(if line == 0 { "error" } else { "" }, failure);
    }
    // The reason of a failed chunk contains the error of its last attempt.
    let is_told = |error: &str| failures.iter().any(|failure| failure.contains(&clean(error)));
    if let Some(last) = task.last_error().filter(|last| !is_told(last.error)) {
        lines.add("last error", last.to_string());
    }
    for (index, warning) in task.list("warnings").iter().filter_map(Value::as_str).enumerate() {
        lines.add(if index == 0 { "warning" } else { "" }, clean(warning));
    }
    if let Some(kernel) = task.text("kernel") {
        lines.add("kernel", clean(kernel));
    }
    if let Some(params) =
        task.field("params").filter(|params| **params != Value::Object(<_>::default()))
    {
        lines.add("params", json::value(params));
    }
    if let Some(source) = task.text("source") {
        let columns = task.field("columns").map(|columns| format!(": {}", json::value(columns)));
        lines.add("source", format!("{}{}", clean(source), columns.unwrap_or_default()));
    }
    if let Some(execution) = task.text("execution") {
        lines.add("execution", clean(execution));
    }
    if let Some(consistency) = task.text("consistency") {
        let reached = task.text("consistency_reached").filter(|reached| *reached != consistency);
        let reached = reached.map(|reached| format!(", {reached} reached")).unwrap_or_default();
        lines.add("sees", clean(&format!("{consistency}{reached}")));
    }
    let ends = if task.state.has_ended() { "expires_at" } else { "deadline" };
    for (name, field) in [("created", "created_at"), (ends.trim_end_matches("_at"), ends)] {
        if let Some(time) = task.text(field) {
            lines.add(name, clean(time));
        }
    }
    if let Some((done, total)) = task.progress() {
        lines.add("chunks", format!("{} of {}", grouped(done), grouped(total)));
    }
    if let Some(answer) = task.field("answer") {
        add_answer(&mut lines, answer);
    }
    if let Some(answer) = task.field("answer_so_far") {
        add_so_far(&mut lines, answer);
    }
    add_work(&mut lines, task);
    lines.0
}

/// Adds the fields of an answer by their own names. A list of objects or lists gets a line for each
/// element.
fn add_answer(lines: &mut Lines, answer: &Value) {
    let Value::Object(fields) = answer else {
        return lines.add("answer", json::value(answer));
    };
    for (name, field) in fields {
        match field {
            Value::Array(values)
                if values.iter().any(|value| value.is_object() || value.is_array()) =>
            {
                for (index, value) in values.iter().enumerate() {
                    lines.add(if index == 0 { name } else { "" }, json::value(value));
                }
            }
            _ => lines.add(name, json::value(field)),
        }
    }
}

/// Adds the answer over the chunks so far, marked as such.
fn add_so_far(lines: &mut Lines, answer: &Value) {
    match answer {
        Value::Object(fields) => {
            for (index, (name, field)) in fields.iter().enumerate() {
                let name = clean(name);
                let so_far = if index == 0 { "so far" } else { "" };
                lines.add(so_far, format!("{name} {}", json::value(field)));
            }
        }
        answer => lines.add("so far", json::value(answer)),
    }
}

/// Adds rows, time and cost.
fn add_work(lines: &mut Lines, task: &Task) {
    // Some kernels, such as `summary`, have a field `rows` in their answer, which is shown already.
    let told = task.field("answer").and_then(|answer| answer.get("rows"));
    let rows = task.count("rows");
    if let Some(rows) = rows.filter(|_| told.is_none()) {
        let estimate = task.count("estimated_rows").filter(|_| !task.state.has_ended());
        let of = estimate.map(|rows| format!(" of about {}", grouped(rows))).unwrap_or_default();
        let skipped = task.count("skipped").filter(|skipped| *skipped > 0);
        let skipped = skipped.map(|rows| format!(", {} skipped", grouped(rows)));
        lines.add("rows", format!("{}{of}{}", grouped(rows), skipped.unwrap_or_default()));
    }
    if let Some(elapsed) = task.count("elapsed_ms") {
        if let Some(rate) = rows.and_then(|rows| rate(rows, elapsed)) {
            lines.add("speed", rate);
        }
        lines.add("elapsed", duration(elapsed));
    }
    if let Some(cost) = task.number("cost_usd") {
        lines.add("cost", dollars(cost));
    }
}
