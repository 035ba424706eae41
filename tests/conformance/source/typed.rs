//! A table with a column of each type that every source can filter and group by, and readings of it
//! by filters and groups.

use std::fmt::Write;

use pgfold_core::{
    Cell, ChunkCount, Consistency, FieldIndex, FoldRows, GroupBy, KeyRef, Number, Numeric, Planned,
    Projection, Result, RowBatch, Source,
};
use pgfold_tests::numbers;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{LIMIT, Table};

/// The columns of the table, after its key.
pub(super) const COLUMNS: [&str; 6] = ["whole", "number", "exact", "word", "yes", "code"];

/// A row of the table; `None` is NULL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed {
    pub(super) key: i64,
    pub(super) whole: Option<i64>,
    pub(super) number: Option<f64>,
    pub(super) exact: Option<&'static str>,
    pub(super) word: Option<&'static str>,
    pub(super) yes: Option<bool>,
    pub(super) code: Option<Uuid>,
}

/// Rows in which every value of a column meets each of the others. Values that differ in their
/// form alone are among them.
pub(super) fn all() -> Vec<Typed> {
    let wholes = [None, Some(-1), Some(0), Some(7), Some(i64::MAX), Some(i64::MIN)];
    let numbers = [None, Some(-0.0), Some(0.0), Some(1.5), Some(f64::NAN), Some(f64::INFINITY)];
    let exacts =
        [None, Some("1.5"), Some("1.50"), Some("NaN"), Some("-0.10"), Some("12345678901234567890")];
    let words = [None, Some(""), Some("a"), Some("A"), Some("Zürich"), Some("a "), Some("O'Neil")];
    let booleans = [None, Some(true), Some(false)];
    let codes = [None, Some(Uuid::nil()), Some(Uuid::max())];
    let row = |key: i64| {
        // Each column turns at a pace of its own.
        let at = |pace: usize, count: usize| key as usize / pace % count;
        Typed {
            key: 3 * key - 1000,
            whole: wholes[at(1, wholes.len())],
            number: numbers[at(6, numbers.len())],
            exact: exacts[at(5, exacts.len())],
            word: words[at(1, words.len())],
            yes: booleans[at(2, booleans.len())],
            code: codes[at(7, codes.len())],
        }
    };
    (0..1000).map(row).collect()
}

impl Typed {
    /// The row's cells in memory.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let exact = |digits: &str| match Numeric::parse(digits) {
            Some(number) => Number::Numeric(number),
            None => Number::Float(digits.parse().unwrap()),
        };
        vec![
            self.whole.map_or(Cell::Null, Cell::Integer),
            self.number.into(),
            self.exact.map_or(Cell::Null, |digits| Cell::Numeric(exact(digits))),
            self.word.map_or(Cell::Null, |word| Cell::Text(word.to_owned())),
            self.yes.map_or(Cell::Null, Cell::Boolean),
            self.code.map_or(Cell::Null, Cell::Uuid),
        ]
    }
}

/// The SQL that creates the table.
pub(super) fn sql(rows: &[Typed]) -> String {
    let mut sql = "CREATE TABLE typed (
        id BIGINT PRIMARY KEY, whole BIGINT, number FLOAT, exact NUMERIC, word TEXT COLLATE \"C\",
        yes BOOLEAN, code UUID
    );
    INSERT INTO typed VALUES "
        .to_owned();
    let text = |value: Option<String>| match value {
        Some(value) => format!("'{}'", value.replace('\'', "''")),
        None => "NULL".to_owned(),
    };
    for (place, row) in rows.iter().enumerate() {
        let values = [
            text(row.whole.map(|whole| whole.to_string())),
            text(row.number.map(|number| number.to_string())),
            text(row.exact.map(str::to_owned)),
            text(row.word.map(str::to_owned)),
            text(row.yes.map(|yes| yes.to_string())),
            text(row.code.map(|code| code.to_string())),
        ];
        let comma = if place == 0 { "" } else { "," };
        write!(sql, "{comma}({}, {})", row.key, values.join(", ")).unwrap();
    }
    sql + "; CREATE INDEX typed_whole ON typed (whole); ANALYZE typed"
}

/// What is read of the rows that meet `filter`, in the groups of these columns.
pub(super) fn asked(filter: &Value, groups: &[&str]) -> Projection {
    let by = |column: &&str| GroupBy {
        column: (*column).to_owned(),
        unit: None,
        time_zone: None,
        name: (*column).to_owned(),
    };
    Projection {
        filter: serde_json::from_value(filter.clone()).unwrap(),
        groups: groups.iter().map(by).collect(),
        ..numbers(&["number"])
    }
}

/// Plans a reading in this many chunks, and reads all of them as mappers do: by what the job stores.
/// Returns the plan, and of each row its key and the bytes that make its group.
pub(super) async fn read(
    table: &Table,
    projection: &Projection,
    consistency: Consistency,
    chunks: u64,
) -> Result<(Planned, Vec<(i64, Vec<u8>)>)> {
    let source: &dyn Source = &*table.source;
    let chunks = ChunkCount::new(chunks)?;
    let (planned, held) = match consistency {
        Consistency::PerChunk => (source.plan(chunks, projection).await?, None),
        Consistency::Snapshot => {
            let (planned, held) = source.hold(chunks, projection, LIMIT).await?;
            (planned, Some(held))
        }
    };
    let projection = Projection {
        filter: serde_json::from_value(json!(planned.filter)).unwrap(),
        cut_by: planned.cut_by.clone(),
        relation: planned.relation.clone(),
        ..projection.clone()
    };
    let mut rows = Rows { groups: projection.groups.len(), found: Vec::new() };
    for (_, range) in planned.plan.chunks() {
        let reading = source.begin(held.as_ref().map(|held| held.id())).await?;
        reading.read(&range, &projection, &mut rows).await?;
    }
    rows.found.sort();
    Ok((planned, rows.found))
}

/// Keeps of each row its key, and the bytes of the values that make its group.
struct Rows {
    groups: usize,
    found: Vec<(i64, Vec<u8>)>,
}

impl FoldRows for Rows {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let mut index = FieldIndex::default();
        for row in index.fill(batch, self.groups + 1)?.rows() {
            let KeyRef::Integer(key) = row.key() else { panic!("{:?} is no integer", row.key()) };
            self.found.push((key, row.first(self.groups).to_vec()));
        }
        Ok(())
    }
}
