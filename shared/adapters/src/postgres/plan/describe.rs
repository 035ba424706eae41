//! Describing a source without reading it, with what planning would say about it.

use std::collections::BTreeMap;

use pgfold_core::{
    ChunkCount, Column, ColumnType, Error, Kind, Nulls, Projection, ReadableColumn, Result,
    SourceDescription, Timestamp,
};
use tokio_postgres::{error::SqlState, types::Type};

use crate::postgres::{
    SourceTable,
    connect::{
        connection::{Connection, STATEMENT_TIMEOUT},
        connections::Connections,
        failure::from_postgres,
        transaction::{Isolation, set},
    },
    plan::{
        checks::{check_equality, check_expressions, check_one_instant, doubts},
        column::{ReadColumn, misfit},
        explain::Explained,
        keys::check_cuttable,
        planning::cut_at_instant,
        relation::{Found, TREE, query},
        relation_kind::Kind as RelationKind,
    },
    turn::Refusal,
};

/// How long a description waits for a lock of the table, in milliseconds. A table that is locked
/// must not keep the others from being described.
const LOCK_TIMEOUT: &str = "500";

/// Returns when the table or a relation that inherits from it was last analyzed, in milliseconds
/// since the epoch, whether any of them has statistics, and whether all are without a block. A
/// standby does not know the time.
const STATISTICS: &str = "
    SELECT (extract(epoch FROM max(greatest(pg_stat_get_last_analyze_time(c.oid),
                                            pg_stat_get_last_autoanalyze_time(c.oid))))
            * 1000)::int8,
           bool_or(c.reltuples >= 0 AND c.relkind <> 'p'),
           coalesce(sum(pg_relation_size(c.oid)), 0) = 0
    FROM tree JOIN pg_class c USING (oid)";

/// Describes a source in one transaction on one connection. Asks the catalogue alone, and for
/// Postgres' plan to read the source.
///
/// # Errors
/// Those of the connection, and those that are not about this source.
pub(in crate::postgres) async fn describe(
    connections: &Connections,
    source: &SourceTable,
) -> Result<SourceDescription> {
    let connection = connections.take().await?;
    let mut begin = connection.begin(Isolation::ReadCommitted, STATEMENT_TIMEOUT);
    begin += &set("lock_timeout", LOCK_TIMEOUT);
    let mut description = configured(source);
    let named = [source.readable(), source.filterable()].concat();
    // `join!` polls in this order, so both queries are sent together and take one round trip.
    let (begun, found) = tokio::join!(
        biased;
        connection.batch_execute(&begin),
        Found::ask(&connection, source, named.iter())
    );
    begun.map_err(from_postgres)?;
    let learned = match found {
        Ok(found) => learn(&connection, source, &found, &mut description).await,
        Err(error) => Err(error),
    };
    description.problem = match learned {
        Ok(()) => None,
        Err(error) if is_of_source(&error) => Some(error.to_string()),
        Err(error) => return Err(error),
    };
    // Ends a transaction that failed, too.
    connection.commit().await?;
    connections.put_back(connection);
    Ok(description)
}

/// Returns what the configuration alone says.
fn configured(source: &SourceTable) -> SourceDescription {
    let named = |name: &String| ColumnType { column: name.clone(), type_name: None };
    let column = |name: &String| ReadableColumn {
        column: named(name),
        expression: source.expressions.get(name).cloned(),
        reads_as: Vec::new(),
    };
    SourceDescription {
        table: source.table.to_string(),
        key: source.key.as_ref().map(named),
        filter: source.filter.clone(),
        filters: source.filterable().iter().map(named).collect(),
        columns: source.readable().iter().map(column).collect(),
        ..SourceDescription::default()
    }
}

/// Adds what the database says, in the order of planning.
///
/// # Errors
/// What planning would return. What was learned before has been added.
async fn learn(
    connection: &Connection,
    source: &SourceTable,
    found: &Found<'_>,
    description: &mut SourceDescription,
) -> Result<()> {
    if let Some(key) = &mut description.key {
        key.type_name = found.type_name(&key.column);
    }
    for filter in &mut description.filters {
        filter.type_name = found.type_name(&filter.column);
    }
    let mut comparable = BTreeMap::new();
    for ReadableColumn { column, reads_as, .. } in &mut description.columns {
        column.type_name = found.type_name(&column.column);
        let wanted = whatever(&column.column);
        // A missing column is an error below, where the others have been described.
        if let Ok(read) = found.column(&wanted) {
            *reads_as = kinds(connection, source, &read, &mut comparable).await?;
        }
    }
    let columns = source.readable().iter().map(|name| whatever(name)).collect();
    let relation = found.relation(&Projection::of_columns(columns, Nulls::PerColumn))?;
    let name = source.table.to_string();
    let statistics =
        query(connection, &format!("{TREE} {STATISTICS}"), &[(&name, Type::TEXT)]).await?;
    let analyzed_at: Option<i64> = statistics[0].get(0);
    let analyzed_at = analyzed_at.and_then(|millis| u64::try_from(millis).ok());
    description.analyzed_at = analyzed_at.map(Timestamp::from_millis);
    let has_statistics = statistics[0].get::<_, Option<bool>>(1) == Some(true);

    let explained = Explained::of(connection, source, &relation).await?;
    // Postgres assumes some blocks where it finds none. And the statistics of a view are those of
    // its tables.
    if relation.kind.is_stored() && statistics[0].get(2) {
        description.estimated_rows = Some(0);
    } else if has_statistics || relation.kind == RelationKind::View {
        description.estimated_rows = Some(explained.rows());
    }
    check_expressions(source, source.expressions.keys(), &explained)?;
    doubts(source, &explained)?;
    check_cuttable(source, &relation)?;
    if source.key.is_none() {
        check_one_instant(source, &explained)?;
        cut_at_instant(connection, source, &relation, ChunkCount::default()).await?;
    }
    Ok(())
}

/// A column that is read as a value of any type.
fn whatever(name: &str) -> Column {
    Column { name: name.to_owned(), kind: Kind::Identity }
}

/// Returns the kinds that a column can be read as. `comparable` says of the types that were
/// asked about whether their values can be compared.
async fn kinds(
    connection: &Connection,
    source: &SourceTable,
    read: &ReadColumn,
    comparable: &mut BTreeMap<String, bool>,
) -> Result<Vec<Kind>> {
    let mut kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| misfit(*kind, &read.base).is_none()).collect();
    if !comparable.contains_key(&read.type_name) {
        // A comparison that fails must not end the transaction. All three are sent together.
        let (saved, checked, returned) = tokio::join!(
            biased;
            connection.batch_execute("SAVEPOINT equality"),
            check_equality(connection, source, read),
            connection.batch_execute("ROLLBACK TO SAVEPOINT equality")
        );
        saved.map_err(from_postgres)?;
        let is_comparable = match checked {
            Ok(()) => true,
            Err(Error::Invalid(_)) => false,
            Err(error) => return Err(error),
        };
        returned.map_err(from_postgres)?;
        comparable.insert(read.type_name.clone(), is_comparable);
    }
    if comparable.get(&read.type_name) == Some(&false) {
        kinds.retain(|kind| *kind != Kind::Identity);
    }
    Ok(kinds)
}

/// Returns whether an error is about the source, rather than about the database or the connection.
fn is_of_source(error: &Error) -> bool {
    let Error::Unavailable { source, .. } = error else { return !error.is_retryable() };
    let waited = [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED];
    source
        .downcast_ref::<Refusal>()
        .is_some_and(|refusal| waited.iter().any(|code| *code.code() == *refusal.code))
}
