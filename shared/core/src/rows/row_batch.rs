use crate::{
    error::{Error, Result},
    rows::{Fields, Form, FromRow, Key, KeyKind, KeyRef, fields::RowFields},
};

/// The first byte of a row's message.
pub(crate) const ROW_TAG: u8 = b'D';

/// The bytes of a row's tag and length.
pub(crate) const HEADER: usize = 1 + 4;

/// The bytes before a row's key: the header, the number of fields, the key's length.
const BEFORE_KEY: usize = HEADER + 2 + 4;

/// A batch of rows of a chunk, which are folded together. Each row is its key and then its columns.
///
/// The bytes are `DataRow` messages of PostgreSQL's protocol, one after the other, with binary
/// values. So the rows of a table are folded in the network buffer, without a copy.
/// <https://www.postgresql.org/docs/18/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW>
#[derive(Debug, Clone, Copy)]
pub struct RowBatch<'r> {
    keys: KeyKind,
    forms: &'r [Form],
    fields: &'r [usize],
    messages: &'r [u8],
}

impl<'r> RowBatch<'r> {
    /// Returns the rows at the start of `bytes`, up to the first incomplete message or message of
    /// another type. The fields after the key have these forms; fields beyond them have the plain
    /// form. Each column has a field of its own.
    pub fn leading(keys: KeyKind, forms: &'r [Form], bytes: &'r [u8]) -> Self {
        // No length fits before the first row has set it.
        let (mut end, mut last, mut length) = (0, 0, usize::MAX);
        // Eight bytes are compared at once; no row is shorter.
        while let Some(start) = bytes[end..].first_chunk::<8>() {
            // Most rows start with the same bytes as the row before. Keeping its length lets the
            // processor look at the next row before it has computed the length of this one.
            if u64::from_ne_bytes(*start) != last {
                last = u64::from_ne_bytes(*start);
                match start.first_chunk().and_then(|header| message_length(*header)) {
                    Some(row) => length = row,
                    None => break,
                }
            }
            if bytes.len() - end < length {
                break;
            }
            end += length;
        }
        Self { keys, forms, fields: &[], messages: &bytes[..end] }
    }

    /// Returns the same rows, whose columns are in these fields, from 0 for the first field after
    /// those of the group. Empty if each column has a field of its own.
    pub const fn with_fields(self, fields: &'r [usize]) -> Self {
        Self { fields, ..self }
    }

    /// Returns whether the batch has no row.
    pub const fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Returns the number of bytes of the rows.
    pub const fn byte_len(&self) -> usize {
        self.messages.len()
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        let (mut left, mut rows) = (self.messages, 0);
        while let Some((_, others)) = split_message(left) {
            (left, rows) = (others, rows + 1);
        }
        rows
    }

    pub(crate) const fn keys(&self) -> KeyKind {
        self.keys
    }

    pub(crate) const fn forms(&self) -> &'r [Form] {
        self.forms
    }

    /// Returns the field of each column; empty if each has a field of its own.
    pub(crate) const fn fields(&self) -> &'r [usize] {
        self.fields
    }

    pub(crate) const fn messages(&self) -> &'r [u8] {
        self.messages
    }

    /// Calls `take` with the key and the columns of each row, in order. Each column has a field of
    /// its own.
    ///
    /// # Errors
    /// Stops at the first wrong row: [`Error::Corrupt`] if it does not have these columns;
    /// [`Error::Misconfigured`] if its key is NULL or longer than [`Key::LONGEST`].
    #[inline(always)]
    pub fn for_each<C: FromRow<'r>>(self, mut take: impl FnMut(KeyRef<'r>, C)) -> Result<()> {
        let mut left = self.messages;
        while !left.is_empty() {
            match self.keys {
                KeyKind::Integer => {
                    left = take_rows_of_one_length::<4, C>(left, self.forms, &mut take);
                    left = take_rows_of_one_length::<8, C>(left, self.forms, &mut take);
                }
                KeyKind::Unsent => {
                    left = take_rows_of_one_length::<0, C>(left, self.forms, &mut take);
                }
                KeyKind::Text => {}
            }
            if let Some((message, others)) = split_message(left) {
                let (key, columns) = self.row(message)?;
                take(key, columns);
                left = others;
            }
        }
        Ok(())
    }

    /// Calls `take` with the fields after the key of each row, in order. Each row has `count` of
    /// them, and `take` takes them all.
    ///
    /// # Errors
    /// Stops at the first error of `take`, and at the first wrong row: [`Error::Corrupt`] if it has
    /// another number of fields.
    #[inline(always)]
    pub fn for_each_row(
        self,
        count: usize,
        mut take: impl FnMut(&mut Fields<'r>) -> Result<()>,
    ) -> Result<()> {
        let mut left = self.messages;
        while let Some((message, others)) = split_message(left) {
            let mut fields = Fields::of_row(self.keys, &message[HEADER..])?;
            fields.check_count(count)?;
            for _ in 0..self.keys.fields() {
                fields.field()?;
            }
            fields = fields.in_forms(self.forms);
            take(&mut fields)?;
            if !fields.is_empty() {
                return Err(Error::corrupt("a row", "it has more than its columns"));
            }
            left = others;
        }
        Ok(())
    }

    /// Decodes the row of a message.
    #[inline(never)]
    fn row<C: FromRow<'r>>(self, message: &'r [u8]) -> Result<(KeyRef<'r>, C)> {
        let mut fields = Fields::of_row(self.keys, &message[HEADER..])?;
        let key = match self.keys {
            KeyKind::Integer => fields.integer()?.map(KeyRef::Integer),
            KeyKind::Text => fields.value()?.map(KeyRef::Text),
            KeyKind::Unsent => Some(KeyRef::Integer(0)),
        };
        let mut fields = fields.in_forms(self.forms);
        let columns = C::decode(&mut fields)?;
        if !fields.is_empty() {
            return Err(Error::corrupt("a row", "it has more than its columns"));
        }
        match key {
            Some(KeyRef::Text(text)) if text.len() > Key::LONGEST => Err(too_long(text)),
            Some(key) => Ok((key, columns)),
            None => Err(Error::Misconfigured("a row has NULL for a key".to_owned())),
        }
    }
}

/// Returns the number of bytes of a row's message; `None` if the message is not a row.
fn message_length([tag, length @ ..]: [u8; HEADER]) -> Option<usize> {
    // The length includes itself but not the tag. Every row has at least a key.
    let length = usize::try_from(i32::from_be_bytes(length)).ok()?;
    (tag == ROW_TAG && length >= BEFORE_KEY - 1).then_some(1 + length)
}

pub(crate) fn split_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(message_length(*bytes.first_chunk()?)?)
}

/// Calls `take` with the leading rows that have an integer key of `KEY` bytes, or an unsent key if
/// that is 0, and no NULL. Returns the bytes from the first other row on. Takes none if the columns
/// have no fixed width.
///
/// Most rows are of this form. Each of their fields is at an offset that the compiler knows.
#[inline(always)]
fn take_rows_of_one_length<'r, const KEY: usize, C: FromRow<'r>>(
    bytes: &'r [u8],
    forms: &[Form],
    take: &mut impl FnMut(KeyRef<'r>, C),
) -> &'r [u8] {
    let Some(width) = C::WIDTH else { return bytes };
    // An unsent key has no length either.
    let (keys, before) = if KEY == 0 { (0, HEADER + 2) } else { (1, BEFORE_KEY) };
    let length = before + KEY + width;
    let mut before_key = [0; BEFORE_KEY];
    before_key[0] = ROW_TAG;
    before_key[1..HEADER].copy_from_slice(&(length as u32 - 1).to_be_bytes());
    before_key[HEADER..HEADER + 2].copy_from_slice(&(keys + C::FIELDS as u16).to_be_bytes());
    before_key[HEADER + 2..].copy_from_slice(&(KEY as u32).to_be_bytes());

    let mut taken = 0;
    for row in bytes.chunks_exact(length) {
        let (start, rest) = row.split_at(before);
        let (key, columns) = rest.split_at(KEY);
        if start != &before_key[..before] {
            break;
        }
        let Some(columns) = C::decode_widths(columns, forms) else { break };
        let key = match key.first_chunk() {
            Some(key) => i64::from_be_bytes(*key),
            None => key.first_chunk().map_or(0, |key| i32::from_be_bytes(*key).into()),
        };
        take(KeyRef::Integer(key), columns);
        taken += length;
    }
    &bytes[taken..]
}

#[cold]
pub(crate) fn too_long(key: &str) -> Error {
    let problem = format!("a row has a key of {} bytes; {} are the most", key.len(), Key::LONGEST);
    Error::Misconfigured(problem)
}

#[cfg(test)]
mod tests;
