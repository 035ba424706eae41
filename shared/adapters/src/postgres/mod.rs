//! Sources that are tables or views in PostgreSQL.

mod connect;
mod plan;
mod read;
mod selection;
mod service;
mod table;
mod turn;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use pgfold_core::{
    Catalogue, ChunkCount, Error, HeldSnapshot, Planned, Projection, Reading, Result, SnapshotId,
    Source, SourceDescription,
};

use crate::config::DatabaseConfig;
use connect::connections::Connections;
pub(crate) use connect::host::Host;
use connect::login::Login;
use read::reading::PostgresReading;
use service::SERVICE;
pub use table::{NotATableName, SourceTable, TableName};

/// The time limit of planning, connecting included. After it the caller gets an error that the
/// database is unavailable. Planning itself takes milliseconds.
const PLAN_TIMEOUT: Duration = Duration::from_secs(3);

/// Returns the configured sources. They share connections.
pub fn postgres_catalogue(config: DatabaseConfig, aws: &SdkConfig) -> Catalogue<'static> {
    let login = Login::new(config.auth, aws);
    let connections = Arc::new(Connections::new(config.connection, login, config.ca_file));
    let source = |(name, table)| {
        (name, PostgresSource::of(Arc::clone(&connections), table, config.read_timeout))
    };
    Catalogue::new(config.sources.into_iter().map(source))
}

/// A source that is a table or view in PostgreSQL 14 or later.
///
/// Keeps one connection open between calls, for the lifetime of a Lambda environment. Replaces the
/// connection if it was lost.
#[derive(Debug)]
pub struct PostgresSource {
    connections: Arc<Connections>,
    table: Arc<SourceTable>,
    definition: String,
    /// The columns that may be read.
    readable: Vec<String>,
    read_timeout: Duration,
}

impl PostgresSource {
    /// Makes a source in the database that `connection` describes, password included. Postgres may
    /// take `read_timeout` to read a chunk. Opens no connection before the first call.
    pub fn new(
        connection: tokio_postgres::Config,
        table: SourceTable,
        read_timeout: Duration,
    ) -> Self {
        let connections = Connections::new(connection, Login::Password, None);
        Self::of(Arc::new(connections), table, read_timeout)
    }

    fn of(connections: Arc<Connections>, table: SourceTable, read_timeout: Duration) -> Self {
        let (definition, readable) = (table.definition(), table.readable());
        Self { connections, table: Arc::new(table), definition, readable, read_timeout }
    }
}

#[async_trait]
impl Source for PostgresSource {
    fn definition(&self) -> &str {
        &self.definition
    }

    fn columns(&self) -> &[String] {
        &self.readable
    }

    fn filters(&self) -> Vec<String> {
        self.table.filterable()
    }

    async fn describe(&self) -> Result<SourceDescription> {
        let describe = || plan::describe::describe(&self.connections, &self.table);
        turn::in_turn(|| in_time(describe())).await
    }

    async fn plan(&self, chunks: ChunkCount, projection: &Projection) -> Result<Planned> {
        let plan = || plan::planning::plan(&self.connections, &self.table, projection, chunks);
        turn::in_turn(|| in_time(plan())).await
    }

    async fn hold(
        &self,
        chunks: ChunkCount,
        projection: &Projection,
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
        let connections = || Arc::clone(&self.connections);
        let hold = || plan::planning::hold(connections(), &self.table, projection, chunks, limit);
        let (planned, snapshot) = turn::in_turn(|| in_time(hold())).await?;
        Ok((planned, Box::new(snapshot)))
    }

    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
        let (connections, table) = (Arc::clone(&self.connections), Arc::clone(&self.table));
        let reading = PostgresReading::begin(connections, table, self.read_timeout, snapshot);
        Ok(Box::new(reading.await?))
    }
}

/// Waits for planning, at most for [`PLAN_TIMEOUT`].
async fn in_time<T>(planning: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(PLAN_TIMEOUT, planning).await.unwrap_or_else(|_| {
        let late = format!("no answer within {PLAN_TIMEOUT:?}");
        Err(Error::unavailable_because(SERVICE, late.clone(), late))
    })
}
