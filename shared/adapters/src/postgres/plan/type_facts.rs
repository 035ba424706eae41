//! The type of a column, as far as filters and groups need it.

use pgfold_core::{Error, FilterType, GroupBy, GroupType, Result, TimeUnit};
use tokio_postgres::types::Type;

/// The type of a column, as far as filters and groups need it.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct TypeFacts {
    /// The type; for a domain its base type.
    pub(in crate::postgres) base: Type,
    /// Its SQL name.
    pub(in crate::postgres) name: String,
    /// The modifier of the column's type; -1 if it has none.
    pub(in crate::postgres) modifier: i32,
    /// The SQL name of the column's type as it was declared.
    pub(in crate::postgres) declared: String,
    /// The labels of an enum, in their order.
    pub(in crate::postgres) labels: Option<Vec<String>>,
    /// Whether the column's type is a domain.
    pub(in crate::postgres) is_domain: bool,
    /// Whether texts are equal only if their bytes are.
    pub(in crate::postgres) is_deterministic: bool,
}

impl TypeFacts {
    /// Returns the type by which rows are filtered; `None` if they cannot be.
    pub(in crate::postgres) fn filter_type(&self) -> Option<FilterType> {
        // PostgreSQL finds no operator between a domain over an enum and a parameter.
        if self.labels.is_some() && self.is_domain {
            return None;
        }
        self.value_type()
    }

    /// Returns the type of the values, whether or not a domain keeps them from being compared.
    fn value_type(&self) -> Option<FilterType> {
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
}

/// Returns the type of the values that make groups.
///
/// # Errors
/// [`Error::Invalid`] if values of the column cannot make groups, or not of such a unit.
pub(in crate::postgres) fn group_type(by: &GroupBy, facts: &TypeFacts) -> Result<GroupType> {
    let wrong = |problem: &str| {
        let (column, name) = (&by.column, &facts.name);
        Err(Error::Invalid(format!("group_by: column {column:?} is {name}; {problem}")))
    };
    let Some(group_type) = facts.value_type().and_then(|of| of.group_type()) else {
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
    Ok(if by.unit.is_some_and(TimeUnit::is_of_days) { GroupType::Date } else { group_type })
}
