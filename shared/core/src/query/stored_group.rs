use std::{fmt::Display, ops::Range};

use rmp::{decode, encode};

use crate::{
    error::{Error, Result},
    rows::{ROW_TAG, RowLayout, split_message},
};

/// Appends the header of a list of `count` groups, which follow it.
///
/// # Errors
/// [`Error::Corrupt`] if they are too many for the form.
pub(super) fn begin_list(to: &mut Vec<u8>, count: usize) -> Result<()> {
    encode::write_array_len(to, u32::try_from(count).map_err(corrupt)?).map_err(corrupt)?;
    Ok(())
}

/// Returns the groups of a list, without its header.
///
/// # Errors
/// [`Error::Corrupt`] if it is no list.
pub(super) fn groups_of_list(mut list: &[u8]) -> Result<&[u8]> {
    decode::read_array_len(&mut list).map_err(corrupt)?;
    Ok(list)
}

/// What chunks store of a group, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored<'b> {
    /// The partials of its rows.
    Group(StoredGroup<'b>),
    /// One of its rows.
    Row(StoredRow<'b>),
}

/// A row of a group, as the source sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredRow<'b> {
    pub(super) message: &'b [u8],
    pub(super) key: KeyPlace,
}

/// Where in a row's message the key of its group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyPlace {
    start: usize,
    end: usize,
}

impl<'b> Stored<'b> {
    /// Reads what `bytes` begin with, and returns it with its length. Rows have this layout, and the
    /// key of their group is their first fields, of this number.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it does not read back.
    #[inline]
    pub(super) fn read(
        bytes: &'b [u8],
        layout: Option<&RowLayout>,
        group_fields: usize,
    ) -> Result<(Self, usize)> {
        if bytes.first() != Some(&ROW_TAG) {
            let (group, rest) = StoredGroup::read(bytes)?;
            return Ok((Self::Group(group), bytes.len() - rest.len()));
        }
        let layout = layout.ok_or_else(|| corrupt("there are rows without a layout"))?;
        let (message, _) = split_message(bytes).ok_or_else(|| corrupt("a row is cut off"))?;
        let Range { start, end } = layout.place_of_first(message, group_fields)?;
        Ok((Self::Row(StoredRow { message, key: KeyPlace { start, end } }), message.len()))
    }

    /// Returns the fields that the rows of the group share.
    #[inline]
    pub(super) fn key(&self) -> &'b [u8] {
        match self {
            Self::Group(group) => group.key,
            Self::Row(StoredRow { message, key }) => &message[key.start..key.end],
        }
    }
}

/// The partials of a group.
///
/// It is a list in MessagePack: the key, the number of rows, and for each kernel a list of the number
/// of rows that it skipped and its partial. No such list begins as a row does.
/// <https://github.com/msgpack/msgpack/blob/master/spec.md>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredGroup<'b> {
    /// The fields that its rows share.
    pub(super) key: &'b [u8],
    /// The number of its rows.
    pub(super) rows: u64,
    /// What each kernel has of it.
    pub(super) kernels: StoredPartials<'b>,
}

/// The partials of the kernels, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredPartials<'b> {
    left: usize,
    bytes: &'b [u8],
}

/// A kernel's partial of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredPartial<'b> {
    /// The number of rows that the kernel skipped.
    pub(super) skipped: u64,
    pub(super) partial: &'b [u8],
}

impl<'b> StoredGroup<'b> {
    /// Appends the stored form of a group, to which the partials of `kernels` kernels are appended then.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the key is too long for the form.
    pub(super) fn begin(to: &mut Vec<u8>, key: &[u8], rows: u64, kernels: usize) -> Result<()> {
        encode::write_array_len(to, 3).map_err(corrupt)?;
        write_bytes(to, key)?;
        encode::write_uint(to, rows).map_err(corrupt)?;
        // A query has few kernels.
        encode::write_array_len(to, kernels as u32).map_err(corrupt)?;
        Ok(())
    }

    /// Reads a group, and returns it and the bytes after it.
    #[inline]
    fn read(mut bytes: &'b [u8]) -> Result<(Self, &'b [u8])> {
        check_length(&mut bytes, 3)?;
        let key = read_bytes(&mut bytes)?;
        let rows = decode::read_int(&mut bytes).map_err(corrupt)?;
        let count = decode::read_array_len(&mut bytes).map_err(corrupt)? as usize;
        let kernels = StoredPartials { left: count, bytes };
        for _ in 0..count {
            StoredPartial::read(&mut bytes)?;
        }
        Ok((Self { key, rows, kernels }, bytes))
    }
}

impl<'b> StoredPartials<'b> {
    /// Returns the number of partials.
    pub(super) const fn len(&self) -> usize {
        self.left
    }
}

impl<'b> Iterator for StoredPartials<'b> {
    type Item = Result<StoredPartial<'b>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(StoredPartial::read(&mut self.bytes))
    }
}

impl<'b> StoredPartial<'b> {
    /// Appends the stored form.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the partial is too long for the form.
    pub(super) fn write(self, to: &mut Vec<u8>) -> Result<()> {
        encode::write_array_len(to, 2).map_err(corrupt)?;
        encode::write_uint(to, self.skipped).map_err(corrupt)?;
        write_bytes(to, self.partial)
    }

    /// Reads a partial, and leaves the bytes after it.
    #[inline]
    fn read(bytes: &mut &'b [u8]) -> Result<Self> {
        check_length(bytes, 2)?;
        let skipped = decode::read_int(bytes).map_err(corrupt)?;
        Ok(Self { skipped, partial: read_bytes(bytes)? })
    }
}

fn write_bytes(to: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    let length = u32::try_from(bytes.len()).map_err(corrupt)?;
    encode::write_bin_len(to, length).map_err(corrupt)?;
    to.extend_from_slice(bytes);
    Ok(())
}

#[inline]
fn read_bytes<'b>(bytes: &mut &'b [u8]) -> Result<&'b [u8]> {
    let length = decode::read_bin_len(bytes).map_err(corrupt)?;
    bytes.split_off(..length as usize).ok_or_else(|| corrupt("it is cut off"))
}

#[inline]
fn check_length(bytes: &mut &[u8], expected: u32) -> Result<()> {
    let length = decode::read_array_len(bytes).map_err(corrupt)?;
    match length == expected {
        true => Ok(()),
        false => Err(corrupt(format!("a list has {length} values, not {expected}"))),
    }
}

#[cold]
pub(super) fn corrupt(problem: impl Display) -> Error {
    Error::corrupt("the groups of a chunk", problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Cell, KeyKind, RowBuffer};

    fn written(key: &[u8], rows: u64, partials: &[StoredPartial<'_>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        StoredGroup::begin(&mut bytes, key, rows, partials.len()).unwrap();
        partials.iter().for_each(|partial| partial.write(&mut bytes).unwrap());
        bytes
    }

    #[test]
    fn groups_are_a_list_of_messagepack() {
        for count in [0, 1, 15, 16, 300, 70_000] {
            let mut list = Vec::new();
            begin_list(&mut list, count).unwrap();
            let groups = written(b"", 1, &[]).repeat(count);
            list.extend_from_slice(&groups);
            assert_eq!(groups_of_list(&list).unwrap(), groups);
            let read: Vec<(&str, u64, Vec<()>)> = rmp_serde::from_slice(&list).unwrap();
            assert_eq!(read, vec![("", 1, Vec::new()); count]);
        }
    }

    #[test]
    fn a_group_reads_back_whatever_follows() {
        let long = vec![9; 70_000];
        for (key, rows, skipped, partial) in
            [(&b""[..], 0, 0, &b""[..]), (b"Rome", 1000, 70_000, b"p"), (&long, u64::MAX, 3, &long)]
        {
            let partials =
                [StoredPartial { skipped, partial }, StoredPartial { skipped: 1, partial }];
            let mut bytes = written(key, rows, &partials);
            let length = bytes.len();
            for end in 0..length {
                assert!(Stored::read(&bytes[..end], None, 1).is_err(), "{end} of {length}");
            }
            bytes.extend(b"more");
            let (stored, read) = Stored::read(&bytes, None, 1).unwrap();
            let Stored::Group(group) = stored else { panic!("{stored:?}") };
            assert_eq!((group.key, group.rows, read), (key, rows, length));
            assert_eq!(group.kernels.map(Result::unwrap).collect::<Vec<_>>(), partials);
        }
    }

    #[test]
    fn a_row_is_read_by_its_layout() {
        let mut rows = RowBuffer::new(KeyKind::Unsent);
        rows.push_cells(&7.into(), [Cell::Text("Rome".to_owned()), Cell::Number(1.5)]);
        rows.push_cells(&8.into(), [Cell::Text("Oslo".to_owned()), Cell::Number(2.5)]);
        let layout = RowLayout::from(rows.batch());
        let bytes = rows.into_bytes();
        let (stored, length) = Stored::read(&bytes, Some(&layout), 1).unwrap();
        assert_eq!((stored.key(), length), (&b"\0\0\0\x04Rome"[..], bytes.len() / 2));
        assert!(Stored::read(&bytes, None, 1).is_err());
        assert!(Stored::read(&bytes[..length - 1], Some(&layout), 1).is_err());
    }
}
