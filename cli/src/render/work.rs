//! What a job took.

use std::fmt::Write;

use pgfold_api::{Job, JobDetail};

use crate::{
    render::lines::Lines,
    state::has_ended,
    text::{clean, dollars, duration, grouped, rate},
};

/// Rows, time and money.
pub(super) fn add_work(lines: &mut Lines, detail: &JobDetail) {
    let JobDetail { job, answer, skipped_by, .. } = detail;
    let Job { rows, skipped, elapsed_ms, cost_usd, .. } = *job;
    // The kernel's own count of rows, as of `summary`, is already there.
    if answer.as_ref().is_none_or(|answer| answer.get("rows").is_none()) {
        let mut line = grouped(rows);
        // Writing to a string cannot fail.
        if !has_ended(&job.state) {
            let _ = write!(line, " of about {}", grouped(job.estimated_rows));
        }
        let by = skipped_by.iter().flatten().filter(|(_, skipped)| **skipped > 0);
        let by: Vec<String> =
            by.map(|(name, skipped)| format!("{} by {}", grouped(*skipped), clean(name))).collect();
        if !by.is_empty() {
            let _ = write!(line, ", skipped {}", by.join(", "));
        } else if skipped > 0 {
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
