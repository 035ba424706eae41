//! What a database computes, written again here: aggregates over the cells of some rows.

use std::cmp::Ordering;

use super::{Aggregates, EndsOf, RowTest};
use crate::rows::{Cell, Number};

/// Returns the aggregates of these rows as cells. Of several equal numbers the first is returned,
/// as SQL's `min` and `max` may; if none is finite, one that is not, as PostgreSQL's do.
pub(crate) fn aggregated(aggregates: &Aggregates, rows: &[&[Cell]]) -> Vec<Cell> {
    let count =
        |test: &RowTest| Cell::Integer(rows.iter().filter(|row| passes(test, row)).count() as i64);
    let counts = aggregates.counts.iter().map(count);
    let ends = aggregates.ends.iter().flat_map(|EndsOf { column, finite }| {
        let test = RowTest::Finite(finite.clone());
        let cells = rows.iter().filter(|row| passes(&test, row)).map(|row| &row[*column]);
        let first = |wanted| {
            let better = |best: &'_ Cell, cell: &'_ Cell| order(cell, best) == wanted;
            let best =
                cells.clone().reduce(|best, cell| if better(best, cell) { cell } else { best });
            best.cloned().unwrap_or_else(|| limit(rows, *column, wanted))
        };
        [first(Ordering::Less), first(Ordering::Greater)]
    });
    counts.chain(ends).collect()
}

fn passes(test: &RowTest, row: &[Cell]) -> bool {
    let number = |column: &usize| number(&row[*column]);
    match test {
        RowTest::NotNull(column) => row[*column] != Cell::Null,
        RowTest::NotNan(column) => number(column).is_some_and(|number| !number.is_nan()),
        RowTest::Finite(columns) => {
            columns.iter().all(|column| number(column).is_some_and(|number| number.is_finite()))
        }
        RowTest::Below(column, bound) => {
            number(column).is_some_and(|number| !number.is_nan() && !bound.is_reached(&number))
        }
    }
}

fn number(cell: &Cell) -> Option<Number> {
    match cell {
        Cell::Integer(number) => Some(Number::Integer(*number)),
        Cell::Number(number) => Some(Number::Float(*number)),
        Cell::Numeric(number) => Some(number.clone()),
        _ => None,
    }
}

/// Orders two finite numbers of one type by their values alone.
fn order(one: &Cell, other: &Cell) -> Ordering {
    match (number(one), number(other)) {
        (Some(Number::Float(one)), Some(Number::Float(other))) => {
            one.partial_cmp(&other).unwrap_or(Ordering::Equal)
        }
        (Some(Number::Numeric(one)), Some(Number::Numeric(other))) => one.compare(&other),
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => Ordering::Equal,
    }
}

/// Returns a value that is not finite, and not on the side that is asked for.
fn limit(rows: &[&[Cell]], column: usize, wanted: Ordering) -> Cell {
    let other_side = match wanted {
        Ordering::Less => f64::NEG_INFINITY,
        _ => f64::INFINITY,
    };
    let is_limit = |cell: &&Cell| number(cell).is_some_and(|number| !number.is_finite());
    let mut cells = rows.iter().map(|row| &row[column]).filter(is_limit);
    cells
        .find(|cell| number(cell) != Some(Number::Float(other_side)))
        .cloned()
        .unwrap_or(Cell::Null)
}
