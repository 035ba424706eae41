//! Writing a command's answer.

use crate::{document::Document, error::Result, output};

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
