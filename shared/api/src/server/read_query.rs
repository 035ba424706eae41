//! Reading which rows a request asks for, in which groups, and which kernels over them.

use std::collections::BTreeMap;

use pgfold_core::{Error, Result, kernel, shown, whole_number};
use serde_json::{Map, Value};

use crate::{Computed, Condition, GroupBy, KernelName, Literal, NamedGroup, Nullness, TimeUnit};

/// The fields of a condition that are not comparisons, and those that are.
const CONDITION: [&str; 9] = ["column", "eq", "ne", "lt", "le", "gt", "ge", "in", "is"];

/// Returns the conditions of the field `where`.
pub(super) fn filter(fields: &Map<String, Value>) -> Result<Vec<Condition>> {
    let what =
        "where must be a list of conditions such as {\"column\": \"city\", \"eq\": \"Rome\"}";
    list(fields, "where", what)?.iter().map(condition).collect()
}

/// Returns the values that make groups, of the field `group_by`.
pub(super) fn group_by(fields: &Map<String, Value>) -> Result<Vec<GroupBy>> {
    let what = "group_by must be a list of columns, or of units such as {\"column\": \
                \"started_at\", \"unit\": \"day\"}";
    list(fields, "group_by", what)?.iter().map(group).collect()
}

/// Returns the kernels of the field `compute`.
pub(super) fn compute(fields: &Map<String, Value>) -> Result<Option<BTreeMap<String, Computed>>> {
    let Some(value) = fields.get("compute") else { return Ok(None) };
    let Value::Object(named) = value else {
        return Err(Error::Invalid(format!(
            "compute must be kernels by the names of their answers, such as {{\"fare\": \
             {{\"kernel\": \"summary\", \"columns\": [\"fare\"]}}}}, not {}",
            shown(value)
        )));
    };
    let computed = |(name, value): (&String, &Value)| Ok((name.clone(), computed(name, value)?));
    named.iter().map(computed).collect::<Result<_>>().map(Some)
}

/// Returns the flag in the field `descending`.
pub(super) fn descending(fields: &Map<String, Value>) -> Result<bool> {
    match fields.get("descending") {
        None => Ok(false),
        Some(Value::Bool(descending)) => Ok(*descending),
        Some(other) => {
            Err(Error::Invalid(format!("descending must be true or false, not {}", shown(other))))
        }
    }
}

/// Returns the number in the field `limit`.
pub(super) fn limit(fields: &Map<String, Value>) -> Result<Option<u32>> {
    let Some(value) = fields.get("limit") else { return Ok(None) };
    let limit = whole_number(value).and_then(|limit| u32::try_from(limit).ok());
    match limit {
        Some(limit @ 1..) => Ok(Some(limit)),
        _ => Err(Error::Invalid(format!(
            "limit must be a whole number from 1 to {}, not {}",
            u32::MAX,
            shown(value)
        ))),
    }
}

/// Returns the name in a field.
pub(super) fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Error::Invalid(format!("{name} must be a name, not {}", shown(other)))),
    }
}

/// Returns the name in the field `kernel`, if `value` is one.
pub(super) fn kernel(value: Option<&Value>) -> Result<KernelName> {
    match value {
        Some(Value::String(name)) => Ok(KernelName(name.clone())),
        other => {
            let names = kernel::names().collect::<Vec<_>>().join(", ");
            let given = other.map_or("missing".to_owned(), |other| format!("not {}", shown(other)));
            Err(Error::Invalid(format!("kernel must be one of {names}, {given}")))
        }
    }
}

/// Returns the names in the field `columns`.
pub(super) fn columns(fields: &Map<String, Value>) -> Result<Option<Vec<String>>> {
    let Some(value) = fields.get("columns") else { return Ok(None) };
    serde_json::from_value(value.clone()).map(Some).map_err(|_| {
        Error::Invalid(format!("columns must be a list of names, not {}", shown(value)))
    })
}

/// Returns the parameters of a kernel in the field `params`.
pub(super) fn params(
    fields: &Map<String, Value>,
    kernel: &KernelName,
) -> Result<Map<String, Value>> {
    match fields.get("params") {
        None => Ok(Map::new()),
        Some(Value::Object(params)) => Ok(params.clone()),
        Some(other) => {
            let other = shown(other);
            Err(Error::Invalid(format!("parameters of {kernel}: an object, not {other}")))
        }
    }
}

fn condition(value: &Value) -> Result<Condition> {
    let fields = object(value, "where: a condition", &CONDITION)?;
    let Some(column) = text(fields, "column")? else {
        let value = shown(value);
        return Err(Error::Invalid(format!("where: a condition without a column: {value}")));
    };
    if fields.len() == 1 {
        return Err(Error::Invalid(format!(
            "where: column {:?} is compared with nothing; a condition has one of {}",
            shown(&column),
            CONDITION[1..].join(", ")
        )));
    }
    let wrong = |what: &str, value: &Value| {
        let (column, value) = (shown(&column), shown(value));
        Error::Invalid(format!("where: column {column:?}: {what}, not {value}"))
    };
    let literal = |name: &str| {
        let Some(value) = fields.get(name) else { return Ok(None) };
        let what = format!("{name} must be a boolean, a number or a text; use is for null");
        read_literal(value).map(Some).ok_or_else(|| wrong(&what, value))
    };
    let one_of = match fields.get("in") {
        None => None,
        Some(value) => {
            let literals: Option<Vec<Literal>> =
                value.as_array().and_then(|list| list.iter().map(read_literal).collect());
            let what = "in must be a list of at least one boolean, number or text";
            let literals = literals.filter(|list| !list.is_empty());
            Some(literals.ok_or_else(|| wrong(what, value))?)
        }
    };
    let is = match fields.get("is") {
        None => None,
        Some(value) => {
            let mut known = Nullness::ALL.into_iter();
            let found = known.find(|nullness| value.as_str() == Some(nullness.name()));
            Some(found.ok_or_else(|| wrong("is must be \"null\" or \"not null\"", value))?)
        }
    };
    Ok(Condition {
        eq: literal("eq")?,
        ne: literal("ne")?,
        lt: literal("lt")?,
        le: literal("le")?,
        gt: literal("gt")?,
        ge: literal("ge")?,
        one_of,
        is,
        column,
    })
}

fn read_literal(value: &Value) -> Option<Literal> {
    match value {
        Value::Bool(value) => Some(Literal::Boolean(*value)),
        Value::Number(value) => Some(Literal::Number(value.clone())),
        Value::String(value) => Some(Literal::Text(value.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn group(value: &Value) -> Result<GroupBy> {
    if let Value::String(column) = value {
        return Ok(GroupBy::Column(column.clone()));
    }
    let fields = object(value, "group_by: an entry", &["column", "unit", "time_zone", "as"])?;
    let Some(column) = text(fields, "column")? else {
        let value = shown(value);
        return Err(Error::Invalid(format!("group_by: an entry without a column: {value}")));
    };
    let unit = match fields.get("unit") {
        None => None,
        Some(value) => {
            let found = TimeUnit::ALL.into_iter().find(|unit| value.as_str() == Some(unit.name()));
            let wrong = || {
                let names = TimeUnit::ALL.map(TimeUnit::name).join(", ");
                Error::Invalid(format!(
                    "group_by: the unit of {:?} must be one of {names}, not {}",
                    shown(&column),
                    shown(value)
                ))
            };
            Some(found.ok_or_else(wrong)?)
        }
    };
    let (time_zone, name) = (text(fields, "time_zone")?, text(fields, "as")?);
    Ok(GroupBy::Named(NamedGroup { column, unit, time_zone, name }))
}

fn computed(name: &str, value: &Value) -> Result<Computed> {
    let fields = object(value, "compute: an entry", &["kernel", "columns", "params"])?;
    let of = |error: Error| match error {
        Error::Invalid(problem) => Error::Invalid(format!("compute: {:?}: {problem}", shown(name))),
        error => error,
    };
    let kernel = kernel(fields.get("kernel")).map_err(of)?;
    let params = params(fields, &kernel).map_err(of)?;
    Ok(Computed { kernel, columns: columns(fields).map_err(of)?, params })
}

fn list<'v>(fields: &'v Map<String, Value>, name: &str, what: &str) -> Result<&'v [Value]> {
    match fields.get(name) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(Error::Invalid(format!("{what}, not {}", shown(other)))),
    }
}

/// Returns the fields of an object, all of them among `known`.
fn object<'v>(value: &'v Value, what: &str, known: &[&str]) -> Result<&'v Map<String, Value>> {
    let Value::Object(fields) = value else {
        return Err(Error::Invalid(format!(
            "{what} must be an object with some of {}, not {}",
            known.join(", "),
            shown(value)
        )));
    };
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(fields),
        Some(unknown) => Err(Error::Invalid(format!(
            "{what} may have {}, not {:?}",
            known.join(", "),
            shown(unknown)
        ))),
    }
}
