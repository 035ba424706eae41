//! Conditions of the wire: of what was written, and back.

use pgfold_api::{Condition, Literal, SourceDescription};
use serde_json::Number;

use super::{
    filter::{Filter, Test},
    operator::{Comparison, SIGNS},
    piece::spelled,
};

/// What the values of a column are on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Boolean,
    Number,
    /// Texts, and what is written as a text: times, UUIDs, decimals of any length.
    Text,
}

/// Returns the condition of the wire. Its values have the type of the column in `source`; they are
/// texts if that is not known.
pub(crate) fn condition(filter: &Filter, source: Option<&SourceDescription>) -> Condition {
    let form = source.map_or(Form::Text, |source| form(source, &filter.column));
    let mut condition = Condition { column: filter.column.clone(), ..Condition::default() };
    match &filter.test {
        Test::Compare(comparison, value) => {
            let place = match comparison {
                Comparison::Eq => &mut condition.eq,
                Comparison::Ne => &mut condition.ne,
                Comparison::Lt => &mut condition.lt,
                Comparison::Le => &mut condition.le,
                Comparison::Gt => &mut condition.gt,
                Comparison::Ge => &mut condition.ge,
            };
            *place = Some(literal(value, form));
        }
        Test::OneOf(values) => {
            condition.one_of = Some(values.iter().map(|value| literal(value, form)).collect());
        }
        Test::Is(nullness) => condition.is = Some(*nullness),
    }
    condition
}

/// Returns a condition in the words of the command line, one for each comparison.
pub(crate) fn shown(condition: &Condition) -> Vec<String> {
    let Condition { column, eq, ne, lt, le, gt, ge, one_of, is } = condition;
    // A space may begin an operator that is a word.
    let column = spelled(column, &[&SIGNS[..], &[' ']].concat());
    let compared = [
        (Comparison::Eq, eq),
        (Comparison::Ne, ne),
        (Comparison::Lt, lt),
        (Comparison::Le, le),
        (Comparison::Gt, gt),
        (Comparison::Ge, ge),
    ];
    let compared = compared.into_iter().filter_map(|(comparison, value)| {
        let value = text(value.as_ref()?);
        // A sign at its start would belong to the operator.
        let stops = if value.starts_with(SIGNS) { &SIGNS[..] } else { &[] };
        Some(format!("{column}{}{}", comparison.sign(), spelled(&value, stops)))
    });
    let one_of = one_of.iter().map(|values| {
        let values = values.iter().map(|value| spelled(&text(value), &[',', '(', ')']));
        format!("{column} in {}", values.collect::<Vec<_>>().join(","))
    });
    let is = is.iter().map(|nullness| format!("{column} is {}", nullness.name()));
    compared.chain(one_of).chain(is).collect()
}

/// Returns the form of a column's values, by what it can be read as, which is known of a domain
/// too, or by the name of its type.
fn form(source: &SourceDescription, column: &str) -> Form {
    let known = source.columns.iter().find(|known| known.column == column);
    if let Some(known) = known.filter(|known| !known.reads_as.is_empty()) {
        let reads_as = |kind: &str| known.reads_as.iter().any(|known| known == kind);
        return match () {
            () if reads_as("boolean") => Form::Boolean,
            () if reads_as("integer") => Form::Number,
            // Decimals are texts, so that no digit is lost.
            () if reads_as("number") && !reads_as("decimal") => Form::Number,
            () => Form::Text,
        };
    }
    let filter = source.filters.iter().find(|filter| filter.column == column);
    match filter.and_then(|filter| filter.type_name.as_deref()) {
        Some("boolean") => Form::Boolean,
        Some("smallint" | "integer" | "bigint" | "real" | "double precision") => Form::Number,
        _ => Form::Text,
    }
}

/// Returns a value in the form of its column. What has not that form remains a text, which the
/// server refuses with what the column can hold.
fn literal(value: &str, form: Form) -> Literal {
    let read = match form {
        Form::Boolean => value.parse().ok().map(Literal::Boolean),
        Form::Number => number(value).map(Literal::Number),
        Form::Text => None,
    };
    read.unwrap_or_else(|| Literal::Text(value.to_owned()))
}

/// Reads a number, also one with a plus, a zero or a dot at its start, which JSON has not.
fn number(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    let whole = whole.or_else(|| text.parse::<u64>().ok().map(Number::from));
    whole.or_else(|| Number::from_f64(text.parse().ok()?))
}

fn text(literal: &Literal) -> String {
    match literal {
        Literal::Boolean(value) => value.to_string(),
        Literal::Number(value) => value.to_string(),
        Literal::Text(value) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgfold_api::{SourceColumn, TypedColumn};
    use serde_json::{Value, json};

    fn source() -> SourceDescription {
        let column = |name: &str, type_name: &str, reads_as: &[&str]| SourceColumn {
            column: name.to_owned(),
            type_name: Some(type_name.to_owned()),
            expression: None,
            reads_as: reads_as.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        SourceDescription {
            source: "trips".to_owned(),
            table: "trips".to_owned(),
            key: Some(TypedColumn {
                column: "id".to_owned(),
                type_name: Some("bigint".to_owned()),
            }),
            filter: None,
            columns: vec![
                column("zip", "text", &["text", "any"]),
                column("seats", "seat_count", &["integer", "number", "decimal", "any"]),
                column("length", "double precision", &["number", "any"]),
                column("fare", "numeric(10,2)", &["number", "decimal", "any"]),
                column("paid", "boolean", &["boolean", "any"]),
                column("started_at", "timestamp with time zone", &["instant", "any"]),
                column("small", "smallint", &[]),
            ],
            filters: [("id", "bigint"), ("small", "smallint"), ("at", "date"), ("late", "boolean")]
                .map(|(column, type_name)| TypedColumn {
                    column: column.to_owned(),
                    type_name: Some(type_name.to_owned()),
                })
                .into(),
            estimated_rows: None,
            analyzed_at: None,
            problem: None,
        }
    }

    fn sent(text: &str) -> Value {
        json!(condition(&Filter::parse(text).unwrap(), Some(&source())))
    }

    #[test]
    fn a_value_has_the_type_of_its_column() {
        for (text, field, expected) in [
            ("zip=00123", "eq", json!("00123")),
            ("zip=true", "eq", json!("true")),
            ("seats>=007", "ge", json!(7)),
            ("seats in 1,+2", "in", json!([1, 2])),
            ("id<18446744073709551615", "lt", json!(u64::MAX)),
            ("length<>.5", "ne", json!(0.5)),
            ("length<1e3", "lt", json!(1000.0)),
            ("length=NaN", "eq", json!("NaN")),
            ("fare<=12.50", "le", json!("12.50")),
            ("paid!=true", "ne", json!(true)),
            ("small>3", "gt", json!(3)),
            ("late=true", "eq", json!(true)),
            ("at=20261101", "eq", json!("20261101")),
            ("started_at>=2026-11-01", "ge", json!("2026-11-01")),
            ("started_at is not null", "is", json!("not null")),
            ("elsewhere=1", "eq", json!("1")),
        ] {
            assert_eq!(sent(text)[field], expected, "{text}");
            assert_eq!(sent(text).as_object().unwrap().len(), 2, "{text}");
        }
    }

    #[test]
    fn what_the_column_cannot_hold_is_the_servers_to_refuse() {
        assert_eq!(sent("seats=many")["eq"], json!("many"));
        assert_eq!(sent("paid=yes")["eq"], json!("yes"));
    }

    #[test]
    fn without_a_source_values_are_texts() {
        let filter = Filter::parse("seats=7").unwrap();
        assert_eq!(json!(condition(&filter, None))["eq"], json!("7"));
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for text in [
            "zip=\"\"",
            "zip<>\"=a\"",
            "zip=a b, c",
            "zip!=say \"so\"",
            "zip in \"a,b\",\"(c)\",d",
            "\"zip code\"=1",
            "\"a=b\" is null",
            "seats>=7",
            "paid=true",
            "fare<12.50",
        ] {
            let sent = condition(&Filter::parse(text).unwrap(), Some(&source()));
            let [shown] = &shown(&sent)[..] else { panic!("{text}") };
            let again = condition(&Filter::parse(shown).unwrap(), Some(&source()));
            assert_eq!(again, sent, "{text}, {shown}");
        }
    }

    #[test]
    fn each_comparison_of_a_condition_is_shown() {
        let range = json!({ "column": "id", "ge": 1, "lt": 10, "is": "not null" });
        let range = serde_json::from_value(range).unwrap();
        assert_eq!(shown(&range), ["id<10", "id>=1", "id is not null"]);
    }
}
