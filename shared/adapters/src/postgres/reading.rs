use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pgfold_core::{
    BlockRange, ChunkRange, Error, Key, KeyKind, Projection, ReadTimes, Reading, Result, RowBatch,
    RowCount, SnapshotId,
    kernel::{ChunkFold, Measure},
    short_fingerprint,
};
use tokio_postgres::types::{ToSql, Type};

use super::{
    SERVICE, SourceTable,
    connection::{Connection, Connections},
    failure::{from_import, from_postgres},
    lock,
    relation::{self, query},
    rows::Conversation,
    select::{Query, Statement},
};

/// The most characters of a snapshot's name. A receipt holds one, and a result 10,000 receipts.
const LONGEST_NAME: usize = 64;

/// The names of relations, quoted, and the types of their keys.
const NAMES: &str = "
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name,
           (SELECT format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL)
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = c.oid AND a.attname = $2 AND NOT a.attisdropped) AS key_type
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = ANY ($1)";

/// A transaction that sees one instant.
pub(super) struct PostgresReading {
    pub(super) connection: Connection,
    connections: Arc<Connections>,
    pub(super) source: Arc<SourceTable>,
    snapshot: String,
}

impl PostgresReading {
    /// Opens a transaction that sees the instant `snapshot`, or else this one.
    pub(super) async fn begin(
        connections: Arc<Connections>,
        source: Arc<SourceTable>,
        timeout: Duration,
        snapshot: Option<&SnapshotId>,
    ) -> Result<Self> {
        let connection = connections.take().await?;
        let mut begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}",
            timeout.as_millis()
        );
        let held = match snapshot {
            Some(id) => Some((id, relation::kind(&connection, &source).await?)),
            None => None,
        };
        if let Some((id, kind)) = held {
            // Before the snapshot is imported, for which somebody must hold it, and with it a lock
            // of its own: so there is no moment between the two at which nobody has a lock.
            begin += &lock::before_snapshot(&source, kind);
            begin += &format!("; SET TRANSACTION SNAPSHOT '{id}'");
        }
        // Polled in this order, both go out together and take one round trip.
        let begun = connection.batch_execute(&begin);
        let named = connection.query_typed_one("SELECT pg_current_snapshot()::text", &[]);
        let begun = tokio::try_join!(biased; begun, named);
        let ((), row) = begun.map_err(|error| from_import(error, snapshot))?;
        if let Some((id, kind)) = held
            && !lock::kept(&connection, &source, kind).await?
        {
            return Err(Error::SnapshotGone(id.clone()));
        }
        let snapshot = name_of(row.try_get(0).map_err(from_postgres)?);
        Ok(Self { connection, connections, source, snapshot })
    }

    /// The queries for the rows of a chunk, and how they spell keys.
    pub(super) async fn queries(
        &self,
        range: &ChunkRange,
        projection: &Projection,
    ) -> Result<Vec<Query>> {
        match range {
            ChunkRange::Keys(keys) => {
                let kind = match keys.start().or(keys.end()) {
                    Some(Key::Integer(_)) => KeyKind::Integer,
                    Some(Key::Text(_)) => KeyKind::Text,
                    None => relation::key_kind(&self.connection, &self.source).await?,
                };
                Ok(vec![Query::of_keys(&self.source, keys, kind, projection)?])
            }
            ChunkRange::Blocks(ranges) => {
                let oids: Vec<u32> = ranges.iter().map(|range| range.relation()).collect();
                let key = self.source.key.as_deref().unwrap_or_default();
                let parameters =
                    [(&oids as &(dyn ToSql + Sync), Type::OID_ARRAY), (&key, Type::TEXT)];
                let names = query(&self.connection, NAMES, &parameters).await?;
                let of_blocks = |range: &BlockRange| {
                    let relation = range.relation();
                    let row = names.iter().find(|row| row.get::<_, u32>("oid") == relation);
                    let gone = || Error::Misconfigured(format!("there is no relation {relation}"));
                    Ok(Query::of_blocks(&self.source, *range, row.ok_or_else(gone)?, projection))
                };
                ranges.iter().map(of_blocks).collect()
            }
        }
    }

    /// Folds the rows of some queries, and ends the transaction.
    async fn fold(self, queries: Vec<Query>, fold: &mut dyn ChunkFold) -> Result<ReadTimes> {
        let started_at = Instant::now();
        let mut folding = Duration::ZERO;
        let mut fold = |batch: RowBatch<'_>| {
            let started_at = Instant::now();
            let folded = fold.fold(batch).map_err(|error| of_source(error, &self.source));
            folding += started_at.elapsed();
            folded
        };
        let statements: Vec<Statement> = queries.chunks(1).map(Statement::of_all).collect();
        self.stream(&statements, &mut fold).await?;
        self.connection.batch_execute("COMMIT").await.map_err(from_postgres)?;
        self.connections.put_back(self.connection);
        Ok(ReadTimes { reading: started_at.elapsed().saturating_sub(folding), folding })
    }

    /// Hands the rows of some statements over as they come.
    pub(super) async fn stream(
        &self,
        statements: &[Statement],
        fold: &mut (dyn FnMut(RowBatch<'_>) -> Result<()> + Send),
    ) -> Result<()> {
        let lost = || Error::unavailable(SERVICE, "the connection broke off in an answer");
        let mut stream = self.connection.stream.borrow().ok_or_else(lost)?;
        stream.expect_much(true);
        let mut conversation = Conversation::new(stream);
        if let Some(first) = statements.first() {
            conversation.ask(first).await?;
        }
        for (at, statement) in statements.iter().enumerate() {
            if let Some(next) = statements.get(at + 1) {
                conversation.ask(next).await?;
            }
            conversation.fold_answer(statement.key, fold).await?;
        }
        let (mut stream, unread) = conversation.end();
        stream.expect_much(false);
        self.connection.stream.give_back(stream, unread);
        Ok(())
    }
}

#[async_trait]
impl Reading for PostgresReading {
    fn snapshot(&self) -> &str {
        &self.snapshot
    }

    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        fold: &mut dyn ChunkFold,
    ) -> Result<ReadTimes> {
        let queries = self.queries(range, projection).await?;
        self.fold(queries, fold).await
    }

    async fn narrow(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        measure: Measure,
        fold: &mut dyn ChunkFold,
    ) -> Result<(ReadTimes, Option<RowCount>)> {
        let started_at = Instant::now();
        let (queries, count) = match self.narrowed(range, projection, measure).await? {
            Some(narrowed) => (narrowed.queries, Some(narrowed.count)),
            None => (self.queries(range, projection).await?, None),
        };
        let narrowing = started_at.elapsed();
        let times = self.fold(queries, fold).await?;
        Ok((ReadTimes { reading: times.reading + narrowing, ..times }, count))
    }
}

/// Says of which source the rows are that cannot be folded as they are.
fn of_source(error: Error, source: &SourceTable) -> Error {
    let Error::Misconfigured(problem) = error else { return error };
    let (table, key) = (&source.table, source.key.as_deref().unwrap_or("ctid"));
    Error::Misconfigured(format!("table {table}, key {key:?}: {problem}"))
}

/// A name for a snapshot, of at most [`LONGEST_NAME`] characters: its text, or where many
/// transactions were in progress, a fingerprint of it after the text's beginning.
fn name_of(snapshot: String) -> String {
    match snapshot.char_indices().nth(LONGEST_NAME) {
        None => snapshot,
        Some(_) => {
            let (ends, _) = snapshot.rsplit_once(':').unwrap_or_default();
            format!("{ends}:#{}", short_fingerprint(&snapshot))
        }
    }
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
