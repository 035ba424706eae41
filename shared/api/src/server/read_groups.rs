//! Reading which groups a request asks for, and which of them in which order.

use pgfold_core::{Error, Result, shown, whole_number};
use serde_json::{Map, Value};

use super::fields::{at, list, object, text, word};
use crate::{GroupBy, NamedGroup, TimeUnit};

/// Returns the values that make groups, of the field `group_by`.
pub(super) fn group_by(fields: &Map<String, Value>) -> Result<Vec<GroupBy>> {
    let what =
        "a list of columns, or of units such as {\"column\": \"started_at\", \"unit\": \"day\"}";
    list(fields, "group_by", what)?.iter().map(group).collect()
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

fn group(value: &Value) -> Result<GroupBy> {
    if let Value::String(column) = value {
        return Ok(GroupBy::Column(column.clone()));
    }
    let fields = object(value, "group_by: an entry", &["column", "unit", "time_zone", "as"])?;
    let Some(column) = text(fields, "column").map_err(|error| at("group_by", error))? else {
        let value = shown(value);
        return Err(Error::Invalid(format!("group_by: an entry must have a column, not {value}")));
    };
    let of_column = |error| at(format_args!("group_by: column {:?}", shown(&column)), error);
    let units = TimeUnit::ALL.map(|unit| (unit.name(), unit));
    let unit = word(fields, "unit", &units).map_err(of_column)?;
    let time_zone = text(fields, "time_zone").map_err(of_column)?;
    let name = text(fields, "as").map_err(of_column)?;
    Ok(GroupBy::Named(NamedGroup { column, unit, time_zone, name }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(name: &str, value: &Value) -> Map<String, Value> {
        Map::from_iter([(name.to_owned(), value.clone())])
    }

    fn error(group_by: &Value) -> String {
        super::group_by(&with("group_by", group_by)).unwrap_err().to_string()
    }

    #[test]
    fn columns_and_every_unit_of_time_make_groups() {
        assert_eq!(group_by(&Map::new()).unwrap(), []);
        let mut asked = vec![
            json!("city"),
            json!({ "column": "city" }),
            json!({ "column": "city", "as": "town" }),
            json!({ "column": "at", "unit": "day", "time_zone": "Europe/Rome", "as": "day" }),
        ];
        asked.extend(TimeUnit::ALL.map(|unit| json!({ "column": "at", "unit": unit.name() })));
        let read = group_by(&with("group_by", &json!(asked))).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), json!(asked));
    }

    #[test]
    fn what_is_no_list_of_columns_and_units_is_refused() {
        for wrong in [json!("city"), json!({ "column": "city" }), json!(null), json!(1)] {
            let expected = format!(
                r#"group_by must be a list of columns, or of units such as {{"column": "started_at", "unit": "day"}}, not {wrong}"#
            );
            assert_eq!(error(&wrong), expected);
        }
        let fields = "column, unit, time_zone, as";
        for (entry, problem) in [
            (json!(7), format!("an entry must be an object with some of {fields}, not 7")),
            (json!(null), format!("an entry must be an object with some of {fields}, not null")),
            (
                json!(["city"]),
                format!("an entry must be an object with some of {fields}, not [\"city\"]"),
            ),
            (
                json!({ "column": "at", "zone": "UTC" }),
                format!("an entry may have {fields}, not \"zone\""),
            ),
            (
                json!({ "unit": "day" }),
                "an entry must have a column, not {\"unit\":\"day\"}".to_owned(),
            ),
            (json!({ "column": null }), "column must be a name, not null".to_owned()),
            (
                json!({ "column": "at", "unit": "second" }),
                "column \"at\": unit must be minute or hour or day or week or month or quarter or \
                 year, not \"second\""
                    .to_owned(),
            ),
            (
                json!({ "column": "at", "unit": "day", "time_zone": 1 }),
                "column \"at\": time_zone must be a name, not 1".to_owned(),
            ),
            (
                json!({ "column": "at", "as": null }),
                "column \"at\": as must be a name, not null".to_owned(),
            ),
        ] {
            assert_eq!(error(&json!(["ok", entry])), format!("group_by: {problem}"));
        }
    }

    #[test]
    fn a_limit_is_a_whole_number_and_descending_a_flag() {
        assert_eq!(limit(&Map::new()).unwrap(), None);
        for (value, read) in [(json!(1), 1), (json!(10.0), 10), (json!(u32::MAX), u32::MAX)] {
            assert_eq!(limit(&with("limit", &value)).unwrap(), Some(read));
        }
        let (above, below) = (u64::from(u32::MAX) + 1, -1);
        for wrong in [
            json!(0),
            json!(below),
            json!(above),
            json!(1.5),
            json!("1"),
            json!(null),
            json!(1e300),
        ] {
            let expected =
                format!("limit must be a whole number from 1 to 4294967295, not {wrong}");
            assert_eq!(limit(&with("limit", &wrong)).unwrap_err().to_string(), expected);
        }
        assert!(!descending(&Map::new()).unwrap());
        for flag in [true, false] {
            assert_eq!(descending(&with("descending", &json!(flag))).unwrap(), flag);
        }
        for wrong in [json!("true"), json!(1), json!(null)] {
            let expected = format!("descending must be true or false, not {wrong}");
            assert_eq!(descending(&with("descending", &wrong)).unwrap_err().to_string(), expected);
        }
    }
}
