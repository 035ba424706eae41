//! The types of named expressions, which the catalogue does not have.

use std::collections::BTreeMap;

use pgfold_core::{Error, Result};
use tokio_postgres::types::Kind;

use crate::postgres::{
    SourceTable,
    connect::{
        connection::Connection,
        failure::{CallError, from_postgres},
    },
    plan::types::TypeFacts,
};

/// Returns the types of those of these columns that are named expressions.
///
/// # Errors
/// [`Error::Misconfigured`] names an expression that the database cannot read.
pub(in crate::postgres) async fn expression_types(
    connection: &Connection,
    source: &SourceTable,
    columns: &[&String],
) -> Result<BTreeMap<String, TypeFacts>> {
    let mut types = BTreeMap::new();
    for name in columns {
        if !source.expressions.contains_key(*name) || types.contains_key(*name) {
            continue;
        }
        let sql = format!("SELECT {} FROM {}", source.sql_of(name), source.table);
        let prepared =
            connection.prepare(&sql).await.map_err(|error| of_expression(name, error))?;
        let Some(column) = prepared.columns().first() else { continue };
        let mut base = column.type_().clone();
        while let Kind::Domain(of) = base.kind() {
            base = of.clone();
        }
        let labels = match base.kind() {
            Kind::Enum(labels) => Some(labels.clone()),
            _ => None,
        };
        let facts = TypeFacts { name: sql_name(base.name()), base, labels, is_deterministic: true };
        types.insert((*name).clone(), facts);
    }
    Ok(types)
}

/// Returns the SQL name of a type that the catalogue names `name`.
fn sql_name(name: &str) -> String {
    let sql = match name {
        "bool" => "boolean",
        "int2" => "smallint",
        "int4" => "integer",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "varchar" => "character varying",
        "bpchar" => "character",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        other => other,
    };
    sql.to_owned()
}

/// Adds the expression's name to an error of the database about it.
fn of_expression(name: &str, error: CallError) -> Error {
    match from_postgres(error) {
        Error::Misconfigured(problem) => {
            Error::Misconfigured(format!("the named expression {name:?}: {problem}"))
        }
        error => error,
    }
}
