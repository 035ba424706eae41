//! Stdout.

use std::io::{self, Write};

use crate::response::Document;

/// Writes a document of the server's, on a line of its own.
pub(crate) fn document(document: &Document) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{document}")?;
    stdout.flush()
}

/// Writes for people: styles stay in the text where they are shown as such, else they are left out.
pub(crate) fn people(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
