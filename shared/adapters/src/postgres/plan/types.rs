//! The types of the columns by which rows are filtered and grouped.

use pgfold_core::{Condition, Error, FilterType, GroupBy, GroupType, Result};
use tokio_postgres::{error::SqlState, types::Type};

use crate::postgres::{
    SourceTable,
    connect::{connection::Connection, failure::from_postgres},
    plan::relation::Found,
    selection::TextValue,
};

/// The type of a column, as far as filters and groups need it.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct TypeFacts {
    /// The type; for a domain its base type.
    pub(in crate::postgres) base: Type,
    /// Its SQL name.
    pub(in crate::postgres) name: String,
    /// The labels of an enum, in their order.
    pub(in crate::postgres) labels: Option<Vec<String>>,
    /// Whether texts are equal only if their bytes are.
    pub(in crate::postgres) is_deterministic: bool,
}

impl TypeFacts {
    /// Returns the type by which rows are filtered; `None` if they cannot be.
    pub(in crate::postgres) fn filter_type(&self) -> Option<FilterType> {
        if let Some(labels) = &self.labels {
            return Some(FilterType::Enum(labels.clone()));
        }
        Some(match self.base {
            Type::BOOL => FilterType::Boolean,
            Type::INT2 => FilterType::Integer(16),
            Type::INT4 => FilterType::Integer(32),
            Type::INT8 => FilterType::Integer(64),
            Type::FLOAT4 => FilterType::Float(32),
            Type::FLOAT8 => FilterType::Float(64),
            Type::NUMERIC => FilterType::Numeric,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => FilterType::Text,
            Type::DATE => FilterType::Date,
            Type::TIMESTAMP => FilterType::Timestamp,
            Type::TIMESTAMPTZ => FilterType::TimestampTz,
            Type::UUID => FilterType::Uuid,
            _ => return None,
        })
    }

    /// Returns the type of the values that make groups; `None` if values of the type cannot.
    fn group_type(&self) -> Option<GroupType> {
        if self.labels.is_some() {
            return Some(GroupType::Text);
        }
        Some(match self.base {
            Type::BOOL => GroupType::Boolean,
            Type::INT2 | Type::INT4 | Type::INT8 => GroupType::Integer,
            Type::NUMERIC => GroupType::Numeric,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => GroupType::Text,
            Type::DATE => GroupType::Date,
            Type::TIMESTAMP => GroupType::Timestamp,
            Type::TIMESTAMPTZ => GroupType::TimestampTz,
            Type::UUID => GroupType::Uuid,
            _ => return None,
        })
    }
}

/// Returns the conditions with each value in the one form of its column's type.
///
/// # Errors
/// [`Error::Invalid`] if rows cannot be filtered by a column, or its type cannot hold a value.
pub(in crate::postgres) fn checked_filter(
    found: &Found<'_>,
    filter: &[Condition],
) -> Result<Vec<Condition>> {
    let check = |condition: &Condition| {
        let facts = found.type_facts(&condition.column)?;
        let filter_type = facts.filter_type().ok_or_else(|| {
            Error::Invalid(format!(
                "where: column {:?} is {}; rows can be filtered by {}",
                condition.column,
                facts.name,
                FilterType::NAMES
            ))
        })?;
        condition.clone().checked(&filter_type)
    };
    filter.iter().map(check).collect()
}

/// Returns the types of the values that make groups.
///
/// # Errors
/// [`Error::Invalid`] if values of a column cannot make groups, or not of such a unit.
pub(in crate::postgres) fn group_types(
    found: &Found<'_>,
    groups: &[GroupBy],
) -> Result<Vec<GroupType>> {
    groups.iter().map(|by| group_type(by, found.type_facts(&by.column)?)).collect()
}

fn group_type(by: &GroupBy, facts: TypeFacts) -> Result<GroupType> {
    let wrong = |problem: &str| {
        let (column, name) = (&by.column, &facts.name);
        Err(Error::Invalid(format!("group_by: column {column:?} is {name}; {problem}")))
    };
    let Some(group_type) = facts.group_type() else {
        return wrong(
            "groups are made of boolean, smallint, integer, bigint, numeric, text, character \
             varying, character, name, date, timestamp, uuid and enum",
        );
    };
    let is_time =
        matches!(group_type, GroupType::Date | GroupType::Timestamp | GroupType::TimestampTz);
    if by.unit.is_some() && !is_time {
        return wrong("a unit is for date and timestamp");
    }
    if by.time_zone.is_some() && group_type != GroupType::TimestampTz {
        return wrong("a time zone is for timestamp with time zone");
    }
    if group_type == GroupType::Text && !facts.is_deterministic {
        return wrong(
            "its collation calls different texts equal; name an expression with COLLATE \"C\" to \
             group by",
        );
    }
    Ok(group_type)
}

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
            Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => {
                return Err(Error::Invalid(format!(
                    "group_by: PostgreSQL knows no time zone {time_zone:?}; such as Europe/Rome"
                )));
            }
            Err(error) => return Err(from_postgres(error)),
        }
    }
    Ok(())
}

/// Returns the SQL of the values that make groups, as rows have them. The first parameter is
/// `$first`; adds its value to `values`.
pub(in crate::postgres) fn group_sql(
    source: &SourceTable,
    by: &GroupBy,
    group_type: GroupType,
    values: &mut Vec<TextValue>,
) -> String {
    let column = source.sql_of(&by.column);
    let column = match (by.unit, &by.time_zone) {
        (None, _) => column,
        (Some(unit), None) => {
            let unit = unit.name();
            let without_zone = match group_type {
                GroupType::TimestampTz => return format!("date_trunc('{unit}', {column}, 'UTC')"),
                _ => format!("{column}::timestamp"),
            };
            format!("date_trunc('{unit}', {without_zone})")
        }
        (Some(unit), Some(time_zone)) => {
            values.push(TextValue(time_zone.clone()));
            format!("date_trunc('{}', {column}, ${})", unit.name(), values.len())
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
