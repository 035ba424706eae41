use crate::{
    error::{Error, Result},
    rows::{
        Fields, IndexedBatch, Key, KeyKind, RowBatch,
        fields::{RowFields, malformed, split_field},
        indexed_batch::Run,
        row_batch::{HEADER, split_message, too_long},
    },
};

/// Where the fields of a batch's rows lie. Several kernels that read the same rows find their
/// columns by it.
///
/// It is filled again for each batch, so that its memory is used again.
#[derive(Debug, Default)]
pub struct FieldIndex {
    runs: Vec<Run>,
    /// For each run the offsets of the fields from the start of a row, the key's first, and that of
    /// the row's end.
    offsets: Vec<u32>,
}

impl FieldIndex {
    /// Finds the fields of the rows of a batch. Each row has a key and `fields` fields.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a row has another number of fields; [`Error::Misconfigured`] if its
    /// key is NULL or longer than [`Key::LONGEST`].
    pub fn fill<'b>(&'b mut self, batch: RowBatch<'b>, fields: usize) -> Result<IndexedBatch<'b>> {
        self.runs.clear();
        self.offsets.clear();
        let (keys, width) = (batch.keys(), fields + 2);
        let mut left = batch.messages();
        while let Some((first, mut others)) = split_message(left) {
            let known = self.offsets.len();
            self.find(keys, first, fields)?;
            let offsets = &self.offsets[known..];
            let key = offsets[0] as usize..offsets[1] as usize;
            check_key(keys, &first[key.clone()])?;
            let mut rows = 1;
            while let Some((message, rest)) = others.split_at_checked(first.len())
                && are_equally_long(first, message, &offsets[..width - 1])
            {
                // An integer is as long as the one before it, so it is one.
                if keys == KeyKind::Text {
                    check_key(keys, &message[key.clone()])?;
                }
                (rows, others) = (rows + 1, rest);
            }
            self.runs.push(Run { rows, row_bytes: first.len() });
            left = others;
        }
        Ok(IndexedBatch {
            keys,
            forms: batch.forms(),
            messages: batch.messages(),
            runs: &self.runs,
            offsets: &self.offsets,
            width,
        })
    }

    /// Adds the offsets of the fields of the row of a message.
    fn find(&mut self, keys: KeyKind, message: &[u8], fields: usize) -> Result<()> {
        let mut rest = &message[HEADER..];
        Fields::of_row(keys, rest)?.check_count(fields)?;
        rest = &rest[2..];
        if keys == KeyKind::Unsent {
            // As a key of no bytes, which ends where the first field starts.
            self.offsets.push((message.len() - rest.len()) as u32);
        }
        for _ in 0..fields + keys.fields() {
            self.offsets.push((message.len() - rest.len()) as u32);
            (_, rest) = split_field(rest)?;
        }
        if !rest.is_empty() {
            return Err(malformed("it has more than its columns"));
        }
        self.offsets.push(message.len() as u32);
        Ok(())
    }
}

/// Returns whether the fields of two rows of as many bytes, which start at these offsets in the
/// first, are equally long. Comparing lengths takes less than following them.
#[inline]
fn are_equally_long(one: &[u8], other: &[u8], offsets: &[u32]) -> bool {
    let length = |row: &[u8], offset: usize| {
        row.get(offset..).and_then(|field| field.first_chunk::<4>().copied())
    };
    // The message's own length and the number of its fields.
    one[..HEADER + 2] == other[..HEADER + 2]
        && offsets
            .iter()
            .map(|offset| *offset as usize)
            .all(|at| length(one, at) == length(other, at))
}

/// Checks that the field of a key is there and of its kind, unless keys are unsent.
fn check_key(keys: KeyKind, field: &[u8]) -> Result<()> {
    let key = || {
        let null = || Error::Misconfigured("a row has NULL for a key".to_owned());
        split_field(field)?.0.ok_or_else(null)
    };
    match keys {
        KeyKind::Unsent => Ok(()),
        KeyKind::Integer => match key()?.len() {
            2 | 4 | 8 => Ok(()),
            bytes => Err(malformed(&format!("{bytes} bytes that are no integer"))),
        },
        KeyKind::Text => match std::str::from_utf8(key()?) {
            Ok(text) if text.len() > Key::LONGEST => Err(too_long(text)),
            Ok(_) => Ok(()),
            Err(_) => Err(malformed(&format!("{} bytes that are no text", key()?.len()))),
        },
    }
}
