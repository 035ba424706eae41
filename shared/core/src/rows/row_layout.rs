use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    rows::{
        Form, KeyKind, RowBatch,
        fields::{malformed, split_field},
        row_batch::HEADER,
    },
};

/// How the messages of rows are read, apart from the batch in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowLayout {
    keys: KeyKind,
    forms: Vec<Form>,
    fields: Vec<usize>,
}

impl RowLayout {
    /// Returns whether the rows of a batch have this layout.
    pub(crate) fn is_of(&self, batch: RowBatch<'_>) -> bool {
        self.keys == batch.keys() && self.forms == batch.forms() && self.fields == batch.fields()
    }

    /// Returns the rows of messages that have this layout, up to the first that is no row.
    pub(crate) fn batch<'r>(&'r self, messages: &'r [u8]) -> RowBatch<'r> {
        RowBatch::leading(self.keys, &self.forms, messages).with_fields(&self.fields)
    }

    /// Returns where in a row's message its first fields after the key are, lengths included.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the row has fewer.
    pub(crate) fn place_of_first(&self, message: &[u8], fields: usize) -> Result<Range<usize>> {
        let mut left = message.get(HEADER + 2..).ok_or_else(|| malformed("no fields"))?;
        let mut skip = |fields: usize| -> Result<usize> {
            for _ in 0..fields {
                (_, left) = split_field(left)?;
            }
            Ok(message.len() - left.len())
        };
        Ok(skip(self.keys.fields())?..skip(fields)?)
    }
}

impl From<RowBatch<'_>> for RowLayout {
    fn from(batch: RowBatch<'_>) -> Self {
        Self { keys: batch.keys(), forms: batch.forms().into(), fields: batch.fields().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Cell, Key, RowBuffer};

    #[test]
    fn the_first_fields_are_found_with_and_without_a_key() {
        for (keys, key) in [
            (KeyKind::Integer, Key::Integer(7)),
            (KeyKind::Text, Key::Text("seven".to_owned())),
            (KeyKind::Unsent, Key::Integer(0)),
        ] {
            let mut rows = RowBuffer::new(keys);
            rows.push_cells(&key, [Cell::Text("Rome".to_owned()), Cell::Null, Cell::Number(1.5)]);
            let layout = RowLayout::from(rows.batch());
            assert!(layout.is_of(rows.batch()));
            let message = rows.batch().messages();
            let first = |fields| &message[layout.place_of_first(message, fields).unwrap()];
            assert_eq!(first(0), b"");
            assert_eq!(first(2), b"\0\0\0\x04Rome\xff\xff\xff\xff");
            assert_eq!(layout.batch(message).len(), 1);
            assert!(layout.place_of_first(message, 4).is_err());
        }
    }
}
