use std::ops::Range;

use crate::{
    error::Result,
    rows::{
        Form, FromRow, KeyKind, KeyRef,
        fields::{RowFields, malformed},
    },
};

/// A batch of rows and where their fields lie.
#[derive(Debug, Clone, Copy)]
pub struct IndexedBatch<'b> {
    pub(super) keys: KeyKind,
    pub(super) forms: &'b [Form],
    pub(super) messages: &'b [u8],
    pub(super) runs: &'b [Run],
    /// For each run the offsets of the fields from the start of a row, the key's first, and that of
    /// the row's end.
    pub(super) offsets: &'b [u32],
    /// The number of offsets of a run.
    pub(super) width: usize,
}

/// Rows that follow one another and whose fields are equally long.
///
/// Most rows of a table of numbers are in one run, so that their fields are found once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) rows: usize,
    /// The bytes of each row.
    pub(super) row_bytes: usize,
}

impl<'b> IndexedBatch<'b> {
    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.rows).sum()
    }

    /// Returns whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Returns the rows in their order.
    #[inline]
    pub fn rows(self) -> impl Iterator<Item = IndexedRow<'b>> {
        self.rows_of_runs().flat_map(|(_, rows)| rows)
    }

    /// Calls `take` with the key and the columns of each row, in order. The columns are the fields
    /// at these places, from 0 for the first field after the key.
    ///
    /// # Errors
    /// Stops at the first wrong row: [`Error::Corrupt`](crate::Error::Corrupt) if a column is not of
    /// its kind.
    #[inline(always)]
    pub fn for_each<C: FromRow<'b>>(
        self,
        places: &[usize],
        mut take: impl FnMut(KeyRef<'b>, C),
    ) -> Result<()> {
        let form = |place: &usize| self.forms.get(*place).copied().unwrap_or_default();
        let forms: Vec<Form> = places.iter().map(form).collect();
        let mut starts = Vec::with_capacity(places.len());
        for (offsets, rows) in self.rows_of_runs() {
            starts.clear();
            starts.extend(places.iter().map(|place| offsets[1 + place] as usize));
            for row in rows {
                // Most rows have no NULL.
                let columns = match C::decode_at(row.bytes, &starts, &forms) {
                    Some(columns) => columns,
                    None => row.decode(places)?,
                };
                take(row.key(), columns);
            }
        }
        Ok(())
    }

    /// Returns the offsets and the rows of each run.
    #[inline(always)]
    fn rows_of_runs(
        self,
    ) -> impl Iterator<Item = (&'b [u32], impl Iterator<Item = IndexedRow<'b>>)> {
        let Self { keys, forms, mut messages, .. } = self;
        self.runs.iter().zip(self.offsets.chunks_exact(self.width)).map(move |(run, offsets)| {
            let (of_run, rest) = messages.split_at(run.rows * run.row_bytes);
            messages = rest;
            let row = move |bytes| IndexedRow { keys, forms, bytes, offsets };
            (offsets, of_run.chunks_exact(run.row_bytes).map(row))
        })
    }
}

/// A row of an [`IndexedBatch`].
#[derive(Debug, Clone, Copy)]
pub struct IndexedRow<'b> {
    keys: KeyKind,
    forms: &'b [Form],
    bytes: &'b [u8],
    offsets: &'b [u32],
}

impl<'b> IndexedRow<'b> {
    /// Returns the row's key.
    #[inline(always)]
    pub fn key(self) -> KeyRef<'b> {
        // `FieldIndex::fill` has checked the key.
        let bytes = self.bytes_of(0, 1).get(4..).unwrap_or_default();
        match self.keys {
            KeyKind::Integer => KeyRef::Integer(match *bytes {
                [a, b] => i16::from_be_bytes([a, b]).into(),
                [a, b, c, d] => i32::from_be_bytes([a, b, c, d]).into(),
                _ => bytes.first_chunk().map_or(0, |key| i64::from_be_bytes(*key)),
            }),
            KeyKind::Text => KeyRef::Text(std::str::from_utf8(bytes).unwrap_or_default()),
            KeyKind::Unsent => KeyRef::Integer(0),
        }
    }

    /// Returns the bytes of the first fields after the key, lengths included.
    #[inline]
    pub fn first(self, fields: usize) -> &'b [u8] {
        self.bytes_of(1, 1 + fields)
    }

    /// Returns the row's message.
    pub(crate) const fn message(self) -> &'b [u8] {
        self.bytes
    }

    /// Returns where in the row's message those bytes are that [`first`](Self::first) returns.
    pub(crate) fn place_of_first(self, fields: usize) -> Range<usize> {
        self.offsets[1] as usize..self.offsets[1 + fields] as usize
    }

    /// Returns the fields at these places, from 0 for the first field after the key.
    #[inline]
    pub const fn fields(self, places: &[usize]) -> PickedFields<'b, '_> {
        PickedFields { row: self, places, taken: 0 }
    }

    #[inline(never)]
    fn decode<C: FromRow<'b>>(self, places: &[usize]) -> Result<C> {
        C::decode(&mut self.fields(places))
    }

    /// Returns the bytes from the start of a field to that of another; the key is field 0.
    #[inline(always)]
    fn bytes_of(self, from: usize, to: usize) -> &'b [u8] {
        &self.bytes[self.offsets[from] as usize..self.offsets[to] as usize]
    }
}

/// Some fields of a row, in an order of their own.
#[derive(Debug, Clone, Copy)]
pub struct PickedFields<'b, 'p> {
    row: IndexedRow<'b>,
    places: &'p [usize],
    taken: usize,
}

impl<'b> RowFields<'b> for PickedFields<'b, '_> {
    #[inline]
    fn count(&self) -> usize {
        self.places.len()
    }

    #[inline]
    fn form(&mut self) -> Form {
        let place = self.places.get(self.taken);
        place.and_then(|place| self.row.forms.get(*place)).copied().unwrap_or_default()
    }

    #[inline]
    fn field(&mut self) -> Result<Option<&'b [u8]>> {
        let place = self.places.get(self.taken).ok_or_else(|| malformed("no length"))?;
        self.taken += 1;
        let field = self.row.bytes_of(1 + place, 2 + place);
        // A field that is NULL has no byte besides its length.
        match field.split_at_checked(4) {
            Some(([0xff, ..], _)) => Ok(None),
            Some((_, field)) => Ok(Some(field)),
            None => Err(malformed("no length")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Cell, FieldIndex, Key, Number, RowBuffer};

    #[test]
    fn columns_are_read_at_any_places() {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        let text = |text: &str| Cell::Text(text.to_owned());
        rows.push_cells(&7.into(), [text("Rome"), Cell::Integer(3), Cell::Number(1.5)]);
        rows.push_cells(&8.into(), [text(""), Cell::Null, Cell::Number(2.5)]);
        let mut index = FieldIndex::default();
        let batch = index.fill(rows.batch(), 3).unwrap();
        assert_eq!(batch.len(), 2);
        let read: Vec<_> = batch
            .rows()
            .map(|row| {
                let numbers = <[Option<Number>; 2]>::decode(&mut row.fields(&[2, 1])).unwrap();
                let [text] = <[Option<&str>; 1]>::decode(&mut row.fields(&[0])).unwrap();
                (row.key(), numbers, text, row.first(1))
            })
            .collect();
        let numbers = [Some(Number::Float(1.5)), Some(Number::Integer(3))];
        assert_eq!(read[0], (7.into(), numbers, Some("Rome"), &b"\0\0\0\x04Rome"[..]));
        assert_eq!(read[1], (8.into(), [Some(Number::Float(2.5)), None], Some(""), &[0; 4][..]));
    }

    #[test]
    fn rows_as_long_as_the_row_before_may_have_fields_of_other_lengths() {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        let texts = [["ab", "c"], ["de", "f"], ["g", "hi"], ["", "jkl"], ["mno", ""]];
        for (key, texts) in (0..).zip(texts) {
            let cells = texts.map(|text| Cell::Text(text.to_owned()));
            rows.push_cells(&Key::Integer(key), cells);
        }
        rows.push_cells(&9.into(), [Cell::Null, Cell::Text("pqr".to_owned())]);
        let mut index = FieldIndex::default();
        let batch = index.fill(rows.batch(), 2).unwrap();
        let mut read: Vec<[Option<&str>; 2]> = Vec::new();
        batch.for_each(&[0, 1], |_, row| read.push(row)).unwrap();
        assert_eq!(read[..5], texts.map(|[one, other]| [Some(one), Some(other)]));
        assert_eq!(read[5], [None, Some("pqr")]);
        let keys: Vec<_> = batch.rows().map(IndexedRow::key).collect();
        assert_eq!(keys, [0, 1, 2, 3, 4, 9].map(KeyRef::Integer));
    }

    #[test]
    fn columns_are_read_alike_row_by_row_and_in_runs() {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        let push = |rows: &mut RowBuffer, cells: [f64; 3]| {
            rows.push_cells(&7.into(), cells.map(Cell::Number));
        };
        push(&mut rows, [1.5, 2.5, 3.5]);
        push(&mut rows, [4.5, 5.5, 6.5]);
        rows.push_cells(&7.into(), [Cell::Number(1.0), Cell::Null, Cell::Number(2.0)]);
        push(&mut rows, [7.5, 8.5, 9.5]);
        let mut index = FieldIndex::default();
        let batch = index.fill(rows.batch(), 3).unwrap();
        assert_eq!(batch.runs.iter().map(|run| run.rows).collect::<Vec<_>>(), [2, 1, 1]);
        for places in [[0, 1], [1, 2], [2, 1], [0, 2], [1, 1]] {
            alike::<[Option<Number>; 2]>(batch, &places);
            alike::<Option<[Number; 2]>>(batch, &places);
            alike::<Option<[f64; 2]>>(batch, &places);
            alike::<(Option<f64>, Option<Number>)>(batch, &places);
        }
    }

    fn alike<'b, C: FromRow<'b> + PartialEq + std::fmt::Debug>(
        batch: IndexedBatch<'b>,
        places: &[usize],
    ) {
        let by_row = batch.rows().map(|row| C::decode(&mut row.fields(places)).unwrap());
        let mut by_run = Vec::new();
        batch.for_each(places, |_, columns: C| by_run.push(columns)).unwrap();
        assert_eq!(by_run, by_row.collect::<Vec<_>>());
    }

    #[test]
    fn a_column_of_integers_is_read_as_a_double_from_the_same_field() {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        let large = (1 << 53) + 1;
        rows.push_cells(&7.into(), [Cell::Integer(large)]);
        rows.push_cells(&8.into(), [Cell::Null]);
        let mut index = FieldIndex::default();
        let batch = index.fill(rows.batch(), 1).unwrap();
        let mut read: Vec<(Option<f64>, Option<Number>)> = Vec::new();
        batch.for_each(&[0, 0], |_, row| read.push(row)).unwrap();
        let number = Number::Integer(large);
        assert_eq!(read, [(Some(large as f64), Some(number)), (None, None)]);
    }

    #[test]
    fn rows_of_another_number_of_columns_and_rows_without_a_key_are_errors() {
        let fill = |fields: Vec<Option<&[u8]>>, columns| {
            let mut rows = RowBuffer::new(KeyKind::Integer);
            rows.push(fields);
            let mut index = FieldIndex::default();
            index.fill(rows.batch(), columns).map(|batch| batch.len())
        };
        let key = &[0, 0, 0, 1][..];
        assert_eq!(fill(vec![Some(key), None], 1).unwrap(), 1);
        let error = |fields, columns| fill(fields, columns).unwrap_err().with_causes();
        assert!(error(vec![Some(key), None], 2).ends_with("it is of 1 columns, not 2"));
        assert_eq!(error(vec![None, None], 1), "a row has NULL for a key");
        assert!(error(vec![Some(&[1; 3])], 0).ends_with("3 bytes that are no integer"));
    }
}
