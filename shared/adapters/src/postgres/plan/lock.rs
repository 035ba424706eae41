//! Locks that keep the rows of an instant in place. After an instant was taken, nothing may
//! truncate or rewrite the table, because transactions that see the older instant would then find
//! no rows.

use pgfold_core::Result;

use crate::postgres::{
    SourceTable,
    connect::{connection::Connection, failure::from_postgres},
    plan::{relation::query, relation_kind::Kind},
};

/// Returns the SQL that locks a source before the transaction takes its snapshot; an empty text if
/// the source must be locked afterwards, by [`kept`].
pub(in crate::postgres) fn before_snapshot(source: &SourceTable, kind: Kind) -> String {
    match kind {
        Kind::Table | Kind::View => format!("; LOCK TABLE {} IN ACCESS SHARE MODE", source.table),
        // PostgreSQL locks these only when they are read.
        Kind::MaterializedView | Kind::ForeignTable => String::new(),
    }
}

/// Locks a source that could not be locked before the transaction took its snapshot. Returns
/// whether its rows are still those of that instant. After a refresh, a materialized view has its
/// new rows even in transactions that see an older instant.
pub(in crate::postgres) async fn kept(
    connection: &Connection,
    source: &SourceTable,
    kind: Kind,
) -> Result<bool> {
    if matches!(kind, Kind::Table | Kind::ForeignTable) {
        return Ok(true);
    }
    let lock = format!("SELECT FROM {} LIMIT 0", source.table);
    connection.batch_execute(&lock).await.map_err(from_postgres)?;
    // Compares the relation's file at that instant with its present file.
    let replaced = "SELECT EXISTS (
                        SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                        WHERE l.pid = pg_backend_pid() AND c.relkind = 'm'
                          AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)
                    )";
    Ok(!query(connection, replaced, &[]).await?[0].get::<_, bool>(0))
}
