//! Which rows meet a condition: those that SQL says.

use pgfold_core::{Consistency, Source};
use serde_json::{Value, json};

use crate::queries::ledger::{Ledger, ask, summary};

/// A condition as a query has it, and the same in SQL.
fn conditions() -> Vec<(Value, String)> {
    let mut conditions = Vec::new();
    for (column, value, sql) in [
        ("id", json!(2500), "2500"),
        ("small", json!(1), "1"),
        ("int", json!(370), "370"),
        ("big", json!(4_000_000_028_i64), "4000000028"),
        ("real", json!(0.1), "0.1::real"),
        ("double", json!(0.0), "0"),
        ("double", json!("NaN"), "'NaN'"),
        ("exact", json!("1.5"), "1.5"),
        ("exact", json!(0.07), "0.07"),
        ("name", json!("Oslo"), "'Oslo'"),
        ("name", json!(""), "''"),
        ("name", json!("a\"b\\c"), r#"'a"b\c'"#),
        ("short", json!("y "), "'y '"),
        ("wide", json!("y"), "'y'"),
        ("yes", json!(true), "true"),
        ("day", json!("2024-02-29"), "'2024-02-29'"),
        ("local", json!("2026-03-29T02:30:00"), "'2026-03-29 02:30'"),
        ("at", json!("2026-03-29T03:30:00+02:00"), "'2026-03-29 01:30Z'"),
        ("at", json!("2026-03-29"), "'2026-03-29 00:00Z'"),
        ("code", json!("C4CA4238-A0B9-2382-0DCC-509A6F75849B"), "md5('1')::uuid"),
        ("mood", json!("ok"), "'ok'"),
        ("price", json!(3), "3"),
    ] {
        for (name, sign) in
            [("eq", "="), ("ne", "<>"), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")]
        {
            conditions.push((
                json!({ "column": column, "test": { "compare": [name, value] } }),
                format!("{column} {sign} {sql}"),
            ));
        }
        conditions.push((
            json!({ "column": column, "test": { "in": [value, value] } }),
            format!("{column} IN ({sql})"),
        ));
        for (name, words) in [("null", "IS NULL"), ("not_null", "IS NOT NULL")] {
            conditions.push((
                json!({ "column": column, "test": { "is": name } }),
                format!("{column} {words}"),
            ));
        }
    }
    conditions
}

#[tokio::test]
async fn every_condition_selects_the_rows_that_sql_selects() {
    let ledger = Ledger::new().await;
    for (condition, sql) in conditions() {
        let expected = ledger.sql(&format!("SELECT count(*) FROM ledger WHERE {sql}")).await;
        assert_eq!(ledger.count(json!([condition])).await, expected.as_u64().unwrap(), "{sql}");
    }
}

#[tokio::test]
async fn conditions_are_met_together_and_at_one_instant_too() {
    let ledger = Ledger::new().await;
    let compare = |column: &str, sign: &str, value: Value| json!({ "column": column, "test": { "compare": [sign, value] } });
    let filter = json!([
        compare("int", "ge", json!(100)),
        compare("int", "lt", json!(800)),
        compare("mood", "ne", json!("sad")),
        { "column": "name", "test": { "in": ["Rome", "oslo", "Zürich", "O'Neil"] } },
        { "column": "double", "test": { "is": "not_null" } },
    ]);
    let expected = ledger
        .sql(
            "SELECT json_build_object('rows', count(int), 'sum', sum(int)) FROM ledger
             WHERE int >= 100 AND int < 800 AND mood <> 'sad' AND name IN ('Rome', 'oslo', 'Zürich')
               AND double IS NOT NULL",
        )
        .await;
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let query = json!({ "where": filter, "compute": summary("int") });
        let answer = ask(&ledger.source, query, consistency).await.unwrap().answer.answer;
        assert_eq!(json!({ "rows": answer["rows"], "sum": answer["sum"] }), expected);
    }
}

#[tokio::test]
async fn a_filter_of_the_configuration_is_met_too() {
    let ledger = Ledger::new().await;
    let mut table = pgfold_adapters::SourceTable::new("ledger", "id", ["int"]).unwrap();
    table.filter = Some("small > 0 OR yes -- or so".to_owned());
    table.filters = Some(vec!["name".to_owned()]);
    let source = ledger.configured(table);
    let filter = json!([{ "column": "name", "test": { "compare": ["eq", "Rome"] } }]);
    let query = json!({ "where": filter, "compute": summary("int") });
    let asked = ask(&source, query, Consistency::PerChunk).await.unwrap();
    let sql = "SELECT count(*) FROM ledger WHERE (small > 0 OR yes) AND name = 'Rome'";
    assert_eq!(asked.rows, ledger.sql(sql).await.as_u64().unwrap());
    // The configuration says by which columns rows are filtered; they need not be readable.
    let described = source.describe().await.unwrap();
    assert_eq!((described.columns.len(), described.filters.len()), (1, 1));
    assert_eq!(described.filters[0].type_name.as_deref(), Some("text"));
    let filter = json!([{ "column": "int", "test": { "is": "null" } }]);
    let query = json!({ "where": filter, "compute": summary("int") });
    let refused = ask(&source, query, Consistency::PerChunk).await.err().unwrap().to_string();
    assert!(refused.contains("no column \"int\" for this; it has name"), "{refused}");
}
