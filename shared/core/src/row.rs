use crate::{Columns, Fields, Key, KeyKind, KeyRef, Result};

/// Some rows of a chunk, as many as are folded at a time: each its key and then its columns, as
/// [`Fields`].
///
/// A source fills a batch, hands it to the fold, clears it and fills it again, so that the
/// memory of a chunk does not grow with its rows.
#[derive(Debug)]
pub struct RowBatch {
    keys: KeyKind,
    rows: usize,
    bytes: Vec<u8>,
}

impl RowBatch {
    /// How many bytes a batch may have before it is full: so many stay in the processor's cache.
    const FULL: usize = 64 * 1024;

    /// An empty batch of rows with keys of this kind.
    pub fn new(keys: KeyKind) -> Self {
        Self { keys, rows: 0, bytes: Vec::with_capacity(Self::FULL + 1024) }
    }

    /// Adds a row: its key and its columns, `None` for NULL.
    pub fn push<'f>(&mut self, fields: impl IntoIterator<Item = Option<&'f [u8]>>) {
        for field in fields {
            match field {
                // A field of the protocol has less than 2^31 bytes.
                Some(bytes) => {
                    self.bytes.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
                    self.bytes.extend_from_slice(bytes);
                }
                None => self.bytes.extend_from_slice(&(-1_i32).to_be_bytes()),
            }
        }
        self.rows += 1;
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether the batch should be folded before another row is added.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= Self::FULL
    }

    /// Takes all rows out.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.bytes.clear();
    }

    /// The rows, in the order they were added.
    pub fn rows(&self) -> Rows<'_> {
        Rows { keys: self.keys, left: self.rows, fields: Fields(&self.bytes) }
    }
}

/// The rows of a batch, one after the other.
#[derive(Debug)]
pub struct Rows<'r> {
    keys: KeyKind,
    left: usize,
    fields: Fields<'r>,
}

impl<'r> Rows<'r> {
    /// The key and the columns of the next row, if there is one more.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if it has not these columns.
    #[inline]
    pub fn next_row<C: Columns<'r>>(&mut self) -> Result<Option<(KeyRef<'r>, C)>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let key = match self.keys {
            KeyKind::Integer => self.fields.value()?.map(KeyRef::Integer),
            KeyKind::Text => self.fields.value()?.map(KeyRef::Text),
        };
        // A source passes no row on that has no key.
        let key = key.ok_or_else(|| crate::Error::corrupt("a row", "it has no key"))?;
        Ok(Some((key, C::decode(&mut self.fields)?)))
    }
}

/// A value of a column, as tests and tables in memory write it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// SQL's NULL.
    Null,
    /// A [`Kind::Boolean`](crate::Kind::Boolean).
    Boolean(bool),
    /// A [`Kind::Integer`](crate::Kind::Integer) or [`Kind::Instant`](crate::Kind::Instant).
    Integer(i64),
    /// A [`Kind::Number`](crate::Kind::Number).
    Number(f64),
    /// A value of any other kind but [`Kind::Uuid`](crate::Kind::Uuid).
    Text(String),
    /// A [`Kind::Uuid`](crate::Kind::Uuid).
    Uuid(uuid::Uuid),
}

impl Cell {
    fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Null => None,
            Self::Boolean(value) => Some(vec![u8::from(*value)]),
            Self::Integer(value) => Some(value.to_be_bytes().into()),
            Self::Number(value) => Some(value.to_be_bytes().into()),
            Self::Text(value) => Some(value.as_bytes().into()),
            Self::Uuid(value) => Some(value.as_bytes().into()),
        }
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl<V: Into<Cell>> From<Option<V>> for Cell {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl RowBatch {
    /// Adds a row of cells.
    pub fn push_cells(&mut self, key: &Key, cells: impl IntoIterator<Item = impl Into<Cell>>) {
        let key = match key {
            Key::Integer(key) => key.to_be_bytes().to_vec(),
            Key::Text(key) => key.as_bytes().to_vec(),
        };
        let cells = cells.into_iter().map(|cell| cell.into().bytes());
        let fields: Vec<Option<Vec<u8>>> = std::iter::once(Some(key)).chain(cells).collect();
        self.push(fields.iter().map(Option::as_deref));
    }
}
