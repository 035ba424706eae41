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
    pub(super) offsets: &'b [u32],
    /// The number of offsets of a row.
    pub(super) width: usize,
}

impl<'b> IndexedBatch<'b> {
    /// Returns the number of rows.
    pub const fn len(&self) -> usize {
        self.offsets.len() / self.width
    }

    /// Returns whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Returns the rows in their order.
    #[inline]
    pub fn rows(self) -> impl Iterator<Item = IndexedRow<'b>> {
        let Self { keys, forms, messages, .. } = self;
        let row = move |offsets| IndexedRow { keys, forms, messages, offsets };
        self.offsets.chunks_exact(self.width).map(row)
    }
}

/// A row of an [`IndexedBatch`].
#[derive(Debug, Clone, Copy)]
pub struct IndexedRow<'b> {
    keys: KeyKind,
    forms: &'b [Form],
    messages: &'b [u8],
    offsets: &'b [u32],
}

impl<'b> IndexedRow<'b> {
    /// Returns the row's key.
    #[inline(always)]
    pub fn key(self) -> KeyRef<'b> {
        // `FieldIndex::fill` has checked the key.
        let bytes = self.bytes(0, 1).get(4..).unwrap_or_default();
        match self.keys {
            KeyKind::Integer => KeyRef::Integer(match *bytes {
                [a, b] => i16::from_be_bytes([a, b]).into(),
                [a, b, c, d] => i32::from_be_bytes([a, b, c, d]).into(),
                _ => bytes.first_chunk().map_or(0, |key| i64::from_be_bytes(*key)),
            }),
            KeyKind::Text => KeyRef::Text(std::str::from_utf8(bytes).unwrap_or_default()),
        }
    }

    /// Returns the bytes of the first columns, lengths included.
    #[inline]
    pub fn first(self, columns: usize) -> &'b [u8] {
        self.bytes(1, 1 + columns)
    }

    /// Returns the columns at these places, from 0 for the first column.
    #[inline]
    pub const fn columns(self, places: &'b [usize]) -> PickedFields<'b> {
        PickedFields { row: self, places, taken: 0 }
    }

    /// Decodes the columns at these places.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if a column is missing or not of its kind.
    #[inline(always)]
    pub fn decode<C: FromRow<'b>>(self, places: &'b [usize]) -> Result<C> {
        // Most rows have no NULL, and most kernels read columns that lie beside one another.
        match self.beside(places).and_then(|(bytes, forms)| C::decode_beside(bytes, forms)) {
            Some(columns) => Ok(columns),
            None => self.decode_apart(places),
        }
    }

    #[inline(never)]
    fn decode_apart<C: FromRow<'b>>(self, places: &'b [usize]) -> Result<C> {
        C::decode(&mut self.columns(places))
    }

    /// Returns the bytes of columns that lie beside one another, and their forms.
    #[inline(always)]
    fn beside(self, places: &[usize]) -> Option<(&'b [u8], &'b [Form])> {
        let (first, last) = (*places.first()?, *places.last()?);
        let are_beside = places.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let forms = self.forms.get(first..).unwrap_or_default();
        are_beside.then(|| (self.bytes(1 + first, 2 + last), forms))
    }

    /// Returns the bytes from the start of a field to that of another.
    #[inline(always)]
    fn bytes(self, from: usize, to: usize) -> &'b [u8] {
        &self.messages[self.offsets[from] as usize..self.offsets[to] as usize]
    }
}

/// Some columns of a row, in an order of their own.
#[derive(Debug, Clone, Copy)]
pub struct PickedFields<'b> {
    row: IndexedRow<'b>,
    places: &'b [usize],
    taken: usize,
}

impl<'b> RowFields<'b> for PickedFields<'b> {
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
        let field = self.row.bytes(1 + place, 2 + place);
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
                let numbers = <[Option<Number>; 2]>::decode(&mut row.columns(&[2, 1])).unwrap();
                let [text] = <[Option<&str>; 1]>::decode(&mut row.columns(&[0])).unwrap();
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
        let read: Vec<[Option<&str>; 2]> =
            batch.rows().map(|row| row.decode(&[0, 1]).unwrap()).collect();
        assert_eq!(read[..5], texts.map(|[one, other]| [Some(one), Some(other)]));
        assert_eq!(read[5], [None, Some("pqr")]);
        let keys: Vec<_> = batch.rows().map(IndexedRow::key).collect();
        assert_eq!(keys, [0, 1, 2, 3, 4, 9].map(KeyRef::Integer));
    }

    #[test]
    fn columns_beside_one_another_are_read_as_those_apart() {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        for cells in [[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]] {
            rows.push_cells(&7.into(), cells.map(Cell::Number));
        }
        rows.push_cells(&7.into(), [Cell::Number(1.0), Cell::Null, Cell::Integer(2)]);
        let mut index = FieldIndex::default();
        let batch = index.fill(rows.batch(), 3).unwrap();
        for places in [[0, 1], [1, 2], [2, 1], [0, 2], [1, 1]] {
            for row in batch.rows() {
                let apart: [Option<Number>; 2] =
                    FromRow::decode(&mut row.columns(&places)).unwrap();
                assert_eq!(row.decode::<[Option<Number>; 2]>(&places).unwrap(), apart);
                let whole: Option<[Number; 2]> =
                    FromRow::decode(&mut row.columns(&places)).unwrap();
                assert_eq!(row.decode::<Option<[Number; 2]>>(&places).unwrap(), whole);
            }
        }
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
