//! The smallest and the largest key of a source.

use pgfold_core::Result;
use tokio_postgres::{Row, error::SqlState};

use crate::postgres::{
    SourceTable,
    connect::{
        connection::Connection,
        failure::{CallError, from_postgres},
        transaction::set,
    },
    table::quoted,
};

/// The time limit of the search for the ends, in milliseconds. If an end of the index has millions
/// of dead rows, as a queue's index has, the search can take longer than reading the table.
const LIMIT_MS: &str = "500";

/// The result of the search for the smallest and the largest key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Ends {
    /// Every key is from `min` to `max`.
    Keys { min: i64, max: i64 },
    /// No row has a key.
    NoRows,
    /// The search took too long.
    Unknown,
}

/// Returns the smallest and the largest integer key, from the ends of the index. Ignores the
/// filter, because the first row that meets it may lie far from the end.
pub(in crate::postgres) async fn ends(
    connection: &Connection,
    source: &SourceTable,
    key: &str,
) -> Result<Ends> {
    let (key, table) = (quoted(key), &source.table);
    let sql = format!("SELECT min({key})::int8, max({key})::int8 FROM {table}");
    Ok(match within_limit(connection, connection.query_typed(&sql, &[])).await? {
        Some(row) => match (row.get(0), row.get(1)) {
            (Some(min), Some(max)) => Ends::Keys { min, max },
            _ => Ends::NoRows,
        },
        None => Ends::Unknown,
    })
}

/// Returns the only row of a search for ends; `None` if the search took too long.
pub(in crate::postgres) async fn within_limit(
    connection: &Connection,
    search: impl Future<Output = Result<Vec<Row>, CallError>>,
) -> Result<Option<Row>> {
    let limited = format!("SAVEPOINT before_ends{}", set("statement_timeout", LIMIT_MS));
    // `join!` polls in this order, so both queries are sent together and take one round trip.
    let (limited, found) = tokio::join!(biased; connection.batch_execute(&limited), search);
    limited.map_err(from_postgres)?;
    let row = match found {
        Ok(rows) => rows.into_iter().next(),
        Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => None,
        Err(error) => return Err(from_postgres(error)),
    };
    // The rollback also resets the limit.
    connection.batch_execute("ROLLBACK TO before_ends").await.map_err(from_postgres)?;
    Ok(row)
}
