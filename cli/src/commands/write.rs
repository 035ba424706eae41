//! Writing a command's answer.

use std::io::Write;

use pgfold_api::JobDetail;

use crate::{
    answer_rows::AnswerRows,
    document::Document,
    error::{Result, tell},
    output,
    text::counted,
};

/// Writes `document` for a script, or the text that `render` returns for people.
pub(super) fn write(
    json: bool,
    document: &Document,
    render: impl FnOnce() -> String,
) -> Result<()> {
    if json {
        output::document(document)?
    } else {
        output::people(&render())?
    }
    Ok(())
}

/// Writes what was saved to stderr, because the files are on stdout.
pub(super) fn write_saved(text: &str) {
    // A failure to write to stderr cannot be reported.
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Writes the answer of a job as CSV, and what `render` returns of the rest to stderr.
pub(super) fn write_csv(
    detail: &mut JobDetail,
    render: impl FnOnce(&JobDetail) -> String,
) -> Result<()> {
    if let Some(answer) = detail.answer.take() {
        output::csv(&AnswerRows::new(&detail.job.query, &answer))?;
    }
    if let Some(groups) = detail.groups_left_out {
        let groups = counted(groups, "group");
        tell(&format!("{groups} left out: too many for an answer; --limit lists fewer"));
    }
    // A failure to write to stderr cannot be reported.
    let _ = anstream::stderr().write_all(render(detail).as_bytes());
    Ok(())
}
