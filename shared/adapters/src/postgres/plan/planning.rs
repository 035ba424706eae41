//! Planning a job: looking up the relation, checking that it can be read as requested, and cutting
//! it.

use std::{sync::Arc, time::Duration};

use pgfold_core::{ChunkCount, Error, Kind, Planned, Projection, Result, SnapshotId};
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
        blocks,
        column::ReadColumn,
        explain::{Explained, KeyDoubt},
        filter::checked_filter,
        groups::check_time_zones,
        hold::PostgresSnapshot,
        keys::{self, Cut, counted, fewer_chunks},
        lock,
        relation::{Found, Relation, columns_of, query},
        type_facts::TypeFacts,
        window::{self, Window},
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
    let asked = begin(&connection, source, projection).await?;
    let Asked { explained, doubts, .. } = &asked;
    let window = asked.window(&connection, source, chunks).await?;
    let window = match window {
        Some(window) => window,
        None => {
            let relation = asked.relation_to_cut();
            Window::of_source(keys::plan(&connection, source, &relation, chunks).await?)
        }
    };
    let planned = planned(window, doubts, &asked, explained);
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
    let asked = begin(&connection, source, projection).await?;
    let Asked { relation, explained, doubts, .. } = &asked;
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
    let planned = planned(window, doubts, &asked, explained);
    Ok((planned, PostgresSnapshot { id, connection, connections }))
}

/// What the database knows of the rows that a job asks for.
struct Asked {
    relation: Relation,
    /// The types of the columns of the filter.
    types: Vec<(String, TypeFacts)>,
    explained: Explained,
    /// The estimate of the number of rows without the filter.
    all_rows: u64,
    doubts: Vec<String>,
}

impl Asked {
    /// Cuts the rows of the filter by a range that it states, if it states one.
    async fn window(
        &self,
        connection: &Connection,
        source: &SourceTable,
        chunks: ChunkCount,
    ) -> Result<Option<Window>> {
        let Self { relation, types, explained, .. } = self;
        window::plan(connection, source, relation, types, explained, chunks).await
    }

    /// Returns the relation by whose rows keys are cut: without the filter, if most rows meet it.
    /// The histogram of all keys is then better than a sample of those that meet it.
    fn relation_to_cut(&self) -> Relation {
        let meets_most = self.explained.rows() >= self.all_rows / 2;
        let filter = if meets_most { Vec::new() } else { self.relation.filter.clone() };
        Relation { filter, ..self.relation.clone() }
    }
}

/// Opens a transaction, looks up in it the relation that is read, and checks what is asked of it.
async fn begin(
    connection: &Connection,
    source: &SourceTable,
    projection: &Projection,
) -> Result<Asked> {
    // `join!` polls in this order, so both queries are sent together and take one round trip.
    let (begun, found) = tokio::join!(
        biased;
        connection.begin_planning(),
        Found::ask(connection, source, columns_of(projection))
    );
    begun?;
    let found = found?;
    let filter = checked_filter(&found, &projection.filter)?;
    let mut types: Vec<(String, TypeFacts)> = Vec::new();
    for condition in &filter {
        if types.iter().all(|(column, _)| *column != condition.column) {
            types.push((condition.column.clone(), found.type_facts(&condition.column)?));
        }
    }
    let relation = found.relation(&Projection { filter, ..projection.clone() })?;
    check_time_zones(connection, &projection.groups).await?;
    for column in &relation.columns {
        check_equality(connection, source, column).await?;
    }
    let explained = Explained::of(connection, source, &relation).await?;
    check_expressions(source, columns_of(projection), &explained)?;
    let doubts = doubts(source, &explained)?;
    let all_rows = match relation.filter.as_slice() {
        [] => explained.rows(),
        _ => {
            let all = Relation { filter: Vec::new(), ..relation.clone() };
            Explained::of(connection, source, &all).await?.rows()
        }
    };
    Ok(Asked { relation, types, explained, all_rows, doubts })
}

/// Checks that those of these columns that are named expressions have one value for a row.
///
/// # Errors
/// [`Error::Misconfigured`] names an expression and its VOLATILE function.
pub(in crate::postgres) fn check_expressions<'a>(
    source: &SourceTable,
    columns: impl Iterator<Item = &'a String>,
    explained: &Explained,
) -> Result<()> {
    for name in columns {
        let Some(expression) = source.expressions.get(name) else { continue };
        if let Some(function) = explained.volatile_in(expression) {
            return Err(Error::Misconfigured(format!(
                "the named expression {name:?} calls the function {function}, which is VOLATILE, so \
                 a row may have another value each time"
            )));
        }
    }
    Ok(())
}

/// Checks that Postgres can compare two values of a column for equality, if it is read for that.
///
/// # Errors
/// [`Error::Invalid`] if Postgres cannot.
pub(in crate::postgres) async fn check_equality(
    connection: &Connection,
    source: &SourceTable,
    read: &ReadColumn,
) -> Result<()> {
    if read.column.kind != Kind::Identity || read.is_spelled_one_way() {
        return Ok(());
    }
    // PostgreSQL looks up the type's hash function even for a NULL, which it does not hash.
    let hash = format!("SELECT pg_catalog.hash_record_extended(ROW(NULL::{}), 0)", read.type_name);
    let hashed = connection.simple_query(&hash).await;
    match hashed {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_FUNCTION) => {
            let (name, table, type_name) = (&read.column.name, &source.table, &read.type_name);
            Err(Error::Invalid(format!(
                "column {name:?} of table {table} is {type_name}, whose values PostgreSQL cannot \
                 compare for equality"
            )))
        }
        hashed => hashed.map(drop).map_err(from_postgres),
    }
}

/// Checks that one instant covers all rows of a source.
///
/// # Errors
/// [`Error::Invalid`] if none does.
pub(in crate::postgres) fn check_one_instant(
    source: &SourceTable,
    explained: &Explained,
) -> Result<()> {
    match explained.not_at_one_instant() {
        None => Ok(()),
        Some(why) => Err(Error::Invalid(format!(
            "{} cannot be read at one instant, as consistency \"snapshot\" asks: {why}",
            source.table
        ))),
    }
}

/// Returns warnings about rows and keys that may change between chunks.
///
/// # Errors
/// [`Error::Misconfigured`] if keys certainly change.
pub(in crate::postgres) fn doubts(
    source: &SourceTable,
    explained: &Explained,
) -> Result<Vec<String>> {
    let table = &source.table;
    let mut warnings = Vec::new();
    // A source without a key is read by its blocks, so its rows need no stable keys.
    if let Some(key) = &source.key {
        match explained.key_doubt() {
            Some(KeyDoubt::Unstable(why)) => {
                return Err(Error::Misconfigured(format!(
                    "column {key:?} of {table} cannot be the key: {why}, so a row may have another \
                     key in each chunk; a materialized view would keep its keys"
                )));
            }
            Some(KeyDoubt::Doubtful(why)) => {
                warnings.push(format!("the key {key:?} of {table} may not stay the same: {why}"));
            }
            None => {}
        }
    }
    if explained.takes_some_rows() {
        warnings.push(format!(
            "{table} has a LIMIT without an order, so each chunk may see other rows"
        ));
    }
    Ok(warnings)
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

fn planned(window: Window, doubts: &[String], asked: &Asked, explained: &Explained) -> Planned {
    let Window { cut_by, cut: Cut { plan, warnings } } = window;
    let Asked { relation, all_rows, .. } = asked;
    let is_filtered = !relation.filter.is_empty();
    Planned {
        estimated_rows: if plan.is_empty() { 0 } else { explained.rows() },
        plan,
        relation: Some(relation.id.clone()),
        is_one_instant: explained.not_at_one_instant().is_none(),
        filter: relation.filter.clone(),
        group_types: relation.groups.iter().map(|(_, group_type)| *group_type).collect(),
        cut_by,
        index: explained.index().filter(|_| is_filtered),
        all_rows: *all_rows,
        warnings: [warnings, doubts.to_vec()].concat(),
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
