use crate::KeyRef;

/// One row as a kernel sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// The row's key.
    pub key: KeyRef<'a>,
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
    keys: Keys,
    values: Vec<Option<f64>>,
}

impl RowBatch {
    /// The most rows of a batch: 68 KB at four columns, which stay in the processor's cache.
    pub const CAPACITY: usize = 1024;

    /// An empty batch of rows with `width` columns besides the key.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            keys: Keys::Integers(Vec::with_capacity(Self::CAPACITY)),
            values: Vec::with_capacity(Self::CAPACITY * width),
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If `values` does not give as many values as the batch has columns, or the key is of
    /// another kind than the batch's.
    pub fn push<'k>(
        &mut self,
        key: impl Into<KeyRef<'k>>,
        values: impl IntoIterator<Item = Option<f64>>,
    ) {
        self.keys.push(key.into());
        self.values.extend(values);
        assert_eq!(self.values.len(), self.len() * self.width, "columns of row {}", self.len());
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the batch should be folded before another row is added.
    pub fn is_full(&self) -> bool {
        self.len() >= Self::CAPACITY
    }

    /// Takes all rows out.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }

    /// The rows, in the order they were added.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let width = self.width;
        (0..self.len()).map(move |at| Row {
            key: self.keys.get(at),
            values: &self.values[at * width..(at + 1) * width],
        })
    }
}

/// The keys of a batch, all of one kind.
#[derive(Debug)]
enum Keys {
    Integers(Vec<i64>),
    /// One after the other, and where each ends.
    Texts(String, Vec<usize>),
}

impl Keys {
    fn push(&mut self, key: KeyRef<'_>) {
        match (&mut *self, key) {
            (Self::Integers(keys), KeyRef::Integer(key)) => keys.push(key),
            (Self::Texts(text, ends), KeyRef::Text(key)) => {
                text.push_str(key);
                ends.push(text.len());
            }
            (Self::Integers(keys), KeyRef::Text(key)) if keys.is_empty() => {
                *self = Self::Texts(key.to_owned(), vec![key.len()]);
            }
            (_, key) => panic!("key {key:?} in a batch of other keys"),
        }
    }

    fn get(&self, at: usize) -> KeyRef<'_> {
        match self {
            Self::Integers(keys) => KeyRef::Integer(keys[at]),
            Self::Texts(text, ends) => {
                let start = if at == 0 { 0 } else { ends[at - 1] };
                KeyRef::Text(&text[start..ends[at]])
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Integers(keys) => keys.len(),
            Self::Texts(_, ends) => ends.len(),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Integers(keys) => keys.clear(),
            Self::Texts(text, ends) => {
                text.clear();
                ends.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_keys_of_either_kind() {
        let mut batch = RowBatch::new(1);
        for key in [3, -1] {
            batch.push(key, [Some(0.5)]);
        }
        let keys: Vec<KeyRef<'_>> = batch.rows().map(|row| row.key).collect();
        assert_eq!(keys, [KeyRef::Integer(3), KeyRef::Integer(-1)]);
        batch.clear();
        assert!(batch.is_empty());

        let mut batch = RowBatch::new(0);
        for round in 0..2 {
            for key in ["", "b", "añb", ""] {
                batch.push(key, []);
            }
            let keys: Vec<KeyRef<'_>> = batch.rows().map(|row| row.key).collect();
            assert_eq!(keys, ["", "b", "añb", ""].map(KeyRef::Text), "round {round}");
            batch.clear();
        }
    }
}
