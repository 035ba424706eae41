use std::{
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pgfold_core::{
    BlockRange, ChunkRange, Error, FoldAggregates, FoldRows, Projection, ReadTimes, Reading,
    Result, RowBatch, RowCount, SnapshotId,
    kernel::{Aggregates, Measure},
    short_fingerprint,
};
use tokio_postgres::{SimpleQueryMessage, types::Type};

use crate::postgres::{
    SourceTable,
    connect::{
        connection::Connection,
        connections::Connections,
        failure::{from_import, from_postgres},
        transaction::Isolation,
    },
    plan::{
        lock,
        relation::{self, Parameter, Relation, query},
    },
    read::{
        rows::Conversation,
        select::{Query, Statement},
    },
    service::SERVICE,
};

/// The most characters of a snapshot's name. Each receipt has one, and a result up to 10,000
/// receipts.
const LONGEST_NAME: usize = 64;

/// Returns the quoted names of relations.
const NAMES: &str = "
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = ANY ($1)";

/// Returns the name of the instant that this transaction sees. On a standby the name does not
/// include the transactions in progress, so each reading there gets a name of its own, unless its
/// snapshot was imported.
const SNAPSHOT: &str = "
    SELECT pg_current_snapshot()::text
           || CASE WHEN $1 AND pg_is_in_recovery()
                   THEN ':' || pg_backend_pid() || ':' || extract(epoch FROM clock_timestamp())
                   ELSE '' END";

/// A transaction that sees one instant.
pub(in crate::postgres) struct PostgresReading {
    pub(in crate::postgres) connection: Connection,
    connections: Arc<Connections>,
    pub(in crate::postgres) source: Arc<SourceTable>,
    snapshot: String,
}

impl PostgresReading {
    /// Opens a transaction that sees the instant `snapshot`, or without one the present instant.
    pub(in crate::postgres) async fn begin(
        connections: Arc<Connections>,
        source: Arc<SourceTable>,
        timeout: Duration,
        snapshot: Option<&SnapshotId>,
    ) -> Result<Self> {
        let connection = connections.take().await?;
        let mut begin = connection.begin(Isolation::RepeatableRead, timeout);
        let held = match snapshot {
            Some(id) => Some((id, relation::kind(&connection, &source).await?)),
            None => None,
        };
        if let Some((id, kind)) = held {
            // Locks before the import. The import succeeds only while the holder still has the
            // snapshot, and with it the holder's lock. So the table is locked at every moment.
            begin += &lock::before_snapshot(&source, kind);
            begin += &format!("; SET TRANSACTION SNAPSHOT '{id}'");
        }
        // `try_join!` polls in this order, so both queries are sent together and take one round
        // trip.
        let begun = connection.batch_execute(&begin);
        let is_own = held.is_none();
        let parameters: [Parameter<'_>; 1] = [(&is_own, Type::BOOL)];
        let named = connection.query_typed(SNAPSHOT, &parameters);
        let begun = tokio::try_join!(biased; begun, named);
        let ((), rows) = begun.map_err(|error| from_import(error, snapshot))?;
        if let Some((id, kind)) = held
            && !lock::kept(&connection, &source, kind).await?
        {
            return Err(Error::SnapshotGone(id.clone()));
        }
        let snapshot = name_of(rows[0].get(0));
        Ok(Self { connection, connections, source, snapshot })
    }

    /// Returns the queries for the rows of a chunk.
    pub(in crate::postgres) async fn queries(
        &self,
        range: &ChunkRange,
        relation: &Relation,
    ) -> Result<Vec<Query>> {
        match range {
            ChunkRange::Partition(partition) => {
                Err(Error::Invalid(format!("{partition} has no rows of a table")))
            }
            ChunkRange::Keys(keys) => Ok(vec![Query::of_keys(&self.source, keys, relation)?]),
            ChunkRange::Blocks(ranges) => {
                let oids: Vec<u32> = ranges.iter().map(|range| range.relation()).collect();
                let parameters: [Parameter<'_>; 1] = [(&oids, Type::OID_ARRAY)];
                let names = query(&self.connection, NAMES, &parameters).await?;
                let of_blocks = |range: &BlockRange| {
                    let number = range.relation();
                    let row = names.iter().find(|row| row.get::<_, u32>("oid") == number);
                    let gone = || Error::Misconfigured(format!("there is no relation {number}"));
                    let name = row.ok_or_else(gone)?.get("name");
                    Ok(Query::of_blocks(&self.source, *range, relation, name))
                };
                ranges.iter().map(of_blocks).collect()
            }
        }
    }

    /// Calls `fold` with the rows of the queries, and ends the transaction.
    async fn fold(
        self,
        queries: Vec<Query>,
        relation: &Relation,
        fold: &mut dyn FoldRows,
    ) -> Result<ReadTimes> {
        let started_at = Instant::now();
        let source = &self.source;
        let mut fold = Timed { fold, source, folding: Duration::ZERO, is_refused: false };
        let statements: Vec<Statement> = queries.chunks(1).map(Statement::of_all).collect();
        let streamed = self.stream(&statements, &mut fold).await;
        let Timed { folding, is_refused, .. } = fold;
        streamed.map_err(|error| if is_refused { error } else { of_columns(error, relation) })?;
        self.end(relation).await?;
        Ok(ReadTimes { reading: started_at.elapsed().saturating_sub(folding), folding })
    }

    /// Checks that the rows were those of the relation that was looked up, and ends the
    /// transaction. Until then the relation is locked and keeps its name.
    async fn end(self, relation: &Relation) -> Result<()> {
        let name = self.source.table.to_string().replace('\'', "''");
        let end = format!("SELECT '{name}'::regclass::oid; COMMIT");
        let messages = self.connection.simple_query(&end).await.map_err(from_postgres)?;
        let is_read = messages.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => {
                row.get(0).is_some_and(|oid| oid.parse() == Ok(relation.oid))
            }
            _ => false,
        });
        if !is_read {
            return Err(relation::other_relation(&self.source));
        }
        self.connections.put_back(self.connection);
        Ok(())
    }

    /// Calls `fold` with the rows of the statements as they arrive.
    pub(in crate::postgres) async fn stream(
        &self,
        statements: &[Statement],
        fold: &mut dyn FoldRows,
    ) -> Result<()> {
        let lost = || Error::unavailable(SERVICE, "the connection was lost during an answer");
        let mut stream = self.connection.stream.borrow().ok_or_else(lost)?;
        stream.set_bulk_read(true);
        let mut conversation = Conversation::new(stream);
        if let Err(error) = conversation.fold_answers(statements, fold).await {
            // The session may have ended, and said why, before the stream was borrowed.
            return Err(self.connection.end().await.map_or(error, from_postgres));
        }
        let (mut stream, unread) = conversation.end();
        stream.set_bulk_read(false);
        self.connection.stream.give_back(stream, unread);
        Ok(())
    }
}

/// Takes the time of a fold, and whether it was the fold that ended a reading.
struct Timed<'f> {
    fold: &'f mut dyn FoldRows,
    source: &'f SourceTable,
    folding: Duration,
    is_refused: bool,
}

impl FoldRows for Timed<'_> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let started_at = Instant::now();
        let folded = self.fold.fold(batch).map_err(|error| of_source(error, self.source));
        self.folding += started_at.elapsed();
        self.is_refused = folded.is_err();
        folded
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let ready = self.fold.poll_ready(context);
        self.is_refused |= matches!(ready, Poll::Ready(Err(_)));
        ready
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
        fold: &mut dyn FoldRows,
    ) -> Result<ReadTimes> {
        let relation = relation::look_up(&self.connection, &self.source, projection).await?;
        let queries = self.queries(range, &relation).await?;
        self.fold(queries, &relation, fold).await
    }

    async fn narrow(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        measure: Measure,
        fold: &mut dyn FoldRows,
    ) -> Result<(ReadTimes, Option<RowCount>)> {
        let started_at = Instant::now();
        let relation = relation::look_up(&self.connection, &self.source, projection).await?;
        let narrowed = self.narrowed(range, &relation, &measure).await;
        let (queries, count) = match narrowed.map_err(|error| of_columns(error, &relation))? {
            Some(narrowed) => (narrowed.queries, Some(narrowed.count)),
            None => (self.queries(range, &relation).await?, None),
        };
        let narrowing = started_at.elapsed();
        let times = self.fold(queries, &relation, fold).await?;
        Ok((ReadTimes { reading: times.reading + narrowing, ..times }, count))
    }

    async fn aggregate(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        aggregates: &[Aggregates],
        fold: &mut dyn FoldAggregates,
    ) -> Result<ReadTimes> {
        // A row may lack its key, which is detected only if the row is read.
        if self.source.trusted_key {
            return self.read(range, projection, fold).await;
        }
        let relation = relation::look_up(&self.connection, &self.source, projection).await?;
        let queries = self.queries(range, &relation).await?.into_iter();
        let queries = queries.map(|query| query.aggregated(&self.source, &relation, aggregates));
        let queries = queries.collect();
        self.fold(queries, &relation, &mut |batch: RowBatch<'_>| fold.fold_aggregates(batch)).await
    }
}

/// Adds the source to the error of rows that cannot be folded.
fn of_source(error: Error, source: &SourceTable) -> Error {
    let Error::Misconfigured(problem) = error else { return error };
    let (table, key) = (&source.table, source.key.as_deref().unwrap_or("ctid"));
    Error::Misconfigured(format!("table {table}, key {key:?}: {problem}"))
}

/// Adds the columns to an error of Postgres, which may name none of them.
fn of_columns(error: Error, relation: &Relation) -> Error {
    let Error::Misconfigured(problem) = error else { return error };
    let columns = relation.columns.iter().map(|read| {
        let (name, kind) = (&read.column.name, read.column.kind.name());
        format!("{name:?} ({}) as {kind}", read.type_name)
    });
    let columns: Vec<String> = columns.collect();
    Error::Misconfigured(format!("{problem}, reading {}", columns.join(", ")))
}

/// Returns a name of at most [`LONGEST_NAME`] characters for a snapshot: its text or, if many
/// transactions were in progress, the start of its text and a fingerprint.
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
    use pgfold_core::KeyKind;

    use super::*;
    use crate::postgres::connect::{
        connection::tests::{CONFLICT, in_conflict},
        login::Login,
    };

    #[tokio::test]
    async fn rows_of_a_session_that_has_ended_fail_with_the_words_of_postgres() {
        let config = tokio_postgres::Config::new();
        let reading = PostgresReading {
            connection: in_conflict().await,
            connections: Arc::new(Connections::new(config, Login::Password, None)),
            source: Arc::new(SourceTable::new("points", "id", ["x"]).unwrap()),
            snapshot: String::new(),
        };
        let statement = Statement {
            sql: "SELECT".to_owned(),
            key: KeyKind::Integer,
            forms: Vec::new(),
            fields: Vec::new(),
            values: Vec::new(),
        };
        let error = reading.stream(&[statement], &mut |_: RowBatch<'_>| Ok(())).await.unwrap_err();
        assert_eq!(error.to_string(), CONFLICT);
    }

    #[test]
    fn snapshots_with_many_transactions_have_short_and_different_names() {
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
