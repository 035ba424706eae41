//! The server's answers, read leniently: a field that is missing or has another type is not shown,
//! and an unknown field is ignored.

use std::fmt;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::text::{clean, turns_writing};

/// A JSON document as the server wrote it; shown, it is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document(String);

impl Document {
    /// `None` unless `text` is JSON.
    pub(crate) fn new(text: String) -> Option<Self> {
        serde_json::from_str::<IgnoredAny>(&text).is_ok().then_some(Self(text))
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.trim().chars() {
            match char {
                // Between tokens, for strings hold none: what is below a space is escaped there.
                '\n' | '\r' | '\t' => f.write_str(" ")?,
                // Only within strings, where an escape says the same, and no terminal obeys it.
                _ if char.is_control() || turns_writing(char) => {
                    write!(f, "\\u{:04x}", u32::from(char))?;
                }
                _ => write!(f, "{char}")?,
            }
        }
        Ok(())
    }
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Completed,
    Failed,
    Cancelled,
    Expired,
    /// A state that this client does not know; it does not count as an end.
    Other(String),
}

impl From<&str> for State {
    fn from(name: &str) -> Self {
        match name {
            "pending" => Self::Pending,
            "completed" => Self::Completed,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            "expired" => Self::Expired,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl State {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Other(name) => name,
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        !matches!(self, Self::Pending | Self::Other(_))
    }
}

/// A job.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) state: State,
    fields: Value,
}

impl Task {
    /// Reads a job; `None` if it has no state.
    pub(crate) fn new(fields: Value) -> Option<Self> {
        let state = fields.get("state")?.as_str()?.into();
        Some(Self { state, fields })
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        self.field(name)?.as_u64()
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.field(name)?.as_f64()
    }

    pub(crate) fn list(&self, name: &str) -> &[Value] {
        self.field(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Returns how the latest attempt failed, if the job says so.
    pub(crate) fn last_error(&self) -> Option<LastError<'_>> {
        let last = self.field("last_error")?;
        let number = |name| last.get(name).and_then(Value::as_u64);
        Some(LastError {
            chunk: number("chunk"),
            attempt: number("attempt"),
            at: last.get("at").and_then(Value::as_str),
            error: last.get("error")?.as_str()?,
        })
    }

    /// Returns the number of chunks that are done, and of all chunks.
    pub(crate) fn progress(&self) -> Option<(u64, u64)> {
        let progress = self.field("progress")?;
        Some((progress.get("done")?.as_u64()?, progress.get("total")?.as_u64()?))
    }
}

/// How the latest attempt at a chunk of a job failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastError<'a> {
    chunk: Option<u64>,
    attempt: Option<u64>,
    at: Option<&'a str>,
    pub(crate) error: &'a str,
}

impl fmt::Display for LastError<'_> {
    /// `chunk 3, attempt 2, 2026-11-22T12:00:00Z: postgres is unavailable`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chunk = self.chunk.map(|chunk| format!("chunk {chunk}"));
        let attempt = self.attempt.map(|attempt| format!("attempt {attempt}"));
        let parts: Vec<String> =
            [chunk, attempt, self.at.map(clean)].into_iter().flatten().collect();
        let colon = if parts.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}", parts.join(", "), clean(self.error))
    }
}

/// A job that was submitted or retried.
#[derive(Debug)]
pub(crate) struct Submitted {
    pub(crate) job_id: String,
    pub(crate) chunks: Option<u64>,
    /// Warnings about the plan.
    pub(crate) warnings: Vec<String>,
}

impl Submitted {
    pub(crate) fn new(fields: &Value) -> Option<Self> {
        let job_id = fields.get("task_id")?.as_str()?.to_owned();
        let warnings = fields.get("warnings").and_then(Value::as_array).into_iter().flatten();
        let warnings = warnings.filter_map(Value::as_str).map(str::to_owned).collect();
        Some(Self { job_id, chunks: fields.get("chunks").and_then(Value::as_u64), warnings })
    }
}

/// A page of jobs.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) tasks: Vec<Task>,
    pub(crate) next: Option<String>,
    /// The messages that wait in the queues; not every page has them.
    pub(crate) queue: Option<Value>,
}

impl Page {
    pub(crate) fn new(fields: &Value) -> Option<Self> {
        let tasks = fields.get("tasks")?.as_array()?;
        let tasks = tasks.iter().filter_map(|task| Task::new(task.clone())).collect();
        let next = fields.get("next").and_then(Value::as_str).map(str::to_owned);
        let queue = fields.get("queue").filter(|queue| queue.is_object()).cloned();
        Some(Self { tasks, next, queue })
    }
}

/// Returns the server's sentence of an error. API Gateway has a field of its own.
pub(crate) fn sentence(fields: &Value) -> Option<&str> {
    ["error", "message", "status"].into_iter().find_map(|name| fields.get(name)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_shown_as_it_was_written_but_on_one_line() {
        let document =
            Document::new("{\n\t\"a\": 0.10,\r\n \"b\": \"x\\n\"}\n".to_owned()).unwrap();
        assert_eq!(document.to_string(), r#"{  "a": 0.10,   "b": "x\n"}"#);
        assert_eq!(Document::new("<html>".to_owned()), None);
        assert_eq!(Document::new(String::new()), None);
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_reads_back_the_same() {
        let value = json!({ "error": "\u{1b}[2J \u{9b} \u{7f} \u{202e} ü" });
        let shown = Document::new(value.to_string()).unwrap().to_string();
        assert_eq!(shown, r#"{"error":"\u001b[2J \u009b \u007f \u202e ü"}"#);
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
    }

    #[test]
    fn fields_that_are_missing_or_of_another_type_are_none() {
        let task = json!({ "state": "paused", "rows": "many", "progress": 3, "error": null });
        let task = Task::new(task).unwrap();
        assert_eq!(task.state, State::Other("paused".to_owned()));
        assert_eq!((task.count("rows"), task.progress(), task.text("error")), (None, None, None));
        assert!(task.list("failed_chunks").is_empty());
        assert!(Task::new(json!({ "status": "ok" })).is_none());
        assert!(Task::new(json!([])).is_none());
    }

    #[test]
    fn a_page_needs_nothing_but_tasks() {
        let page = Page::new(&json!({ "tasks": [{ "state": "failed" }, 7], "queue": null }));
        let page = page.unwrap();
        assert_eq!((page.tasks.len(), page.next, page.queue), (1, None, None));
        assert!(Page::new(&json!({})).is_none());
    }

    #[test]
    fn errors_of_pgfold_and_of_the_gateway_have_a_sentence() {
        let pgfold = json!({ "status": "task unknown", "error": "no such task" });
        assert_eq!(sentence(&pgfold), Some("no such task"));
        assert_eq!(sentence(&json!({ "message": "Not Found" })), Some("Not Found"));
        assert_eq!(sentence(&json!("no")), None);
    }
}
