//! What a query reads of the table: the rows that meet its filter, and their values. This is written
//! again here, apart from the sources that pgfold has.

use pgfold_core::{
    Cell, Column, Comparison, Condition, FoldRows, FoldedQuery, GroupType, KeyKind, Literal,
    OutputColumn, Projection, Query, RowBuffer, Test, ValueType,
};

use crate::table::Row;

/// The names of the coordinates.
pub(crate) const COORDINATES: [&str; 4] = ["x1", "y1", "x2", "y2"];

/// The name of a column of texts, which rows share.
pub(crate) const SIDE: &str = "side";

/// Returns the side of a row; `None` is NULL.
fn side(key: i64) -> Option<&'static str> {
    [Some("left"), Some("right"), None, Some("")][key.rem_euclid(4) as usize]
}

/// Returns the types of the values that make groups.
pub(crate) fn group_types(projection: &Projection) -> Vec<GroupType> {
    projection.groups.iter().map(|_| GroupType::Text).collect()
}

/// Returns the columns that are read, as files have them.
pub(crate) fn columns(projection: &Projection) -> Vec<OutputColumn> {
    let column = |column: &Column| OutputColumn {
        name: column.name.clone(),
        value_type: if column.name == SIDE { ValueType::Text } else { ValueType::Double },
        sql_type: None,
    };
    projection.columns.iter().map(column).collect()
}

/// Returns those of these rows that are asked for, as a fold is handed them.
pub(crate) fn batch(projection: &Projection, rows: &[Row]) -> RowBuffer {
    let mut batch = RowBuffer::new(KeyKind::Integer);
    for row in rows.iter().filter(|row| projection.filter.iter().all(|one| meets(row, one))) {
        let groups = projection.groups.iter().map(|by| cell(row, &by.column));
        let columns = projection.columns.iter().map(|column| cell(row, &column.name));
        batch.push_cells(&row.0.into(), groups.chain(columns));
    }
    batch
}

pub(crate) fn cell(&(key, coordinates): &Row, column: &str) -> Cell {
    match COORDINATES.iter().position(|name| *name == column) {
        Some(place) => coordinates[place].into(),
        None => side(key).map_or(Cell::Null, |side| Cell::Text(side.to_owned())),
    }
}

pub(crate) fn meets(row: &Row, condition: &Condition) -> bool {
    match (cell(row, &condition.column), &condition.test) {
        (Cell::Number(x), Test::Compare(Comparison::Lt, Literal::Number(y))) => {
            x < y.as_f64().unwrap()
        }
        (Cell::Text(one), Test::Compare(Comparison::Ne, Literal::Text(other))) => one != *other,
        (Cell::Null, _) => false,
        (cell, test) => unreachable!("no client asks for {cell:?} {test:?}"),
    }
}

/// What a query makes of these rows.
pub(crate) fn folded(query: &Query, rows: &[Row]) -> FoldedQuery {
    let opened = query.open().unwrap();
    let projection = Projection::of(&opened);
    let mut fold = opened.fold();
    fold.fold(batch(&projection, rows).batch()).unwrap();
    fold.finish().unwrap()
}
