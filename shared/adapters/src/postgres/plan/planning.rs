//! Planning a job: looking up the relation, checking that it can be read as requested, and cutting
//! it.

use std::{sync::Arc, time::Duration};

use pgfold_core::{ChunkCount, Error, Planned, Projection, Result, SnapshotId};
use tokio_postgres::error::SqlState;

use crate::postgres::{
    SourceTable,
    connect::{
        connection::{Connection, STATEMENT_TIMEOUT},
        connections::Connections,
        failure::{CallError, from_postgres},
        transaction::{Isolation, set},
    },
    plan::{
        asked::Asked,
        blocks,
        checks::check_one_instant,
        hold::PostgresSnapshot,
        keys::{self, Cut, counted, fewer_chunks},
        lock,
        relation::{Relation, query},
        window::Window,
    },
    service::SERVICE,
};

/// Plans chunks that each see their own instant: ranges of keys.
pub(in crate::postgres) async fn plan(
    connections: &Connections,
    source: &SourceTable,
    projection: &Projection,
    chunks: ChunkCount,
) -> Result<Planned> {
    let connection = connections.take().await?;
    let asked = Asked::of(&connection, source, projection).await?;
    let window = asked.window(&connection, source, chunks).await?;
    let window = match window {
        Some(window) => window,
        None => {
            let relation = asked.relation_to_cut();
            Window::of_source(keys::plan(&connection, source, &relation, chunks).await?)
        }
    };
    let planned = asked.planned(window);
    connection.commit().await?;
    connections.put_back(connection);
    Ok(planned)
}

/// Plans chunks that all see one instant, and holds the instant for at most `limit`. The chunks are
/// blocks if the source has readable blocks, otherwise ranges of keys.
pub(in crate::postgres) async fn hold(
    connections: Arc<Connections>,
    source: &SourceTable,
    projection: &Projection,
    chunks: ChunkCount,
    limit: Duration,
) -> Result<(Planned, PostgresSnapshot)> {
    let connection = connections.take().await?;
    // This is a separate transaction, because the kind of relation decides how it is locked, and
    // the lock must precede the instant.
    let asked = Asked::of(&connection, source, projection).await?;
    let Asked { relation, explained, .. } = &asked;
    check_one_instant(source, explained)?;
    connection.commit().await?;

    let mut begin = connection.begin(Isolation::RepeatableRead, STATEMENT_TIMEOUT);
    // Postgres ends a transaction whose connection sends nothing for this long. The connection sends
    // nothing while it holds the instant, and it may be frozen or dead.
    begin += &set("idle_in_transaction_session_timeout", &limit.as_millis().to_string());
    // The lock makes a truncation or rewrite of the table wait until the job has ended.
    begin += &lock::before_snapshot(source, relation.kind);
    connection.batch_execute(&begin).await.map_err(|error| not_locked(error, source))?;
    let id: String = query(&connection, "SELECT pg_export_snapshot()", &[]).await?[0].get(0);
    let id = SnapshotId::new(id).map_err(|error| Error::unavailable(SERVICE, error))?;
    if !lock::kept(&connection, source, relation.kind).await? {
        let replaced = format!("the rows of {} were replaced just now", source.table);
        return Err(Error::unavailable_because(SERVICE, replaced.clone(), replaced));
    }
    // Blocks are counted after the instant, so that no row of it lies beyond the counted blocks.
    let window = match asked.window(&connection, source, chunks).await? {
        Some(window) => window,
        None => {
            let relation = asked.relation_to_cut();
            Window::of_source(cut_at_instant(&connection, source, &relation, chunks).await?)
        }
    };
    let planned = asked.planned(window);
    Ok((planned, PostgresSnapshot { id, connection, connections }))
}

/// Cuts a source by its blocks if they are readable, otherwise by its keys.
pub(in crate::postgres) async fn cut_at_instant(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    chunks: ChunkCount,
) -> Result<Cut> {
    match blocks::plan(connection, source, relation, chunks).await? {
        Ok(plan) => {
            let few = format!("it has {}", counted(plan.len(), "block"));
            let warnings = fewer_chunks(&plan, chunks, &few).into_iter().collect();
            Ok(Cut { plan, warnings })
        }
        Err(_) if relation.key.is_some() => keys::plan(connection, source, relation, chunks).await,
        Err(why) => Err(Error::Misconfigured(format!("{} {why}, so it needs a key", source.table))),
    }
}

/// Makes the error of a source that could not be locked. A lock requires more privileges than
/// reading some columns.
fn not_locked(error: CallError, source: &SourceTable) -> Error {
    if error.code() != Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        return from_postgres(error);
    }
    Error::Misconfigured(format!(
        "consistency \"snapshot\" locks {} in ACCESS SHARE MODE, and the configured role may not: \
         it needs SELECT on the whole table rather than on some columns",
        source.table
    ))
}
