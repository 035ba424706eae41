use std::sync::Arc;

use async_trait::async_trait;
use pgfold_core::{HeldSnapshot, Result, SnapshotId};

use crate::postgres::connect::{connection::Connection, connections::Connections};

/// A transaction that has exported its snapshot. Dropping it closes the connection, so that
/// Postgres ends the transaction.
pub(in crate::postgres) struct PostgresSnapshot {
    pub(in crate::postgres) id: SnapshotId,
    pub(in crate::postgres) connection: Connection,
    pub(in crate::postgres) connections: Arc<Connections>,
}

#[async_trait]
impl HeldSnapshot for PostgresSnapshot {
    fn id(&self) -> &SnapshotId {
        &self.id
    }

    async fn release(self: Box<Self>) -> Result<()> {
        self.connection.commit().await?;
        self.connections.put_back(self.connection);
        Ok(())
    }
}
