use crate::{
    error::{Error, Result},
    rows::{Fields, Form, FromRow, Key, KeyKind, KeyRef},
};

/// The first byte of a row's message.
pub(crate) const ROW_TAG: u8 = b'D';

/// The bytes of tag and length of a row's message.
const HEADER: usize = 1 + 4;

/// The bytes before the key of a row: the header, the number of its fields, the key's length.
const BEFORE_KEY: usize = HEADER + 2 + 4;

/// Some rows of a chunk, as many as are folded at a time: each its key and then its columns.
///
/// They have the form that PostgreSQL sends rows in, so that those of a table are folded where
/// the network has put them: messages `DataRow` of its protocol, one after the other, with values
/// in binary.
/// <https://www.postgresql.org/docs/18/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW>
#[derive(Debug, Clone, Copy)]
pub struct RowBatch<'r> {
    keys: KeyKind,
    forms: &'r [Form],
    messages: &'r [u8],
}

impl<'r> RowBatch<'r> {
    /// The rows that `bytes` begin with, up to one that is not whole, or a message that is no row.
    /// Their columns come in these forms; in plain ones where there are no more.
    pub fn leading(keys: KeyKind, forms: &'r [Form], bytes: &'r [u8]) -> Self {
        // Before the first row there is none to be as long as.
        let (mut end, mut last, mut length) = (0, 0, usize::MAX);
        // As many bytes as can be compared at once: no row is shorter.
        while let Some(start) = bytes[end..].first_chunk::<8>() {
            // Most rows are as long as the one before: the next is looked for before the length of
            // this one has been worked out.
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
        Self { keys, forms, messages: &bytes[..end] }
    }

    /// Returns whether the batch has no row.
    pub const fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Returns how many bytes the rows take.
    pub const fn byte_len(&self) -> usize {
        self.messages.len()
    }

    /// Passes on the key and the columns of each row, in their order.
    ///
    /// # Errors
    /// [`Error::Corrupt`] at the first row without these columns; [`Error::Misconfigured`] at
    /// a row whose key is NULL, or longer than [`Key::LONGEST`].
    #[inline(always)]
    pub fn for_each<C: FromRow<'r>>(self, mut take: impl FnMut(KeyRef<'r>, C)) -> Result<()> {
        let mut left = self.messages;
        while !left.is_empty() {
            if self.keys == KeyKind::Integer {
                left = take_rows_of_one_length::<4, C>(left, self.forms, &mut take);
                left = take_rows_of_one_length::<8, C>(left, self.forms, &mut take);
            }
            if let Some((message, others)) = split_message(left) {
                let (key, columns) = self.row(message)?;
                take(key, columns);
                left = others;
            }
        }
        Ok(())
    }

    /// The row of a message.
    #[inline(never)]
    fn row<C: FromRow<'r>>(self, message: &'r [u8]) -> Result<(KeyRef<'r>, C)> {
        let mut fields = Fields::of_row(&message[HEADER..])?;
        let key = match self.keys {
            KeyKind::Integer => fields.integer()?.map(KeyRef::Integer),
            KeyKind::Text => fields.value()?.map(KeyRef::Text),
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

/// Returns how many bytes a row's message has from its beginning, if it is one.
fn message_length([tag, length @ ..]: [u8; HEADER]) -> Option<usize> {
    // The length counts itself, and not the tag. Every row has a key.
    let length = usize::try_from(i32::from_be_bytes(length)).ok()?;
    (tag == ROW_TAG && length >= BEFORE_KEY - 1).then_some(1 + length)
}

fn split_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(message_length(*bytes.first_chunk()?)?)
}

/// Passes on the first rows whose key is an integer of the given width, and without a NULL, if
/// all such rows have one length: most are such rows, and then everything in them has a place that
/// the compiler knows. Returns the bytes of the other rows.
#[inline(always)]
fn take_rows_of_one_length<'r, const KEY: usize, C: FromRow<'r>>(
    bytes: &'r [u8],
    forms: &[Form],
    take: &mut impl FnMut(KeyRef<'r>, C),
) -> &'r [u8] {
    let Some(width) = C::WIDTH else { return bytes };
    let length = BEFORE_KEY + KEY + width;
    let mut before_key = [0; BEFORE_KEY];
    before_key[0] = ROW_TAG;
    before_key[1..HEADER].copy_from_slice(&(length as u32 - 1).to_be_bytes());
    before_key[HEADER..HEADER + 2].copy_from_slice(&(1 + C::FIELDS as u16).to_be_bytes());
    before_key[HEADER + 2..].copy_from_slice(&(KEY as u32).to_be_bytes());

    let mut taken = 0;
    for row in bytes.chunks_exact(length) {
        let (start, rest) = row.split_at(BEFORE_KEY);
        let (key, columns) = rest.split_at(KEY);
        if start != before_key {
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
fn too_long(key: &str) -> Error {
    let problem = format!("a row has a key of {} bytes; {} are the most", key.len(), Key::LONGEST);
    Error::Misconfigured(problem)
}

#[cfg(test)]
mod tests;
