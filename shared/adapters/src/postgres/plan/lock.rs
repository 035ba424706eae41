//! Keeping the rows of an instant where they are: nothing may empty or rewrite a table, which
//! leaves nothing to those who see an older instant, after the instant was taken.

use pgfold_core::Result;
use tokio_postgres::Client;

use crate::postgres::{
    SourceTable,
    connect::failure::from_postgres,
    plan::{relation::query, relation_kind::Kind},
};

/// SQL to lock a source with, before a transaction has a snapshot; nothing if it has to be
/// [`kept`] afterwards.
pub(in crate::postgres) fn before_snapshot(source: &SourceTable, kind: Kind) -> String {
    match kind {
        Kind::Table | Kind::View => format!("; LOCK TABLE {} IN ACCESS SHARE MODE", source.table),
        // PostgreSQL does not lock these but to read them.
        Kind::MaterializedView | Kind::ForeignTable => String::new(),
    }
}

/// Locks what could not be locked before the transaction had its snapshot. Returns whether its rows
/// are still where they were at that instant: a view that is materialized anew has others, also
/// for those who see an older one.
pub(in crate::postgres) async fn kept(
    client: &Client,
    source: &SourceTable,
    kind: Kind,
) -> Result<bool> {
    if matches!(kind, Kind::Table | Kind::ForeignTable) {
        return Ok(true);
    }
    let lock = format!("SELECT FROM {} LIMIT 0", source.table);
    client.batch_execute(&lock).await.map_err(from_postgres)?;
    // The file as that instant has it, and as it is now.
    let replaced = "SELECT EXISTS (
                        SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                        WHERE l.pid = pg_backend_pid() AND c.relkind = 'm'
                          AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)
                    )";
    Ok(!query(client, replaced, &[]).await?[0].get::<_, bool>(0))
}
