//! One job.

use std::fmt::Write;

use pgfold_api::{Job, JobDetail, State};
use serde_json::Value;

use crate::{
    failed_attempt::described,
    render::{
        failures::failures,
        json,
        lines::Lines,
        query::{add_params, add_source, kernels},
        state::state,
    },
    state::has_ended,
    text::{clean, counted, dollars, duration, grouped, rate},
};

/// Says that a job was submitted.
pub(crate) fn submitted(job_id: &str, chunks: u64) -> String {
    format!("submitted {}, {}\n", clean(job_id), counted(chunks, "chunk"))
}

/// The answer of a completed job, and what it took.
pub(crate) fn answer(detail: &JobDetail) -> String {
    let mut lines = Lines::default();
    if let Some(answer) = &detail.answer {
        add_answer(&mut lines, answer);
    }
    add_work(&mut lines, detail);
    lines.0
}

/// Returns why the job has no answer, in a sentence.
pub(crate) fn misfortune(job_id: &str, detail: &JobDetail) -> String {
    let mut sentence = match detail.job.state {
        State::Cancelled => format!("{job_id} was cancelled"),
        State::Expired => format!("{job_id} has expired"),
        _ => format!("{job_id} failed"),
    };
    let why: Vec<String> = failures(detail).into_iter().take(2).collect();
    if !why.is_empty() {
        let _ = write!(sentence, ": {}", why.join("; "));
    }
    sentence
}

/// All about a job, as far as it has come.
pub(crate) fn status(job_id: &str, detail: &JobDetail) -> String {
    let job = &detail.job;
    let mut lines = Lines::default();
    lines.add("task", clean(job_id));
    lines.add("state", state(&job.state, 0));
    let failures = failures(detail);
    for (line, failure) in failures.iter().enumerate() {
        lines.add(if line == 0 { "error" } else { "" }, failure);
    }
    // The reason of a failed chunk contains the error of its last attempt.
    let is_told = |error: &str| failures.iter().any(|failure| failure.contains(&clean(error)));
    if let Some(last) = job.last_error.as_ref().filter(|last| !is_told(&last.error)) {
        lines.add("last error", described(last));
    }
    for (index, warning) in detail.warnings.iter().enumerate() {
        lines.add(if index == 0 { "warning" } else { "" }, clean(warning));
    }
    lines.add("kernel", kernels(&job.query));
    add_params(&mut lines, &job.query);
    add_source(&mut lines, &job.source, &job.query);
    lines.add("execution", job.execution.name());
    let reached = detail.consistency_reached.filter(|reached| *reached != job.consistency);
    let reached = reached.map(|reached| format!(", {} reached", reached.name()));
    lines.add("sees", format!("{}{}", job.consistency.name(), reached.unwrap_or_default()));
    lines.add("created", clean(&job.created_at.0));
    if has_ended(&job.state) {
        lines.add("expires", clean(&job.expires_at.0));
    } else {
        lines.add("deadline", clean(&job.deadline.0));
    }
    let chunks = [job.progress.done, job.progress.total].map(|chunks| grouped(chunks.into()));
    lines.add("chunks", chunks.join(" of "));
    if let Some(answer) = &detail.answer {
        add_answer(&mut lines, answer);
    }
    if let Some(answer) = &detail.answer_so_far {
        add_so_far(&mut lines, answer);
    }
    add_work(&mut lines, detail);
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

/// Rows, time and money.
fn add_work(lines: &mut Lines, JobDetail { job, answer, .. }: &JobDetail) {
    let Job { rows, skipped, elapsed_ms, cost_usd, .. } = *job;
    // The kernel's own count of rows, as of `summary`, is already there.
    if answer.as_ref().is_none_or(|answer| answer.get("rows").is_none()) {
        let mut line = grouped(rows);
        // Writing to a string cannot fail.
        if !has_ended(&job.state) {
            let _ = write!(line, " of about {}", grouped(job.estimated_rows));
        }
        if skipped > 0 {
            let _ = write!(line, ", {} skipped", grouped(skipped));
        }
        lines.add("rows", line);
    }
    if let Some(elapsed) = elapsed_ms {
        if let Some(rate) = rate(rows, elapsed) {
            lines.add("speed", rate);
        }
        lines.add("elapsed", duration(elapsed));
    }
    lines.add("cost", dollars(cost_usd));
}
