//! Reading which rows a request asks for: its field `where`.

use pgfold_core::{Error, Result, shown};
use serde_json::{Map, Value};

use super::fields::{at, list, object, text};
use crate::{Condition, Literal, Nullness};

/// The fields of a condition: its column, and what the value of that must meet.
const CONDITION: [&str; 9] = ["column", "eq", "ne", "lt", "le", "gt", "ge", "in", "is"];

/// Returns the conditions of the field `where`.
pub(super) fn filter(fields: &Map<String, Value>) -> Result<Vec<Condition>> {
    let what = "a list of conditions such as {\"column\": \"city\", \"eq\": \"Rome\"}";
    list(fields, "where", what)?.iter().map(condition).collect()
}

fn condition(value: &Value) -> Result<Condition> {
    let fields = object(value, "where: a condition", &CONDITION)?;
    let Some(column) = text(fields, "column").map_err(|error| at("where", error))? else {
        let value = shown(value);
        return Err(Error::Invalid(format!("where: a condition must have a column, not {value}")));
    };
    if fields.len() == 1 {
        return Err(Error::Invalid(format!(
            "where: column {:?} is compared with nothing; a condition has at least one of {}",
            shown(&column),
            CONDITION[1..].join(", ")
        )));
    }
    let of_column = |error| at(format_args!("where: column {:?}", shown(&column)), error);
    let literal = |name: &str| literal(fields, name).map_err(of_column);
    Ok(Condition {
        eq: literal("eq")?,
        ne: literal("ne")?,
        lt: literal("lt")?,
        le: literal("le")?,
        gt: literal("gt")?,
        ge: literal("ge")?,
        one_of: one_of(fields).map_err(of_column)?,
        is: is(fields).map_err(of_column)?,
        column,
    })
}

fn literal(fields: &Map<String, Value>, name: &str) -> Result<Option<Literal>> {
    let Some(value) = fields.get(name) else { return Ok(None) };
    let wrong = || {
        let value = shown(value);
        Error::Invalid(format!(
            "{name} must be a boolean, a number or a text, not {value}; \"is\" compares with NULL"
        ))
    };
    read_literal(value).map(Some).ok_or_else(wrong)
}

fn one_of(fields: &Map<String, Value>) -> Result<Option<Vec<Literal>>> {
    let Some(value) = fields.get("in") else { return Ok(None) };
    let literals: Option<Vec<Literal>> =
        value.as_array().and_then(|list| list.iter().map(read_literal).collect());
    match literals {
        Some(literals) if !literals.is_empty() => Ok(Some(literals)),
        _ => Err(Error::Invalid(format!(
            "in must be a list of at least one boolean, number or text, not {}",
            shown(value)
        ))),
    }
}

fn is(fields: &Map<String, Value>) -> Result<Option<Nullness>> {
    let Some(value) = fields.get("is") else { return Ok(None) };
    match Nullness::ALL.into_iter().find(|nullness| value.as_str() == Some(nullness.name())) {
        Some(nullness) => Ok(Some(nullness)),
        None => Err(Error::Invalid(format!(
            "is must be \"null\" or \"not null\", not {}",
            shown(value)
        ))),
    }
}

fn read_literal(value: &Value) -> Option<Literal> {
    match value {
        Value::Bool(value) => Some(Literal::Boolean(*value)),
        Value::Number(value) => Some(Literal::Number(value.clone())),
        Value::String(value) => Some(Literal::Text(value.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(filter: Value) -> Result<Vec<Condition>> {
        super::filter(json!({ "where": filter }).as_object().unwrap())
    }

    fn error(filter: Value) -> String {
        read(filter).unwrap_err().to_string()
    }

    #[test]
    fn a_request_without_conditions_asks_for_all_rows() {
        assert_eq!(filter(&Map::new()).unwrap(), []);
        assert_eq!(read(json!([])).unwrap(), []);
    }

    #[test]
    fn every_operator_is_read_with_a_value_of_every_type() {
        for operator in ["eq", "ne", "lt", "le", "gt", "ge"] {
            for value in [json!(true), json!(-7), json!(0.5), json!(u64::MAX), json!("Rome")] {
                let asked = json!([{ "column": "city", operator: value }]);
                let read = read(asked.clone()).unwrap();
                assert_eq!(serde_json::to_value(read).unwrap(), asked);
            }
        }
        for (operator, value) in [
            ("in", json!(["Rome"])),
            ("in", json!([1, 2.5, "3", false, 1])),
            ("is", json!("null")),
            ("is", json!("not null")),
        ] {
            let asked = json!([{ "column": "city", operator: value }]);
            assert_eq!(serde_json::to_value(read(asked.clone()).unwrap()).unwrap(), asked);
        }
    }

    #[test]
    fn a_condition_may_have_all_operators_and_a_column_several_conditions() {
        let all = json!({
            "column": "n", "eq": 1, "ne": 2, "lt": 3, "le": 4, "gt": 5, "ge": 6, "in": [7],
            "is": "not null"
        });
        let asked = json!([all, { "column": "n", "eq": 1 }, { "column": "", "eq": "" }]);
        assert_eq!(serde_json::to_value(read(asked.clone()).unwrap()).unwrap(), asked);
    }

    #[test]
    fn what_is_no_list_of_conditions_is_refused() {
        for (filter, shown) in [
            (json!("city = 'Rome'"), r#""city = 'Rome'""#),
            (json!({ "column": "city", "eq": "Rome" }), r#"{"column":"city","eq":"Rome"}"#),
            (json!(null), "null"),
        ] {
            let expected = format!(
                r#"where must be a list of conditions such as {{"column": "city", "eq": "Rome"}}, not {shown}"#
            );
            assert_eq!(error(filter), expected);
        }
        let fields = "column, eq, ne, lt, le, gt, ge, in, is";
        for (condition, problem) in [
            (json!("city"), format!("must be an object with some of {fields}, not \"city\"")),
            (json!(null), format!("must be an object with some of {fields}, not null")),
            (json!({ "column": "n", "like": "R%" }), format!("may have {fields}, not \"like\"")),
            (json!({}), "must have a column, not {}".to_owned()),
            (json!({ "eq": 1 }), "must have a column, not {\"eq\":1}".to_owned()),
        ] {
            assert_eq!(error(json!([condition])), format!("where: a condition {problem}"));
        }
        let column = json!([{ "column": "n", "eq": 1 }, { "column": 5, "eq": 1 }]);
        assert_eq!(error(column), "where: column must be a name, not 5");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_column_and_operator() {
        let nothing = error(json!([{ "column": "city" }]));
        assert!(nothing.starts_with("where: column \"city\" is compared with nothing; "));
        assert!(nothing.ends_with("at least one of eq, ne, lt, le, gt, ge, in, is"), "{nothing}");
        for operator in ["eq", "ne", "lt", "le", "gt", "ge"] {
            for (value, shown) in [(json!(null), "null"), (json!([1]), "[1]"), (json!({}), "{}")] {
                assert_eq!(
                    error(json!([{ "column": "city", operator: value }])),
                    format!(
                        "where: column \"city\": {operator} must be a boolean, a number or a text, \
                         not {shown}; \"is\" compares with NULL"
                    )
                );
            }
        }
        for list in
            [json!([]), json!("Rome"), json!(null), json!([null]), json!(["Rome", ["Oslo"]])]
        {
            let expected = format!(
                "where: column \"city\": in must be a list of at least one boolean, number or text, \
                 not {list}"
            );
            assert_eq!(error(json!([{ "column": "city", "in": list }])), expected);
        }
        for value in [json!(null), json!("NULL"), json!("not  null"), json!(false), json!(["null"])]
        {
            let expected =
                format!("where: column \"city\": is must be \"null\" or \"not null\", not {value}");
            assert_eq!(error(json!([{ "column": "city", "is": value }])), expected);
        }
    }

    #[test]
    fn an_error_about_long_names_and_values_stays_readable() {
        let long = "x".repeat(5000);
        for filter in [
            json!(long),
            json!([long]),
            json!([{ "column": long }]),
            json!([{ "column": long, "eq": [long] }]),
            json!([{ "column": long, long.clone(): 1 }]),
        ] {
            assert!(error(filter).len() < 400);
        }
    }
}
