//! Stdout.

use std::io::{self, Write};

use console::Term;

use crate::document::Document;

/// Writes a document of the server on one line.
pub(crate) fn document(document: &Document) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{document}")?;
    stdout.flush()
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
