//! What `pgfold doctor` found.

use std::fmt::Write;

use anstyle::AnsiColor;

use crate::{
    check::{Check, Verdict},
    text::clean,
};

/// A line for each check, and below it what to do.
pub(crate) fn report(checks: &[Check]) -> String {
    let mut report = String::new();
    for Check { check, verdict, found, what_to_do } in checks {
        let (word, colour) = match verdict {
            Verdict::Ok => ("ok", AnsiColor::Green),
            Verdict::Warning => ("warning", AnsiColor::Yellow),
            Verdict::Failed => ("FAILED", AnsiColor::Red),
        };
        let style = colour.on_default();
        // Writing to a string cannot fail.
        let _ = writeln!(report, "{style}{word:<8}{style:#} {check:<12} {}", clean(found));
        if let Some(what_to_do) = what_to_do {
            let _ = writeln!(report, "{:<21} what to do: {}", "", clean(what_to_do));
        }
    }
    report
}
