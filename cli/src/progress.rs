//! The progress of a running job, on stderr.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    error::Error,
    response::Task,
    text::{clean, counted, rate},
};

/// The interval between two lines in a log.
const LINE_EVERY: Duration = Duration::from_secs(5);

pub(crate) struct Progress {
    shown: Shown,
    /// The error that was shown last.
    last_error: Option<String>,
}

/// Where progress is shown.
enum Shown {
    /// A bar, on a terminal.
    Bar(ProgressBar),
    /// Occasional lines, in a log.
    Lines {
        last: Option<(Instant, String)>,
    },
    Nowhere,
}

impl Progress {
    pub(crate) fn new(json: bool) -> Self {
        let shown = if json {
            Shown::Nowhere
        } else if io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{bar:24.green} {wide_msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            Shown::Bar(bar)
        } else {
            Shown::Lines { last: None }
        };
        Self { shown, last_error: None }
    }

    pub(crate) fn show(&mut self, task: &Task) {
        if let Shown::Bar(bar) = &self.shown
            && let Some((done, total)) = task.progress()
        {
            bar.set_length(total);
            bar.set_position(done);
        }
        self.show_error(task);
        self.say(describe(task));
    }

    /// Shows how the latest attempt failed. Equal errors in a row, which many chunks may have, are
    /// shown once.
    fn show_error(&mut self, task: &Task) {
        let Some(last) = task.last_error() else { return };
        if self.last_error.as_deref() == Some(last.error) {
            return;
        }
        let line = format!("an attempt failed: {last}");
        match &self.shown {
            Shown::Bar(bar) => bar.println(line),
            Shown::Lines { .. } => {
                let _ = writeln!(io::stderr(), "{line}");
            }
            Shown::Nowhere => {}
        }
        self.last_error = Some(last.error.to_owned());
    }

    /// Shows that a request failed and will be sent again.
    pub(crate) fn trouble(&mut self, error: &Error) {
        self.say(format!("trying again: {error}"));
    }

    /// Ends the progress on the terminal.
    pub(crate) fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }

    fn say(&mut self, what: String) {
        match &mut self.shown {
            Shown::Bar(bar) => bar.set_message(clean(&what)),
            Shown::Lines { last } => {
                let due = last
                    .as_ref()
                    .is_none_or(|(when, said)| when.elapsed() >= LINE_EVERY && *said != what);
                if due {
                    // A failure to write progress is ignored.
                    let _ = writeln!(io::stderr(), "{}", clean(&what));
                    *last = Some((Instant::now(), what));
                }
            }
            Shown::Nowhere => {}
        }
    }
}

/// Describes the progress of a job briefly, because it shares a line with the bar.
fn describe(task: &Task) -> String {
    let mut told = Vec::new();
    match task.progress() {
        Some((done, total)) => told.push(format!("{done} of {}", counted(total, "chunk"))),
        None => told.push(task.state.name().to_owned()),
    }
    if let Some(rows) = task.count("rows") {
        told.push(counted(rows, "row"));
        told.extend(task.count("elapsed_ms").and_then(|ms| rate(rows, ms)));
    }
    let so_far = task.field("answer_so_far").and_then(|answer| answer.get("distance"));
    told.extend(so_far.map(|distance| format!("nearest {distance}")));
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_fields_of_the_answer_are_described() {
        let task = json!({
            "state": "pending", "progress": { "done": 1, "total": 4 },
            "rows": 250_000, "elapsed_ms": 500,
            "answer_so_far": { "distance": 0.25 },
        });
        let expected = "1 of 4 chunks, 250,000 rows, 500,000 rows/s, nearest 0.25";
        assert_eq!(describe(&Task::new(task).unwrap()), expected);
        assert_eq!(describe(&Task::new(json!({ "state": "pending" })).unwrap()), "pending");
    }
}
