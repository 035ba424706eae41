//! The values that make groups, in SQL.

use pgfold_core::{Error, GroupBy, GroupType, Result};
use tokio_postgres::types::Type;

use crate::postgres::{
    SourceTable,
    connect::{connection::Connection, failure::from_postgres},
    selection::TextValue,
};

/// Checks that the database knows the time zones of groups.
///
/// # Errors
/// [`Error::Invalid`] names a time zone that it does not know.
pub(in crate::postgres) async fn check_time_zones(
    connection: &Connection,
    groups: &[GroupBy],
) -> Result<()> {
    for by in groups {
        let Some(time_zone) = &by.time_zone else { continue };
        let value = TextValue(time_zone.clone());
        let known =
            connection.query_typed("SELECT now() AT TIME ZONE $1", &[(&value, Type::TEXT)]).await;
        match known {
            Ok(_) => {}
            // It may also not be a text of the database's encoding.
            Err(error) if error.code().is_some_and(|code| code.code().starts_with("22")) => {
                return Err(Error::Invalid(format!(
                    "group_by: PostgreSQL knows no time zone {time_zone:?}; such as Europe/Rome"
                )));
            }
            Err(error) => return Err(from_postgres(error)),
        }
    }
    Ok(())
}

/// Returns the SQL of the values that make groups, as rows have them. Adds the values of its
/// parameters to those of the statement.
pub(in crate::postgres) fn group_sql(
    source: &SourceTable,
    by: &GroupBy,
    group_type: GroupType,
    values: &mut Vec<TextValue>,
) -> String {
    let column = source.sql_of(&by.column);
    let column = match (by.unit, &by.time_zone) {
        (None, _) => column,
        // The time zone of pgfold's transactions is UTC.
        (Some(unit), None) => format!("date_trunc('{}', {column}::timestamp)", unit.name()),
        (Some(unit), Some(time_zone)) => {
            values.push(TextValue(time_zone.clone()));
            let (name, zone) = (unit.name(), values.len());
            match unit.is_of_days() {
                true => format!("date_trunc('{name}', {column} AT TIME ZONE ${zone})"),
                // Of an hour that a clock shows twice, both are kept.
                false => format!("date_trunc('{name}', {column}, ${zone})"),
            }
        }
    };
    match group_type {
        GroupType::Boolean => format!("{column}::bool"),
        GroupType::Integer => format!("{column}::int8"),
        GroupType::Numeric => format!("pg_catalog.trim_scale({column})::text"),
        GroupType::Text => format!("{column}::text"),
        GroupType::Date | GroupType::Timestamp | GroupType::TimestampTz => {
            format!("{column}::timestamptz")
        }
        GroupType::Uuid => format!("{column}::uuid"),
    }
}
