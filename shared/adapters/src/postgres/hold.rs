use std::sync::Arc;

use async_trait::async_trait;
use pgfold_core::{HeldSnapshot, Result, SnapshotId};

use super::connection::{Connection, Connections};

/// A transaction that has exported its snapshot. Dropped, its connection is closed, and Postgres
/// ends it.
pub(super) struct PostgresSnapshot {
    pub(super) id: SnapshotId,
    pub(super) connection: Connection,
    pub(super) connections: Arc<Connections>,
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
