//! Stdout.

use std::io::{self, Write};

use crate::document::Document;

/// Writes a document of the server on one line.
pub(crate) fn document(document: &Document) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{document}")?;
    stdout.flush()
}

/// Writes a text for people. Styles are removed if stdout does not show them.
pub(crate) fn people(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
