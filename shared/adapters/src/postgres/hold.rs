use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use pgfold_core::{ChunkCount, Error, HeldSnapshot, Plan, Planned, Projection, Result, SnapshotId};
use tokio_postgres::Client;

use super::{
    SERVICE, SourceTable, blocks,
    connection::{Connection, Connections},
    failure::from_postgres,
    keys, lock,
    relation::{Relation, look_up, query, sized},
};

/// A transaction that has exported its snapshot. Dropped, its connection is closed, and Postgres
/// ends it.
pub(super) struct PostgresSnapshot {
    id: SnapshotId,
    connection: Connection,
    connections: Arc<Connections>,
}

impl PostgresSnapshot {
    /// Opens a transaction, for `limit` at most, and cuts the table as it is at that instant.
    pub(super) async fn hold(
        connections: Arc<Connections>,
        source: &SourceTable,
        projection: &Projection,
        chunks: ChunkCount,
        limit: Duration,
    ) -> Result<(Planned, Self)> {
        let connection = connections.take().await?;
        let relation = look_up(&connection, source, &projection.columns).await?;
        // Postgres ends a transaction whose client says nothing for so long: not before, for
        // nothing is to be said while it is held, and though the client be frozen or dead.
        let mut begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
             SET LOCAL idle_in_transaction_session_timeout = {}",
            limit.as_millis()
        );
        // What empties or rewrites the table comes before this or after the job.
        begin += &lock::before_snapshot(source, relation.kind);
        connection.batch_execute(&begin).await.map_err(from_postgres)?;
        let id: String = query(&connection, "SELECT pg_export_snapshot()", &[]).await?[0].get(0);
        let id = SnapshotId::new(id).map_err(|error| Error::unavailable(SERVICE, error))?;
        if !lock::kept(&connection, source, relation.kind).await? {
            let replaced = format!("the rows of {} were replaced just now", source.table);
            return Err(Error::unavailable(SERVICE, replaced));
        }
        // After that, so that no row of the snapshot lies beyond a block that is counted.
        let plan = cut(&connection, source, relation, chunks);
        let planned = sized(&connection, source, plan).await?;
        Ok((planned, Self { id, connection, connections }))
    }
}

/// Cuts a source by its blocks if it has any that can be read, else by its keys.
async fn cut(
    client: &Client,
    source: &SourceTable,
    relation: Relation,
    chunks: ChunkCount,
) -> Result<Plan> {
    match blocks::plan(client, source, relation, chunks).await? {
        Some(plan) => Ok(plan),
        None if relation.key.is_some() => keys::plan(client, source, relation, chunks).await,
        None => Err(Error::Misconfigured(format!(
            "{} has no blocks that could be read, so it needs a key to be cut by",
            source.table
        ))),
    }
}

#[async_trait]
impl HeldSnapshot for PostgresSnapshot {
    fn id(&self) -> &SnapshotId {
        &self.id
    }

    async fn release(self: Box<Self>) -> Result<()> {
        self.connection.batch_execute("COMMIT").await.map_err(from_postgres)?;
        self.connections.put_back(self.connection);
        Ok(())
    }
}
