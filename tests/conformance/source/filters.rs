//! The rows that meet a filter, and no others.

use std::cmp::Ordering;

use pgfold_core::{Consistency, Error, GroupBy, Projection, TimeUnit};
use serde_json::{Value, json};

use super::{
    Backend, LIMIT,
    typed::{Typed, all, asked, read},
};

/// Whether a row meets a filter.
type Meets = fn(&Typed) -> bool;

fn compare(column: &str, comparison: &str, value: impl Into<Value>) -> Value {
    json!({ "column": column, "test": { "compare": [comparison, value.into()] } })
}

/// Filters, each with the rows that meet it. A NULL meets no comparison.
fn filters() -> [(Value, Meets); 24] {
    let is = |column: &str, is: &str| json!({ "column": column, "test": { "is": is } });
    let one_of = |column: &str, list: Value| json!({ "column": column, "test": { "in": list } });
    let high = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    [
        (json!([]), |_| true),
        (json!([compare("id", "ge", 500)]), |row| row.key >= 500),
        (json!([compare("id", "lt", -5000)]), |_| false),
        (json!([compare("id", "ge", -10), compare("id", "lt", 35)]), |row| {
            (-10..35).contains(&row.key)
        }),
        (json!([compare("whole", "lt", 0)]), |row| row.whole.is_some_and(|whole| whole < 0)),
        (json!([compare("whole", "ne", 7)]), |row| row.whole.is_some_and(|whole| whole != 7)),
        (json!([compare("whole", "ge", 7), compare("whole", "le", i64::MAX)]), |row| {
            row.whole.is_some_and(|whole| whole >= 7)
        }),
        (json!([one_of("whole", json!([i64::MIN, 7, 7, 3]))]), |row| {
            row.whole.is_some_and(|whole| whole == i64::MIN || whole == 7)
        }),
        (json!([is("whole", "null")]), |row| row.whole.is_none()),
        // -0 equals 0; a NaN equals a NaN, and is the greatest.
        (json!([compare("number", "eq", 0)]), |row| row.number == Some(0.0)),
        (json!([compare("number", "gt", 1.5)]), |row| {
            row.number.is_some_and(|number| number.is_nan() || number > 1.5)
        }),
        (json!([compare("number", "eq", "NaN")]), |row| row.number.is_some_and(f64::is_nan)),
        (json!([compare("number", "lt", "Infinity")]), |row| {
            row.number.is_some_and(|number| number <= 1.5)
        }),
        (json!([compare("exact", "eq", "1.5")]), |row| matches!(row.exact, Some("1.5" | "1.50"))),
        (
            json!([compare("exact", "ge", 1.5), compare("exact", "le", "12345678901234567890.0")]),
            |row| matches!(row.exact, Some("1.5" | "1.50" | "12345678901234567890")),
        ),
        (json!([compare("exact", "gt", "12345678901234567890")]), |row| row.exact == Some("NaN")),
        (json!([compare("exact", "le", "-0.1")]), |row| row.exact == Some("-0.10")),
        (json!([compare("word", "lt", "a")]), |row| {
            row.word.is_some_and(|word| word.as_bytes().cmp(b"a") == Ordering::Less)
        }),
        (json!([one_of("word", json!(["O'Neil", "Zürich", "a "]))]), |row| {
            matches!(row.word, Some("O'Neil" | "Zürich" | "a "))
        }),
        (json!([compare("word", "ne", "")]), |row| row.word.is_some_and(|word| !word.is_empty())),
        (json!([compare("yes", "eq", false)]), |row| row.yes == Some(false)),
        (json!([compare("yes", "ne", false)]), |row| row.yes == Some(true)),
        (json!([compare("code", "eq", high)]), |row| row.code.is_some_and(|code| code.is_max())),
        (
            json!([
                is("word", "not_null"),
                compare("id", "lt", 1000),
                compare("number", "le", 1.5),
                one_of("yes", json!([true])),
            ]),
            |row| {
                let number = row.number.is_some_and(|number| number <= 1.5);
                row.word.is_some() && row.key < 1000 && number && row.yes == Some(true)
            },
        ),
    ]
}

pub(crate) async fn rows_that_meet_a_filter_are_read_once_each_and_no_others(
    backend: &dyn Backend,
) {
    let table = backend.typed(&all()).await;
    for (filter, meets) in filters() {
        let expected: Vec<i64> = all().iter().filter(|row| meets(row)).map(|row| row.key).collect();
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            for chunks in [1, 5] {
                let projection = asked(&filter, &[]);
                let (planned, rows) = read(&table, &projection, consistency, chunks).await.unwrap();
                let keys: Vec<i64> = rows.into_iter().map(|(key, _)| key).collect();
                assert_eq!(keys, expected, "{filter} {consistency:?} in {:?}", planned.plan);
                assert!(planned.plan.len() <= chunks as usize, "{filter}");
                assert_eq!(planned.filter.len(), projection.filter.len());
            }
        }
    }
}

pub(crate) async fn what_a_column_cannot_be_asked_is_refused(backend: &dyn Backend) {
    let table = backend.typed(&all()).await;
    let refusal = async |filter: Value, groups: &[GroupBy]| {
        let projection = Projection { groups: groups.to_vec(), ..asked(&filter, &[]) };
        let planned = table.source.plan(Default::default(), &projection).await.map(drop);
        let held = table.source.hold(Default::default(), &projection, LIMIT).await.map(drop);
        [planned, held].map(|result| result.expect_err("a refusal"))
    };
    for (filter, column) in [
        (compare("whole", "eq", "7"), "whole"),
        (compare("whole", "eq", 1.5), "whole"),
        (compare("whole", "eq", 9_223_372_036_854_775_808_u64), "whole"),
        (compare("id", "gt", true), "id"),
        (compare("number", "eq", "high"), "number"),
        (compare("exact", "eq", "1e5"), "exact"),
        (compare("word", "eq", 7), "word"),
        (compare("yes", "eq", 1), "yes"),
        (compare("code", "eq", "7"), "code"),
        (json!({ "column": "whole", "test": { "in": [7, "8"] } }), "whole"),
    ] {
        for refused in refusal(json!([filter]), &[]).await {
            let is_named = refused.to_string().contains(&format!("{column:?}"));
            assert!(matches!(refused, Error::Invalid(_)) && is_named, "{filter}: {refused:?}");
        }
    }
    let by = |column: &str, unit: Option<TimeUnit>| GroupBy {
        column: column.to_owned(),
        unit,
        time_zone: None,
        name: "group".to_owned(),
    };
    for (column, unit) in [("number", None), ("whole", Some(TimeUnit::Day))] {
        for refused in refusal(json!([]), &[by(column, unit)]).await {
            let is_named = refused.to_string().contains(&format!("{column:?}"));
            assert!(matches!(refused, Error::Invalid(_)) && is_named, "{column}: {refused:?}");
        }
    }
    // It is as well as before.
    let rows = read(&table, &asked(&json!([]), &[]), Consistency::PerChunk, 3).await.unwrap().1;
    assert_eq!(rows.len(), all().len());
}

pub(crate) async fn filters_and_groups_of_unknown_columns_are_misconfigured(backend: &dyn Backend) {
    let table = backend.typed(&all()).await;
    for projection in
        [asked(&json!([compare("salary", "gt", 1)]), &[]), asked(&json!([]), &["salary"])]
    {
        for result in [
            table.source.plan(Default::default(), &projection).await.map(drop),
            table.source.hold(Default::default(), &projection, LIMIT).await.map(drop),
        ] {
            assert!(
                matches!(&result, Err(Error::Misconfigured(why)) if why.contains("\"salary\"")),
                "{result:?}"
            );
        }
    }
}
