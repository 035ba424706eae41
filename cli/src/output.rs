//! Stdout.

use std::io::{self, IsTerminal, Write};

use console::Term;
use serde_json::Value;

use crate::{answer_rows::AnswerRows, document::Document, text::clean};

/// Writes a document of the server on one line.
pub(crate) fn document(document: &Document) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{document}")?;
    stdout.flush()
}

/// Writes an answer as CSV with a header, in the form of RFC 4180 but for the line ends: NULL is
/// empty, and what is nested is JSON. A terminal is shown no control characters.
pub(crate) fn csv(rows: &AnswerRows<'_>) -> io::Result<()> {
    let is_terminal = io::stdout().is_terminal();
    let shown = |text: String| if is_terminal { clean(&text) } else { text };
    let mut csv = csv::Writer::from_writer(io::stdout().lock());
    csv.write_record(rows.names().map(shown))?;
    for row in rows.rows() {
        csv.write_record(row.map(cell).map(shown))?;
    }
    csv.flush()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Returns the width of the terminal that stdout is, in columns; `None` if stdout is not a terminal.
pub(crate) fn width() -> Option<usize> {
    let terminal = Term::stdout();
    let size = terminal.is_term().then(|| terminal.size_checked()).flatten();
    size.map(|(_, columns)| columns.into())
}

/// Writes a text for people. Styles are removed if stdout does not show them.
pub(crate) fn people(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
