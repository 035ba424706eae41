//! The answer of a job, and what it took.

use pgfold_api::{JobDetail, Query};
use serde_json::Value;

use crate::{
    render::{files::add_files, groups::groups, json, lines::Lines, work::add_work},
    text::{clean, counted},
};

/// The answer of a completed job, or its files, and what it took. Groups have lines of at most
/// `width` if there is one.
pub(crate) fn answer(detail: &JobDetail, width: Option<usize>) -> String {
    let mut lines = Lines::default();
    let mut above = String::new();
    match &detail.answer {
        Some(answer) if is_single(&detail.job.query) => add_fields(&mut lines, answer),
        Some(answer) => above = named(detail, answer, width) + "\n",
        None => {}
    }
    if let Some(files) = &detail.files {
        add_files(&mut lines, &detail.job.task_id.0, files);
    }
    add_work(&mut lines, detail);
    above + &lines.0
}

/// Returns whether a job has one answer, without a name of its own.
pub(super) fn is_single(query: &Query) -> bool {
    query.group_by.is_empty() && query.compute.is_none()
}

/// Returns the groups of an answer, or a paragraph for each of its kernels.
pub(super) fn named(detail: &JobDetail, answer: &Value, width: Option<usize>) -> String {
    match answer {
        _ if !detail.job.query.group_by.is_empty() => groups(detail, answer, width),
        Value::Object(answers) => {
            let paragraphs = answers.iter().map(|(name, answer)| {
                let mut lines = Lines::default();
                add_fields(&mut lines, answer);
                let lines: String = lines.0.lines().map(|line| format!("  {line}\n")).collect();
                format!("{}\n{lines}", clean(name))
            });
            paragraphs.collect::<Vec<_>>().join("\n")
        }
        answer => json::value(answer) + "\n",
    }
}

/// Adds the fields of an answer by their own names. A list of objects or lists gets a line for each
/// element.
pub(super) fn add_fields(lines: &mut Lines, answer: &Value) {
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

/// Adds the answer over the chunks so far, marked as such; of groups only how many they are.
pub(super) fn add_so_far(lines: &mut Lines, query: &Query, answer: &Value) {
    match answer {
        Value::Object(fields) if !query.group_by.is_empty() => {
            let groups = fields.get("group_count").and_then(Value::as_u64);
            lines.add("so far", counted(groups.unwrap_or_default(), "group"));
        }
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
