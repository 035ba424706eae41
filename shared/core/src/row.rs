/// One row as a kernel sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// The row's key, unique in the table.
    pub key: i64,
    /// The values of the kernel's columns, in the kernel's order; `None` is SQL's NULL.
    pub values: &'a [Option<f64>],
}

/// Some rows of a chunk, as many as are folded at a time.
///
/// A source fills a batch, hands it to the fold, clears it and fills it again, so that the
/// memory of a chunk does not grow with its rows.
#[derive(Debug)]
pub struct RowBatch {
    width: usize,
    keys: Vec<i64>,
    values: Vec<Option<f64>>,
}

impl RowBatch {
    /// The most rows of a batch: 68 KB at four columns, which stay in the processor's cache.
    pub const CAPACITY: usize = 1024;

    /// An empty batch of rows with `width` columns besides the key.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            keys: Vec::with_capacity(Self::CAPACITY),
            values: Vec::with_capacity(Self::CAPACITY * width),
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If `values` does not give as many values as the batch has columns.
    pub fn push(&mut self, key: i64, values: impl IntoIterator<Item = Option<f64>>) {
        self.keys.push(key);
        self.values.extend(values);
        assert_eq!(self.values.len(), self.keys.len() * self.width, "columns of row {key}");
    }

    /// Whether the batch should be folded before another row is added.
    pub fn is_full(&self) -> bool {
        self.keys.len() >= Self::CAPACITY
    }

    /// Takes all rows out.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }

    /// The rows, in the order they were added.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let width = self.width;
        self.keys
            .iter()
            .enumerate()
            .map(move |(at, &key)| Row { key, values: &self.values[at * width..(at + 1) * width] })
    }
}
