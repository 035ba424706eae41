//! Whether the rows of a source can be read as asked: the same in every query, and at one instant if
//! they must be.

use pgfold_core::{Error, Kind, Result};
use tokio_postgres::error::SqlState;

use crate::postgres::{
    SourceTable,
    connect::{connection::Connection, failure::from_postgres},
    plan::{
        column::ReadColumn,
        explain::{Explained, KeyDoubt},
    },
};

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
