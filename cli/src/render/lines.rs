//! Lines of a name and a value in two columns.

use std::fmt::Write;

use crate::text::clean;

#[derive(Default)]
pub(super) struct Lines(pub(super) String);

impl Lines {
    pub(super) fn add(&mut self, name: &str, value: impl AsRef<str>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{:<10} {}", clean(name), value.as_ref());
    }
}
