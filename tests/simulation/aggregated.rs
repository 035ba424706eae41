//! What a database computes of rows instead of sending them. This is written again here, apart from
//! the sources that pgfold has.

use std::collections::BTreeMap;

use pgfold_core::{
    Cell, KeyKind, Projection, RowBuffer,
    kernel::{Aggregates, EndsOf, RowTest},
};

use crate::{
    asked::{cell, meets},
    table::Row,
};

/// Returns the aggregates of those of these rows that are asked for: a row for each of their groups.
pub(crate) fn aggregated(
    projection: &Projection,
    aggregates: &[Aggregates],
    rows: &[Row],
) -> RowBuffer {
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| projection.filter.iter().all(|one| meets(row, one))) {
        let values = projection.groups.iter().map(|by| match cell(row, &by.column) {
            Cell::Text(value) => Some(value),
            _ => None,
        });
        groups.entry(values.collect()).or_default().push(row);
    }
    let mut batch = RowBuffer::new(KeyKind::Integer);
    for (values, rows) in groups {
        let columns = projection.columns.iter();
        let columns: Vec<Vec<Option<f64>>> = columns
            .map(|column| rows.iter().map(|row| number(row, &column.name)).collect())
            .collect();
        let values = values.into_iter().map(|value| value.map_or(Cell::Null, Cell::Text));
        let computed = aggregates.iter().flat_map(|of| cells(of, &columns, rows.len()));
        batch.push_cells(&(rows.len() as i64).into(), values.chain(computed));
    }
    batch
}

fn number(row: &Row, column: &str) -> Option<f64> {
    match cell(row, column) {
        Cell::Number(number) => Some(number),
        _ => None,
    }
}

/// Returns the aggregates of so many rows, whose values are in these columns.
fn cells(of: &Aggregates, columns: &[Vec<Option<f64>>], rows: usize) -> Vec<Cell> {
    let is_finite = |finite: &[usize], row: usize| {
        finite.iter().all(|column| columns[*column][row].is_some_and(f64::is_finite))
    };
    let counts = of.counts.iter().map(|test| {
        let passes = |row: &usize| match test {
            RowTest::NotNull(column) => columns[*column][*row].is_some(),
            RowTest::Finite(finite) => is_finite(finite, *row),
            RowTest::NotNan(_) | RowTest::Below(..) => unreachable!("no client counts buckets"),
        };
        Cell::Integer((0..rows).filter(passes).count() as i64)
    });
    let ends = of.ends.iter().flat_map(|EndsOf { column, finite }| {
        let values = (0..rows).filter(|row| is_finite(finite, *row));
        let values = values.filter_map(|row| columns[*column][row]);
        [values.clone().reduce(f64::min), values.reduce(f64::max)].map(Cell::from)
    });
    counts.chain(ends).collect()
}
