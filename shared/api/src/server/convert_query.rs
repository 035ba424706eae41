//! What a job computes, between the words of the wire and those of core.

use std::collections::BTreeMap;

use pgfold_core::{self as core, Comparison, Error, Result, Test, kernel::KernelSpec};
use serde_json::{Map, Value};

use crate::{
    Computed, Condition, GroupBy, KernelName, Literal, NamedGroup, Nullness, Query, SubmitRequest,
    TimeUnit,
};

/// Returns the query of a request.
///
/// # Errors
/// [`Error::Invalid`] if the request has neither a kernel nor `compute`, or something of both.
pub(super) fn query(request: SubmitRequest) -> Result<core::Query> {
    let SubmitRequest { kernel, compute, filter, group_by, columns, params, .. } = request;
    let order =
        core::Order { by: request.order_by, descending: request.descending, limit: request.limit };
    let filter = filter.into_iter().flat_map(conditions).collect();
    let group_by = group_by.into_iter().map(core::GroupBy::from).collect();
    let compute = match (kernel, compute) {
        (Some(kernel), None) if kernel.0 == core::RowsOut::NAME => {
            if !params.is_empty() {
                return Err(Error::Invalid("the kernel rows has no params".to_owned()));
            }
            core::Compute::Rows(core::RowsOut { columns })
        }
        (Some(kernel), None) => core::Compute::One(Computed { kernel, columns, params }.into()),
        (None, Some(named)) if columns.is_none() && params.is_empty() => {
            if let Some(rows) = only_rows(&named)? {
                return Ok(core::Query { compute: rows, filter, group_by, order });
            }
            let named = named.into_iter().map(|(name, computed)| (name, computed.into()));
            core::Compute::Named(named.collect())
        }
        _ => {
            return Err(Error::Invalid(
                "a request has either kernel, with its columns and params, or compute".to_owned(),
            ));
        }
    };
    Ok(core::Query { filter, group_by, compute, order })
}

/// Returns what is computed if the only kernel of `compute` is `rows`.
///
/// # Errors
/// [`Error::Invalid`] if other kernels are beside it.
fn only_rows(named: &BTreeMap<String, Computed>) -> Result<Option<core::Compute>> {
    let rows = |computed: &&Computed| computed.kernel.0 == core::RowsOut::NAME;
    let Some(computed) = named.values().find(rows) else { return Ok(None) };
    if named.len() > 1 || !computed.params.is_empty() {
        return Err(Error::Invalid(
            "the kernel rows is the only one of its job, and has no params".to_owned(),
        ));
    }
    let columns = computed.columns.clone();
    Ok(Some(core::Compute::Rows(core::RowsOut { columns })))
}

/// Returns the conditions on a column, one comparison each.
fn conditions(condition: Condition) -> Vec<core::Condition> {
    let Condition { column, eq, ne, lt, le, gt, ge, one_of, is } = condition;
    let compared = [
        (Comparison::Eq, eq),
        (Comparison::Ne, ne),
        (Comparison::Lt, lt),
        (Comparison::Le, le),
        (Comparison::Gt, gt),
        (Comparison::Ge, ge),
    ];
    let compared = compared
        .into_iter()
        .filter_map(|(comparison, literal)| Some(Test::Compare(comparison, literal?.into())));
    let one_of = one_of.map(|list| Test::In(list.into_iter().map(Into::into).collect()));
    let is = is.map(|nullness| Test::Is(nullness.into()));
    let tests = compared.chain(one_of).chain(is);
    tests.map(|test| core::Condition { column: column.clone(), test }).collect()
}

impl From<&core::Query> for Query {
    fn from(query: &core::Query) -> Self {
        let core::Query { filter, group_by, compute, order } = query;
        let (one, named) = match compute {
            core::Compute::One(one) => (Some(Computed::from(one)), None),
            core::Compute::Named(named) => {
                let named = named.iter().map(|(name, one)| (name.clone(), Computed::from(one)));
                (None, Some(named.collect::<BTreeMap<_, _>>()))
            }
            core::Compute::Rows(core::RowsOut { columns }) => {
                let kernel = KernelName(core::RowsOut::NAME.to_owned());
                (Some(Computed { kernel, columns: columns.clone(), params: Map::new() }), None)
            }
        };
        Self {
            filter: filter.iter().map(Condition::from).collect(),
            group_by: group_by.iter().map(GroupBy::from).collect(),
            kernel: one.as_ref().map(|one| one.kernel.clone()),
            columns: one.as_ref().and_then(|one| one.columns.clone()),
            params: one.map(|one| one.params),
            compute: named,
            order_by: order.by.clone(),
            descending: order.descending,
            limit: order.limit,
        }
    }
}

impl From<&core::Condition> for Condition {
    fn from(condition: &core::Condition) -> Self {
        let mut shown = Self { column: condition.column.clone(), ..Self::default() };
        match &condition.test {
            Test::Compare(comparison, literal) => {
                let place = match comparison {
                    Comparison::Eq => &mut shown.eq,
                    Comparison::Ne => &mut shown.ne,
                    Comparison::Lt => &mut shown.lt,
                    Comparison::Le => &mut shown.le,
                    Comparison::Gt => &mut shown.gt,
                    Comparison::Ge => &mut shown.ge,
                };
                *place = Some(literal.into());
            }
            Test::In(literals) => shown.one_of = Some(literals.iter().map(Into::into).collect()),
            Test::Is(nullness) => shown.is = Some((*nullness).into()),
        }
        shown
    }
}

impl From<Literal> for core::Literal {
    fn from(literal: Literal) -> Self {
        match literal {
            Literal::Boolean(value) => Self::Boolean(value),
            Literal::Number(value) => Self::Number(value),
            Literal::Text(value) => Self::Text(value),
        }
    }
}

impl From<&core::Literal> for Literal {
    fn from(literal: &core::Literal) -> Self {
        match literal {
            core::Literal::Boolean(value) => Self::Boolean(*value),
            core::Literal::Number(value) => Self::Number(value.clone()),
            core::Literal::Text(value) => Self::Text(value.clone()),
        }
    }
}

impl From<Nullness> for core::Nullness {
    fn from(nullness: Nullness) -> Self {
        match nullness {
            Nullness::Null => Self::Null,
            Nullness::NotNull => Self::NotNull,
        }
    }
}

impl From<core::Nullness> for Nullness {
    fn from(nullness: core::Nullness) -> Self {
        match nullness {
            core::Nullness::Null => Self::Null,
            core::Nullness::NotNull => Self::NotNull,
        }
    }
}

impl From<GroupBy> for core::GroupBy {
    fn from(by: GroupBy) -> Self {
        match by {
            GroupBy::Column(column) => {
                Self { name: column.clone(), column, unit: None, time_zone: None }
            }
            GroupBy::Named(NamedGroup { column, unit, time_zone, name }) => Self {
                name: name.unwrap_or_else(|| column.clone()),
                column,
                unit: unit.map(Into::into),
                time_zone,
            },
        }
    }
}

impl From<&core::GroupBy> for GroupBy {
    fn from(by: &core::GroupBy) -> Self {
        let core::GroupBy { column, unit, time_zone, name } = by;
        if unit.is_none() && column == name {
            return Self::Column(column.clone());
        }
        Self::Named(NamedGroup {
            column: column.clone(),
            unit: unit.map(Into::into),
            time_zone: time_zone.clone(),
            name: (name != column).then(|| name.clone()),
        })
    }
}

impl From<TimeUnit> for core::TimeUnit {
    fn from(unit: TimeUnit) -> Self {
        match unit {
            TimeUnit::Minute => Self::Minute,
            TimeUnit::Hour => Self::Hour,
            TimeUnit::Day => Self::Day,
            TimeUnit::Week => Self::Week,
            TimeUnit::Month => Self::Month,
            TimeUnit::Quarter => Self::Quarter,
            TimeUnit::Year => Self::Year,
        }
    }
}

impl From<core::TimeUnit> for TimeUnit {
    fn from(unit: core::TimeUnit) -> Self {
        match unit {
            core::TimeUnit::Minute => Self::Minute,
            core::TimeUnit::Hour => Self::Hour,
            core::TimeUnit::Day => Self::Day,
            core::TimeUnit::Week => Self::Week,
            core::TimeUnit::Month => Self::Month,
            core::TimeUnit::Quarter => Self::Quarter,
            core::TimeUnit::Year => Self::Year,
        }
    }
}

impl From<Computed> for core::Computed {
    fn from(Computed { kernel, columns, params }: Computed) -> Self {
        let kernel = KernelSpec { name: kernel.0, params: Value::Object(params) };
        Self { kernel, columns }
    }
}

impl From<&core::Computed> for Computed {
    fn from(core::Computed { kernel, columns }: &core::Computed) -> Self {
        Self {
            kernel: KernelName(kernel.name.clone()),
            columns: columns.clone(),
            // The parameters of every kernel that was submitted are an object.
            params: kernel.params.as_object().cloned().unwrap_or_else(Map::new),
        }
    }
}

#[cfg(test)]
mod tests;
