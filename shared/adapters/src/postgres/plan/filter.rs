//! The conditions of a job, checked against the types of their columns.

use pgfold_core::{Condition, Error, FilterType, Result};

use crate::postgres::plan::relation::Found;

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
            let domain = if facts.is_domain { "a domain over " } else { "" };
            Error::Invalid(format!(
                "where: column {:?} is {domain}{}; rows can be filtered by {}, and domains over all \
                 of these but enum",
                condition.column,
                facts.name,
                FilterType::NAMES
            ))
        })?;
        condition.clone().checked(&filter_type)
    };
    filter.iter().map(check).collect()
}
