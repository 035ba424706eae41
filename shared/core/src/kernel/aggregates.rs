use super::{Bound, Ends};
use crate::{
    error::{Error, Result},
    rows::{IndexedRow, KeyRef, Number, RowFields, malformed},
};

/// What a database computes over rows instead of sending them, besides their number. Columns are
/// named by their places, from 0 for the first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Aggregates {
    /// How many rows pass each of these tests.
    pub counts: Vec<RowTest>,
    /// The least and the greatest value of some of the rows.
    pub ends: Vec<EndsOf>,
}

/// A test of a row. A row in which a tested column is NULL does not pass.
#[derive(Debug, Clone, PartialEq)]
pub enum RowTest {
    /// The column is not NULL.
    NotNull(usize),
    /// The column is a number other than NaN.
    NotNan(usize),
    /// Each of these columns is a number other than NaN and the infinities.
    Finite(Vec<usize>),
    /// The column is a number below the bound. A NaN is not.
    Below(usize, Bound),
}

/// The least and the greatest value of a column of numbers, of the rows in which all of some columns
/// are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct EndsOf {
    /// The column.
    pub column: usize,
    /// The columns that must be finite, `column` among them.
    pub finite: Vec<usize>,
}

/// The aggregates of at least one row.
#[derive(Debug, Clone)]
pub struct Aggregated {
    /// The number of rows.
    pub rows: u64,
    /// How many rows passed each test, in the order of [`Aggregates::counts`].
    pub counts: Vec<u64>,
    /// The least and the greatest values, in the order of [`Aggregates::ends`].
    pub ends: Vec<Ends>,
}

/// How the partial `P` of a kernel `K` follows from aggregates of the rows.
#[derive(Debug)]
pub struct Aggregation<K, P> {
    /// The aggregates, over the kernel's columns.
    pub aggregates: Aggregates,
    /// Returns the partial that folding the rows makes, bit for bit, and how many of the rows it
    /// skips.
    pub partial: fn(&K, Aggregated) -> (P, u64),
}

impl Aggregates {
    /// Returns the number of values of an aggregated row: one for each count, and two for each pair
    /// of ends.
    pub const fn width(&self) -> usize {
        self.counts.len() + 2 * self.ends.len()
    }

    /// Returns the same aggregates of the columns from this place on.
    pub(crate) fn shifted_by(&self, first: usize) -> Self {
        let all = |columns: &[usize]| columns.iter().map(|column| first + column).collect();
        let test = |test: &RowTest| match test {
            RowTest::NotNull(column) => RowTest::NotNull(first + column),
            RowTest::NotNan(column) => RowTest::NotNan(first + column),
            RowTest::Finite(columns) => RowTest::Finite(all(columns)),
            RowTest::Below(column, bound) => RowTest::Below(first + column, bound.clone()),
        };
        let ends = |EndsOf { column, finite }: &EndsOf| EndsOf {
            column: first + column,
            finite: all(finite),
        };
        Self {
            counts: self.counts.iter().map(test).collect(),
            ends: self.ends.iter().map(ends).collect(),
        }
    }

    /// Reads the aggregates at these places of a row: the counts, and then each least and greatest
    /// value. The row's key is the number of rows.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the row has other values.
    pub(super) fn read(&self, row: IndexedRow<'_>, places: &[usize]) -> Result<Aggregated> {
        let mut fields = row.fields(places);
        fields.check_count(self.width())?;
        let counts = self.counts.iter().map(|_| {
            let count = fields.value::<i64>()?.map(u64::try_from);
            count.and_then(Result::ok).ok_or_else(no_count)
        });
        let counts = counts.collect::<Result<Vec<u64>>>()?;
        let ends = self.ends.iter().map(|_| {
            let mut ends = Ends::NONE;
            for _ in 0..2 {
                // Without a finite number, a database may return one that is not.
                if let Some(number) = fields.value::<Number>()?.filter(Number::is_finite) {
                    ends.take(&number);
                }
            }
            Ok(ends)
        });
        let ends = ends.collect::<Result<Vec<Ends>>>()?;
        Ok(Aggregated { rows: row_count(row)?, counts, ends })
    }
}

/// Returns the number of rows of an aggregated row, which is its key.
///
/// # Errors
/// [`Error::Corrupt`](crate::Error::Corrupt) if the key is not a number of rows.
pub(crate) fn row_count(row: IndexedRow<'_>) -> Result<u64> {
    let KeyRef::Integer(rows) = row.key() else { return Err(no_count()) };
    u64::try_from(rows).map_err(|_| no_count())
}

#[cold]
fn no_count() -> Error {
    malformed("it lacks a count")
}

#[cfg(test)]
pub(crate) mod reference;
