//! Tables in memory, and errors of a table.

use pgfold_adapters::memory::MemorySource;
use pgfold_core::Error;

/// The columns of the tables.
pub(crate) const COLUMNS: [&str; 4] = ["x1", "y1", "x2", "y2"];

/// A hundred rows; the row with id 42 has the nearest pair: 0.5.
pub(crate) fn hundred_rows() -> MemorySource {
    rows_with_nearest(42)
}

/// A hundred rows; the row with this id has the nearest pair: 0.5.
pub(crate) fn rows_with_nearest(nearest: i64) -> MemorySource {
    let row = |id: i64| {
        let distance = if id == nearest { 0.5 } else { id as f64 };
        (id, vec![Some(0.0), Some(0.0), Some(distance), Some(0.0)])
    };
    MemorySource::new(&COLUMNS, (1..=100).map(row))
}

pub(crate) fn unreachable_database() -> Error {
    Error::unavailable("postgres", "connection refused")
}

pub(crate) fn refused_role() -> Error {
    let why = "postgres: it refuses the configured role or database (SQLSTATE 28P01)";
    Error::Misconfigured(why.to_owned())
}

pub(crate) fn missing_table() -> Error {
    Error::Misconfigured("table \"points\" does not exist".to_owned())
}
