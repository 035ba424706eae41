//! The progress of a running job, on stderr.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use pgfold_api::{Job, JobDetail, LastError};

use crate::{
    error::Error,
    failed_attempt::described,
    stages::Stages,
    text::{clean, counted, grouped, rate},
};

/// The interval between two lines in a log.
const LINE_EVERY: Duration = Duration::from_secs(5);

pub(crate) struct Progress {
    shown: Shown,
    /// The error that was shown last.
    last_error: Option<String>,
}

/// How much of a result's files is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Downloaded {
    pub(crate) bytes: u64,
    pub(crate) of_bytes: u64,
    pub(crate) files: u64,
    pub(crate) of_files: u64,
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

    pub(crate) fn show(&mut self, detail: &JobDetail) {
        let Job { progress, last_error, .. } = &detail.job;
        if let Shown::Bar(bar) = &self.shown {
            bar.set_length(progress.total.into());
            bar.set_position(progress.done.into());
        }
        if let Some(last) = last_error {
            self.show_error(last, Stages::of(&detail.job));
        }
        self.say(describe(detail));
    }

    /// Shows how the latest attempt failed. Equal errors in a row, which many chunks may have, are
    /// shown once.
    fn show_error(&mut self, last: &LastError, stages: Stages) {
        if self.last_error.as_ref() == Some(&last.error) {
            return;
        }
        let line = format!("an attempt failed: {}", described(last, stages));
        match &self.shown {
            Shown::Bar(bar) => bar.println(line),
            Shown::Lines { .. } => {
                let _ = writeln!(io::stderr(), "{line}");
            }
            Shown::Nowhere => {}
        }
        self.last_error = Some(last.error.clone());
    }

    /// Shows how much of a result's files is there.
    pub(crate) fn show_download(&mut self, so_far: Downloaded) {
        if let Shown::Bar(bar) = &self.shown {
            bar.set_length(so_far.of_bytes);
            bar.set_position(so_far.bytes);
        }
        if let Shown::Lines { last: last @ None } = &mut self.shown {
            // Most downloads take less time than it takes to read about them.
            *last = Some((Instant::now(), String::new()));
        }
        self.say(describe_download(so_far));
    }

    /// Shows that a request failed and will be sent again.
    pub(crate) fn trouble(&mut self, error: &Error) {
        self.trouble_with(&error.to_string());
    }

    /// Shows what failed and will be tried again.
    pub(crate) fn trouble_with(&mut self, what: &str) {
        self.say(format!("trying again: {what}"));
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
fn describe(detail: &JobDetail) -> String {
    let Job { rows, elapsed_ms, .. } = &detail.job;
    let (chunks, partitions) = Stages::of(&detail.job).progress();
    let of = |(done, of): (u16, u16), what| format!("{done} of {}", counted(of.into(), what));
    let mut told = vec![of(chunks, "chunk")];
    // None of them is done before all chunks are.
    told.extend(partitions.filter(|_| chunks.0 == chunks.1).map(|of_all| of(of_all, "partition")));
    told.push(counted(*rows, "row"));
    told.extend(elapsed_ms.and_then(|ms| rate(*rows, ms)));
    let so_far = detail.answer_so_far.as_ref().and_then(|answer| answer.get("distance"));
    // One of several answers may have this name, too.
    let so_far = so_far.filter(|distance| distance.is_number());
    told.extend(so_far.map(|distance| format!("nearest {distance}")));
    told.join(", ")
}

/// Describes a download briefly, because it shares a line with the bar.
fn describe_download(Downloaded { bytes, of_bytes, files, of_files }: Downloaded) -> String {
    let bytes = format!("{} of {}", grouped(bytes), counted(of_bytes, "byte"));
    match of_files {
        1 => bytes,
        _ => format!("{bytes}, {} of {}", grouped(files), counted(of_files, "file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example_job;
    use pgfold_api::{Format, Output, Progress, State};
    use serde_json::json;

    #[test]
    fn as_much_is_said_as_is_known() {
        let mut detail = example_job::detail(State::Pending);
        assert_eq!(describe(&detail), "0 of 4 chunks, 0 rows");
        detail.job.progress = Progress { done: 1, total: 4 };
        (detail.job.rows, detail.job.elapsed_ms) = (250_000, Some(500));
        detail.answer_so_far = Some(json!({ "distance": 0.25 }));
        let expected = "1 of 4 chunks, 250,000 rows, 500,000 rows/s, nearest 0.25";
        assert_eq!(describe(&detail), expected);
        detail.answer_so_far = Some(json!({ "distance": { "rows": 7 } }));
        assert!(!describe(&detail).contains("nearest"), "{}", describe(&detail));
        detail.answer_so_far = None;
        detail.job.output = Some(Output { format: Format::Csv, parts: Some(2) });
        detail.job.progress = Progress { done: 3, total: 6 };
        assert!(describe(&detail).starts_with("3 of 4 chunks, 250,000 rows, "));
        detail.job.progress.done = 5;
        assert!(describe(&detail).starts_with("4 of 4 chunks, 1 of 2 partitions, 250,000 rows, "));
    }

    #[test]
    fn a_download_is_described_by_its_bytes_and_files() {
        let mut so_far = Downloaded { bytes: 1024, of_bytes: 20_480, files: 0, of_files: 1 };
        assert_eq!(describe_download(so_far), "1,024 of 20,480 bytes");
        (so_far.files, so_far.of_files) = (1, 1200);
        assert_eq!(describe_download(so_far), "1,024 of 20,480 bytes, 1 of 1,200 files");
    }
}
