//! Which groups rows make: those of SQL's GROUP BY.

use pgfold_core::Consistency;
use serde_json::{Value, json};

use crate::queries::ledger::{Ledger, ask, summary};

/// Groups the ledger, and compares rows, least, greatest and sum with SQL's.
async fn compare(ledger: &Ledger, group_by: Value, values: &[&str], consistency: Consistency) {
    let query = json!({ "group_by": group_by, "compute": summary("int") });
    let answer = ask(&ledger.source, query, consistency).await.unwrap().answer.answer;
    let names: Vec<String> = group_by
        .as_array()
        .unwrap()
        .iter()
        .map(|by| by["name"].as_str().unwrap().to_owned())
        .collect();
    let list: Vec<String> =
        names.iter().zip(values).map(|(name, sql)| format!("{sql} AS \"{name}\"")).collect();
    let order: Vec<String> = (1..=values.len()).map(|at| format!("{at} NULLS LAST")).collect();
    let sql = format!(
        "SELECT json_agg(grouped) FROM (
             SELECT {}, count(*) AS rows,
                    json_build_object('rows', count(int), 'nulls', count(*) - count(int),
                                      'min', min(int), 'max', max(int), 'sum', sum(int)) AS summary
             FROM ledger GROUP BY {} ORDER BY {}
         ) AS grouped",
        list.join(", "),
        (1..=values.len()).map(|at| at.to_string()).collect::<Vec<_>>().join(", "),
        order.join(", ")
    );
    let expected = ledger.sql(&sql).await;
    let expected = expected.as_array().unwrap();
    assert_eq!(answer["group_count"], expected.len(), "{sql}");
    for (group, expected) in answer["groups"].as_array().unwrap().iter().zip(expected) {
        for name in names.iter().map(String::as_str).chain(["rows"]) {
            assert_eq!(group[name], expected[name], "{sql}: {group} {expected}");
        }
        for (name, value) in expected["summary"].as_object().unwrap() {
            assert_eq!(group["summary"][name], *value, "{sql}: {group} {expected}");
        }
    }
}

fn by(column: &str) -> Value {
    json!({ "column": column, "name": column })
}

/// The SQL of a time as an answer has it.
fn iso(time: &str, format: &str) -> String {
    format!("CASE WHEN isfinite({time}) THEN to_char({time}, '{format}') ELSE ({time})::text END")
}

const DAY: &str = "YYYY-MM-DD";
const LOCAL: &str = r#"YYYY-MM-DD"T"HH24:MI:SS"#;
const INSTANT: &str = r#"YYYY-MM-DD"T"HH24:MI:SS"Z""#;

#[tokio::test]
async fn values_of_every_type_make_groups() {
    let ledger = Ledger::new().await;
    for (column, sql) in [
        ("small", "small"),
        ("int", "int"),
        ("name", r#"name COLLATE "C""#),
        ("short", r#"short COLLATE "C""#),
        ("wide", r#"wide::text COLLATE "C""#),
        ("yes", "yes"),
        ("code", "code"),
        ("mood", r#"mood::text COLLATE "C""#),
        ("price", "price"),
    ] {
        compare(&ledger, json!([by(column)]), &[sql], Consistency::PerChunk).await;
    }
    compare(&ledger, json!([by("day")]), &[&iso("day", DAY)], Consistency::Snapshot).await;
}

#[tokio::test]
async fn decimals_that_are_equal_are_one_group() {
    let ledger = Ledger::new().await;
    let query = json!({ "group_by": [by("exact")], "compute": summary("int") });
    let asked = ask(&ledger.source, query, Consistency::PerChunk).await.unwrap();
    let groups = asked.answer.answer["groups"].as_array().unwrap().clone();
    let value = |place: usize| groups[place]["exact"].clone();
    // 1.5 and 1.50; then NaN, which PostgreSQL has for the greatest; then NULL.
    let last = groups.len() - 1;
    assert_eq!(
        [value(last - 2), value(last - 1), value(last)],
        [json!(1.5), json!("NaN"), json!(null)]
    );
    let rows = ledger.sql("SELECT count(*) FROM ledger WHERE exact = 1.5").await;
    assert_eq!(groups[last - 2]["rows"], rows);
    let count = ledger.sql("SELECT count(*) FROM (SELECT exact FROM ledger GROUP BY 1) AS g").await;
    assert_eq!(asked.answer.answer["group_count"], count);
}

#[tokio::test]
async fn units_of_time_are_those_of_date_trunc() {
    let ledger = Ledger::new().await;
    for unit in ["minute", "hour", "day", "week", "month", "quarter", "year"] {
        let by = |column: &str| json!([{ "column": column, "unit": unit, "name": "unit" }]);
        // Units of days are days, in the time zone that was asked for.
        let are_days = !matches!(unit, "minute" | "hour");
        let (local, instant) = if are_days { (DAY, DAY) } else { (LOCAL, INSTANT) };
        let day = iso(&format!("date_trunc('{unit}', day::timestamp)::date"), DAY);
        compare(&ledger, by("day"), &[&day], Consistency::PerChunk).await;
        let of_local = iso(&format!("date_trunc('{unit}', local)"), local);
        compare(&ledger, by("local"), &[&of_local], Consistency::PerChunk).await;
        let at = iso(&format!("date_trunc('{unit}', at, 'UTC')"), instant);
        compare(&ledger, by("at"), &[&at], Consistency::PerChunk).await;
        // Both nights of the ledger have hours that do not exist, or exist twice, in Rome.
        for zone in ["Europe/Rome", "America/St_Johns"] {
            let by = json!([{ "column": "at", "unit": unit, "time_zone": zone, "name": "unit" }]);
            let cut = format!("date_trunc('{unit}', at, '{zone}')");
            let cut = if are_days { format!("({cut} AT TIME ZONE '{zone}')") } else { cut };
            compare(&ledger, by, &[&iso(&cut, instant)], Consistency::Snapshot).await;
        }
    }
}

#[tokio::test]
async fn several_columns_make_groups_together() {
    let ledger = Ledger::new().await;
    let four = json!([
        by("yes"),
        by("mood"),
        { "column": "at", "unit": "day", "time_zone": "Europe/Rome", "name": "day" },
        by("small"),
    ]);
    let at = iso("(date_trunc('day', at, 'Europe/Rome') AT TIME ZONE 'Europe/Rome')", DAY);
    let sql = ["yes", r#"mood::text COLLATE "C""#, &at, "small"];
    compare(&ledger, four, &sql, Consistency::PerChunk).await;
}

#[tokio::test]
async fn groups_of_a_window_are_those_of_its_rows() {
    let ledger = Ledger::new().await;
    let filter = json!([
        { "column": "at", "test": { "compare": ["ge", "2026-03-29T00:00:00Z"] } },
        { "column": "at", "test": { "compare": ["lt", "2026-03-29T12:00:00Z"] } },
    ]);
    let query = json!({ "where": filter, "group_by": [by("yes")], "compute": summary("int") });
    let answer = ask(&ledger.source, query, Consistency::PerChunk).await.unwrap().answer.answer;
    let sql = "SELECT json_agg(grouped) FROM (SELECT yes, count(*) AS rows FROM ledger
               WHERE at >= '2026-03-29 00:00Z' AND at < '2026-03-29 12:00Z'
               GROUP BY 1 ORDER BY 1 NULLS LAST) AS grouped";
    let groups = answer["groups"].as_array().unwrap().iter();
    let groups: Vec<Value> =
        groups.map(|group| json!({ "yes": group["yes"], "rows": group["rows"] })).collect();
    assert_eq!(json!(groups), ledger.sql(sql).await);
}
