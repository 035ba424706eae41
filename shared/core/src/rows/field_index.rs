use crate::{
    error::{Error, Result},
    rows::{
        Fields, IndexedBatch, Key, KeyKind, RowBatch,
        fields::{RowFields, malformed, split_field},
        row_batch::{HEADER, split_message, too_long},
    },
};

/// Where the fields of a batch's rows lie. Several kernels that read the same rows find their
/// columns by it.
///
/// It is filled again for each batch, so that its memory is used again.
#[derive(Debug, Default)]
pub struct FieldIndex {
    /// For each row the offsets of its fields, the key's first, and of its end.
    offsets: Vec<u32>,
}

impl FieldIndex {
    /// Finds the fields of the rows of a batch. Each row has a key and `columns` fields.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a row has another number of fields; [`Error::Misconfigured`] if its
    /// key is NULL or longer than [`Key::LONGEST`].
    pub fn fill<'b>(&'b mut self, batch: RowBatch<'b>, columns: usize) -> Result<IndexedBatch<'b>> {
        self.offsets.clear();
        let messages = batch.messages();
        let (mut left, width) = (messages, columns + 2);
        let mut before: &[u8] = &[];
        while let Some((message, others)) = split_message(left) {
            let start = messages.len() - left.len();
            let is_repeated = self.repeat(before, message, width);
            if !is_repeated {
                self.find(message, start, columns)?;
            }
            // An integer is one if it is as long as the one before it.
            if !is_repeated || batch.keys() == KeyKind::Text {
                let of_row = &self.offsets[self.offsets.len() - width..];
                check_key(batch.keys(), &messages[of_row[0] as usize..of_row[1] as usize])?;
            }
            (before, left) = (message, others);
        }
        Ok(IndexedBatch {
            keys: batch.keys(),
            forms: batch.forms(),
            messages,
            offsets: &self.offsets,
            width,
        })
    }

    /// Finds the fields of the row of a message, which starts at `start`.
    fn find(&mut self, message: &[u8], start: usize, columns: usize) -> Result<()> {
        let mut rest = &message[HEADER..];
        Fields::of_row(rest)?.check_count(columns)?;
        rest = &rest[2..];
        for _ in 0..=columns {
            self.offsets.push((start + message.len() - rest.len()) as u32);
            (_, rest) = split_field(rest)?;
        }
        if !rest.is_empty() {
            return Err(malformed("it has more than its columns"));
        }
        self.offsets.push((start + message.len()) as u32);
        Ok(())
    }

    /// Adds the offsets of a row whose fields are as long as those of the row before it, as in most
    /// tables of numbers; else returns `false`. Comparing lengths takes less than following them.
    #[inline]
    fn repeat(&mut self, before: &[u8], message: &[u8], width: usize) -> bool {
        let Some(known) = self.offsets.len().checked_sub(width) else { return false };
        let of_before = &self.offsets[known..];
        let end = of_before[width - 1];
        if message.len() != before.len() || message[..HEADER + 2] != before[..HEADER + 2] {
            return false;
        }
        let start = end as usize - before.len();
        let length = |row: &[u8], offset: u32| {
            row.get(offset as usize - start..).and_then(|field| field.first_chunk::<4>().copied())
        };
        let fields = &of_before[..width - 1];
        if fields.iter().any(|offset| length(before, *offset) != length(message, *offset)) {
            return false;
        }
        let moved = message.len() as u32;
        self.offsets.extend_from_within(known..);
        self.offsets[known + width..].iter_mut().for_each(|offset| *offset += moved);
        true
    }
}

/// Checks that the field of a key is there and of its kind.
fn check_key(keys: KeyKind, field: &[u8]) -> Result<()> {
    let (key, _) = split_field(field)?;
    match (keys, key) {
        (_, None) => Err(Error::Misconfigured("a row has NULL for a key".to_owned())),
        (KeyKind::Integer, Some(key)) if matches!(key.len(), 2 | 4 | 8) => Ok(()),
        (KeyKind::Integer, Some(key)) => {
            Err(malformed(&format!("{} bytes that are no integer", key.len())))
        }
        (KeyKind::Text, Some(key)) => match std::str::from_utf8(key) {
            Ok(text) if text.len() > Key::LONGEST => Err(too_long(text)),
            Ok(_) => Ok(()),
            Err(_) => Err(malformed(&format!("{} bytes that are no text", key.len()))),
        },
    }
}
