//! A table in PostgreSQL.

mod connection;
mod failure;
mod statistics;
mod table;

use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use pgfold_core::{Error, KeyRange, KeyStatistics, Result, RowBatch, Source, kernel::ChunkFold};
use sha2::{Digest, Sha256};
use tokio_postgres::{
    Client,
    types::{ToSql, Type},
};

use crate::config::DatabaseConfig;
use connection::Connections;
use failure::from_postgres;
pub use table::SourceTable;

const SERVICE: &str = "postgres";

/// How long planning may take, connecting included, before the caller is told that the
/// database is not there. Planning itself takes milliseconds.
const PLAN_TIMEOUT: Duration = Duration::from_secs(3);

/// The most characters of a snapshot's name. A receipt holds one, and a result 10,000 receipts.
const LONGEST_NAME: usize = 64;

/// The rows of a table in PostgreSQL 14 or later.
///
/// Holds one connection open between calls, for the lifetime of a Lambda environment; a
/// connection that has died meanwhile is replaced.
#[derive(Debug)]
pub struct PostgresSource {
    connections: Connections,
    table: SourceTable,
    read_timeout: Duration,
}

impl PostgresSource {
    /// The source that `config` names. Nothing is opened before the first call.
    pub fn new(config: DatabaseConfig) -> Self {
        Self {
            connections: Connections::new(config.connection),
            table: config.table,
            read_timeout: config.read_timeout,
        }
    }
}

#[async_trait]
impl Source for PostgresSource {
    async fn statistics(&self, columns: &[&str]) -> Result<Option<KeyStatistics>> {
        self.table.check_width(columns)?;
        let planning = async {
            let connection = self.connections.take().await?;
            let statistics = statistics::statistics(&connection, &self.table).await?;
            self.connections.put_back(connection);
            Ok(statistics)
        };
        tokio::time::timeout(PLAN_TIMEOUT, planning).await.unwrap_or_else(|_| {
            Err(Error::unavailable(SERVICE, format!("no answer within {PLAN_TIMEOUT:?}")))
        })
    }

    async fn read(
        &self,
        range: KeyRange,
        columns: &[&str],
        fold: &mut dyn ChunkFold,
    ) -> Result<String> {
        self.table.check_width(columns)?;
        let connection = self.connections.take().await?;
        let snapshot = begin(&connection, self.read_timeout).await.map_err(from_postgres)?;
        stream(&connection, &self.table, range, fold).await.map_err(from_postgres)?;
        connection.batch_execute("COMMIT").await.map_err(from_postgres)?;
        self.connections.put_back(connection);
        Ok(snapshot)
    }
}

/// Opens a transaction that sees one instant, and names the instant.
async fn begin(client: &Client, timeout: Duration) -> Result<String, tokio_postgres::Error> {
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}",
        timeout.as_millis()
    );
    let snapshot = "SELECT pg_current_snapshot()::text";
    // Polled in this order, both go out together and take one round trip.
    let begun = client.batch_execute(&begin);
    let named = client.query_typed_one(snapshot, &[]);
    let ((), row) = tokio::try_join!(biased; begun, named)?;
    row.try_get(0).map(name_of)
}

/// A name for a snapshot, of at most [`LONGEST_NAME`] characters: its text, or where many
/// transactions were in progress, a fingerprint of it after the text's beginning.
fn name_of(snapshot: String) -> String {
    match snapshot.char_indices().nth(LONGEST_NAME) {
        None => snapshot,
        Some(_) => {
            let digest = Sha256::digest(snapshot.as_bytes());
            let digest: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
            let (ends, _) = snapshot.rsplit_once(':').unwrap_or_default();
            format!("{ends}:#{digest}")
        }
    }
}

/// Folds the rows of a chunk as they come. Postgres sends on as fast as they are folded, and
/// no faster, so that they do not pile up here.
async fn stream(
    client: &Client,
    table: &SourceTable,
    range: KeyRange,
    fold: &mut dyn ChunkFold,
) -> Result<(), tokio_postgres::Error> {
    let bounds = [Some(range.start()), range.end()];
    let bounds = bounds.iter().flatten().map(|bound| (bound as &(dyn ToSql + Sync), Type::INT8));
    let rows = client.query_typed_raw(&table.select(range.end().is_some()), bounds).await?;
    let mut rows = std::pin::pin!(rows);

    let mut batch = RowBatch::new(table.width());
    let mut values = Vec::with_capacity(table.width());
    while let Some(row) = rows.try_next().await? {
        values.clear();
        for column in 1..=table.width() {
            values.push(row.try_get(column)?);
        }
        batch.push(row.try_get(0)?, values.iter().copied());
        if batch.is_full() {
            fold.fold(&batch);
            batch.clear();
        }
    }
    fold.fold(&batch);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_with_many_transactions_has_a_short_name_of_its_own() {
        assert_eq!(name_of("790:795:791,792".to_owned()), "790:795:791,792");
        let busy = |last: u32| {
            let transactions: Vec<String> = (1000..last).map(|xid| xid.to_string()).collect();
            name_of(format!("1000:2000:{}", transactions.join(",")))
        };
        let (one, other) = (busy(1900), busy(1901));
        assert!(one.starts_with("1000:2000:#") && one.len() <= LONGEST_NAME, "{one}");
        assert_eq!(one, busy(1900));
        assert_ne!(one, other);
    }
}
