//! The smallest and the largest key of a source.

use pgfold_core::Result;
use tokio_postgres::{Client, error::SqlState};

use crate::postgres::{
    SourceTable,
    connect::{failure::from_postgres, transaction::set},
    table::quoted,
};

/// How long looking for them may take, in milliseconds. At an end of the index that has millions of
/// dead rows, as a queue's has, it can take longer than reading the table.
const LIMIT_MS: &str = "500";

/// What is known of the ends of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Ends {
    /// Every key is from `min` to `max`.
    Keys { min: i64, max: i64 },
    /// No row has a key.
    NoRows,
    /// They took too long to find.
    Unknown,
}

/// The smallest and the largest integer key, from the ends of the index. The filter is left out,
/// because the first row that meets it may lie far from the end.
pub(in crate::postgres) async fn ends(
    client: &Client,
    source: &SourceTable,
    key: &str,
) -> Result<Ends> {
    let (key, table) = (quoted(key), &source.table);
    let limited = format!("SAVEPOINT before_ends{}", set("statement_timeout", LIMIT_MS));
    let sql = format!("SELECT min({key})::int8, max({key})::int8 FROM {table}");
    // Polled in this order, both go out together and take one round trip.
    let (limited, found) = tokio::join!(
        biased;
        client.batch_execute(&limited),
        client.query_typed(&sql, &[])
    );
    limited.map_err(from_postgres)?;
    let ends = match found {
        Ok(rows) => match (rows[0].get(0), rows[0].get(1)) {
            (Some(min), Some(max)) => Ends::Keys { min, max },
            _ => Ends::NoRows,
        },
        Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => Ends::Unknown,
        Err(error) => return Err(from_postgres(error)),
    };
    // Which also sets the limit back.
    client.batch_execute("ROLLBACK TO before_ends").await.map_err(from_postgres)?;
    Ok(ends)
}
