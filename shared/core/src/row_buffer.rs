use crate::{Key, KeyKind, RowBatch, row::ROW_TAG};

/// Rows that are put together here, by a table in memory or a test.
#[derive(Debug)]
pub struct RowBuffer {
    keys: KeyKind,
    messages: Vec<u8>,
}

impl RowBuffer {
    /// How many bytes a buffer may have before it is full: so many stay in the processor's cache.
    const FULL: usize = 64 * 1024;

    /// No rows yet, with keys of this kind.
    pub const fn new(keys: KeyKind) -> Self {
        Self { keys, messages: Vec::new() }
    }

    /// Adds a row: its key and its columns, `None` for NULL.
    pub fn push<'f>(&mut self, fields: impl IntoIterator<Item = Option<&'f [u8]>>) {
        let (start, mut count) = (self.messages.len(), 0_u16);
        self.messages.extend_from_slice(&[ROW_TAG, 0, 0, 0, 0, 0, 0]);
        for field in fields {
            count += 1;
            match field {
                // A field of the protocol has less than 2^31 bytes.
                Some(bytes) => {
                    self.messages.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
                    self.messages.extend_from_slice(bytes);
                }
                None => self.messages.extend_from_slice(&(-1_i32).to_be_bytes()),
            }
        }
        let length = (self.messages.len() - start - 1) as i32;
        self.messages[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
        self.messages[start + 5..start + 7].copy_from_slice(&count.to_be_bytes());
    }

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

    /// Whether its rows should be folded before another is added.
    pub fn is_full(&self) -> bool {
        self.messages.len() >= Self::FULL
    }

    /// Takes all rows out.
    pub fn clear(&mut self) {
        self.messages.clear();
    }

    /// The rows as bytes, as the network brings them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.messages
    }

    /// The rows, in the order they were added.
    pub fn batch(&self) -> RowBatch<'_> {
        RowBatch::leading(self.keys, &self.messages)
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
