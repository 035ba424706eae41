//! The types of named expressions, which the catalogue does not have.

use std::collections::BTreeMap;

use pgfold_core::{Error, Result};
use tokio_postgres::types::{Kind, Type};

use crate::postgres::{
    SourceTable,
    connect::{
        connection::Connection,
        failure::{CallError, from_postgres},
    },
    plan::type_facts::TypeFacts,
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
        let is_deterministic = is_deterministic(connection, source, name, &base).await?;
        let (name_sql, is_domain) = (sql_name(base.name()), *column.type_() != base);
        let declared = name_sql.clone();
        let modifier = if is_domain { -1 } else { column.type_modifier() };
        let facts = TypeFacts {
            base,
            name: name_sql,
            modifier,
            declared,
            labels,
            is_domain,
            is_deterministic,
        };
        types.insert((*name).clone(), facts);
    }
    Ok(types)
}

/// Returns whether values of an expression of this type are equal only if their bytes are.
async fn is_deterministic(
    connection: &Connection,
    source: &SourceTable,
    name: &str,
    base: &Type,
) -> Result<bool> {
    if !matches!(*base, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME) {
        return Ok(true);
    }
    // Reads no row: the collation is that of the subquery.
    let (value, table) = (source.sql_of(name), &source.table);
    let sql = format!(
        "SELECT collisdeterministic FROM pg_catalog.pg_collation WHERE oid =
             pg_catalog.pg_collation_for((SELECT {value} FROM {table} LIMIT 0))::regcollation"
    );
    let found = connection.query_typed(&sql, &[]).await.map_err(from_postgres)?;
    // Texts of no collation cannot be compared, so their bytes alone tell them apart.
    Ok(found.first().is_none_or(|row| row.get(0)))
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
