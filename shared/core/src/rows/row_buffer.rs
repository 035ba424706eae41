use crate::{
    error::Result,
    rows::{Form, Key, KeyKind, Number, RowBatch, row_batch::ROW_TAG},
};

/// A buffer in which a table in memory or a test builds rows.
#[derive(Debug)]
pub struct RowBuffer {
    keys: KeyKind,
    /// The forms of the cells; plain if there are no cells.
    forms: Vec<Form>,
    messages: Vec<u8>,
}

impl RowBuffer {
    /// The number of bytes at which a buffer is full. This many stay in the processor's cache.
    const FULL: usize = 64 * 1024;

    /// Makes an empty buffer for keys of this kind.
    pub const fn new(keys: KeyKind) -> Self {
        Self { keys, forms: Vec::new(), messages: Vec::new() }
    }

    /// Adds a row: its key and its columns, `None` for NULL.
    pub fn push<'f>(&mut self, fields: impl IntoIterator<Item = Option<&'f [u8]>>) {
        let mut row = self.begin();
        fields.into_iter().for_each(|field| row.push(field));
        row.finish();
    }

    /// Adds a row whose fields `write` adds. If it fails, there is no row.
    ///
    /// # Errors
    /// That of `write`.
    pub(crate) fn write(
        &mut self,
        write: impl FnOnce(&mut NewRow<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut row = self.begin();
        match write(&mut row) {
            Ok(()) => row.finish(),
            Err(error) => {
                row.messages.truncate(row.start);
                return Err(error);
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> NewRow<'_> {
        let start = self.messages.len();
        self.messages.extend_from_slice(&[ROW_TAG, 0, 0, 0, 0, 0, 0]);
        NewRow { messages: &mut self.messages, start, fields: 0 }
    }

    /// Adds a row of cells, without its key if keys are unsent. All cells of a column have one type;
    /// its form is that of these cells.
    pub fn push_cells(&mut self, key: &Key, cells: impl IntoIterator<Item = impl Into<Cell>>) {
        let key = match key {
            Key::Integer(key) => key.to_be_bytes().to_vec(),
            Key::Text(key) => key.as_bytes().to_vec(),
        };
        let cells: Vec<Cell> = cells.into_iter().map(Into::into).collect();
        self.forms.resize(self.forms.len().max(cells.len()), Form::Plain);
        for (form, cell) in self.forms.iter_mut().zip(&cells) {
            *form = cell.form().unwrap_or(*form);
        }
        let cells = cells.iter().map(Cell::bytes);
        let key = [Some(key)].into_iter().take(self.keys.fields());
        let fields: Vec<Option<Vec<u8>>> = key.chain(cells).collect();
        self.push(fields.iter().map(Option::as_deref));
    }

    /// Returns whether the rows should be folded before another is added.
    pub fn is_full(&self) -> bool {
        self.messages.len() >= Self::FULL
    }

    /// Removes all rows.
    pub fn clear(&mut self) {
        self.messages.clear();
    }

    /// Returns the rows as bytes, as the network delivers them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.messages
    }

    /// Returns the rows in the order they were added.
    pub fn batch(&self) -> RowBatch<'_> {
        RowBatch::leading(self.keys, &self.forms, &self.messages)
    }
}

/// A row at the end of a buffer to which fields are added.
#[derive(Debug)]
pub(crate) struct NewRow<'b> {
    messages: &'b mut Vec<u8>,
    start: usize,
    fields: u16,
}

impl NewRow<'_> {
    /// Adds a field, `None` for NULL.
    #[inline]
    pub(crate) fn push(&mut self, field: Option<&[u8]>) {
        self.fields += 1;
        match field {
            // A field of the protocol has less than 2^31 bytes.
            Some(bytes) => {
                self.messages.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
                self.messages.extend_from_slice(bytes);
            }
            None => self.messages.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }

    fn finish(self) {
        let Self { messages, start, fields } = self;
        let length = (messages.len() - start - 1) as i32;
        messages[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
        messages[start + 5..start + 7].copy_from_slice(&fields.to_be_bytes());
    }
}

/// A value of a column, as tests and tables in memory write it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// SQL's NULL.
    Null,
    /// A [`Kind::Boolean`](crate::Kind::Boolean).
    Boolean(bool),
    /// A [`Kind::Integer`](crate::Kind::Integer) or [`Kind::Instant`](crate::Kind::Instant); or a
    /// [`Kind::Exact`](crate::Kind::Exact) of a column of integers.
    Integer(i64),
    /// A [`Kind::Number`](crate::Kind::Number); or a [`Kind::Exact`](crate::Kind::Exact) of a
    /// column of doubles.
    Number(f64),
    /// A [`Kind::Exact`](crate::Kind::Exact) of a column of numerics: any number, as a numeric.
    Numeric(Number),
    /// A value of any other kind except [`Kind::Uuid`](crate::Kind::Uuid).
    Text(String),
    /// A [`Kind::Uuid`](crate::Kind::Uuid).
    Uuid(uuid::Uuid),
}

impl Cell {
    /// Returns the form that the cell is written in; `None` for a NULL, which has every form.
    const fn form(&self) -> Option<Form> {
        match self {
            Self::Null => None,
            Self::Integer(_) => Some(Form::Integer),
            Self::Number(_) => Some(Form::Float),
            Self::Numeric(_) => Some(Form::Numeric),
            Self::Boolean(_) | Self::Text(_) | Self::Uuid(_) => Some(Form::Plain),
        }
    }

    /// Returns the bytes of its field; `None` for NULL.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Null => None,
            Self::Boolean(value) => Some(vec![u8::from(*value)]),
            Self::Integer(value) => Some(value.to_be_bytes().into()),
            Self::Number(value) => Some(value.to_be_bytes().into()),
            Self::Numeric(value) => Some(numeric(value)),
            Self::Text(value) => Some(value.as_bytes().into()),
            Self::Uuid(value) => Some(value.as_bytes().into()),
        }
    }
}

/// Returns a number in PostgreSQL's binary form of a numeric.
fn numeric(number: &Number) -> Vec<u8> {
    let message = |weight: i16, sign: u16, scale: u16, groups: &[[u8; 2]]| {
        let header = [
            (groups.len() as u16).to_be_bytes(),
            weight.to_be_bytes(),
            sign.to_be_bytes(),
            scale.to_be_bytes(),
        ];
        [header.concat(), groups.concat()].concat()
    };
    let Some(decimal) = number.to_numeric() else {
        let sign = match number.to_double() {
            number if number.is_nan() => 0xC000,
            number if number > 0.0 => 0xD000,
            _ => 0xF000,
        };
        return message(0, sign, 0, &[]);
    };
    let (negative, digits) = decimal.unscaled().digits();
    // Adds zeros so that a group of four digits ends at the point.
    let after = usize::from(decimal.scale()).div_ceil(4);
    let digits = digits + &"0".repeat(4 * after - usize::from(decimal.scale()));
    let count = digits.len().div_ceil(4).max(after);
    let digits = format!("{digits:0>width$}", width = 4 * count);
    let group =
        |digits: &[u8]| digits.iter().fold(0, |group, digit| 10 * group + u16::from(digit - b'0'));
    let groups: Vec<[u8; 2]> =
        digits.as_bytes().chunks(4).map(|digits| group(digits).to_be_bytes()).collect();
    let first = groups.iter().position(|group| *group != [0; 2]).unwrap_or(count);
    let end = groups.iter().rposition(|group| *group != [0; 2]).map_or(count, |last| last + 1);
    let weight = (count - after) as i16 - 1 - first as i16;
    message(weight, if negative { 0x4000 } else { 0 }, decimal.scale(), &groups[first..end])
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
