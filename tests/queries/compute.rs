//! Several kernels in one pass: each answers as it does by itself.

use pgfold_core::Consistency;
use serde_json::{Value, json};

use crate::queries::ledger::{Ledger, ask};

#[tokio::test]
async fn kernels_of_one_pass_answer_as_each_does_alone() {
    let ledger = Ledger::new().await;
    let one = |kernel: &str, params: Value, columns: &[&str]| json!({ "kernel": { "name": kernel, "params": params }, "columns": columns });
    let named = json!({
        "double": one("summary", json!({}), &["double"]),
        "exact": one("summary", json!({}), &["exact"]),
        "big": one("summary", json!({}), &["big"]),
        "buckets": one("histogram", json!({ "bounds": [0, 5, 10] }), &["double"]),
        "quantiles": one("quantiles", json!({ "ranks": [0.5, 0.9] }), &["int"]),
        "names": one("distinct", json!({}), &["name"]),
        "ids": one("distinct", json!({}), &["code"]),
        "box": one("bounding_box", json!({}), &["int", "double"]),
        "nearest": one("min_distance", json!({}), &["int", "small", "double", "real"]),
        "three": one("nearest_k", json!({ "k": 3 }), &["int", "small", "double", "real"]),
    });
    let whole =
        ask(&ledger.source, json!({ "compute": { "named": named } }), Consistency::PerChunk);
    let whole = whole.await.unwrap();
    for (name, computed) in named.as_object().unwrap() {
        let alone = json!({ "compute": { "one": computed } });
        let alone = ask(&ledger.source, alone, Consistency::Snapshot).await.unwrap();
        assert_eq!(whole.answer.answer[name], alone.answer.answer, "{name}");
        assert_eq!(whole.rows, alone.rows);
    }
    // Rows with a NaN or an infinity are skipped by the one kernel that cannot use them.
    let sql = "SELECT count(*) FROM ledger WHERE double IN ('NaN', '-infinity')";
    let skipped = |name: &str| {
        let mut all = whole.answer.skipped.iter();
        json!(all.find(|(kernel, _)| kernel == name).unwrap().1)
    };
    assert_eq!(skipped("double"), ledger.sql(sql).await);
    assert_eq!(skipped("big"), 0);
}

#[tokio::test]
async fn a_column_that_kernels_read_as_several_kinds_is_read_as_by_each_alone() {
    let ledger = Ledger::new().await;
    let columns = ["small", "int", "big", "real", "double", "exact", "price"];
    for column in columns {
        let one = |kernel: &str, params: Value| json!({ "kernel": { "name": kernel, "params": params }, "columns": [column] });
        let named = json!({
            "sums": one("summary", json!({})),
            "buckets": one("histogram", json!({ "bounds": [0, 5, 10] })),
            "ranks": one("quantiles", json!({ "ranks": [0, 0.3, 0.5, 0.9, 1] })),
            "values": one("distinct", json!({})),
        });
        same_as_alone(&ledger, &named).await;
    }
    for column in ["at", "local", "day", "yes", "code", "name", "short", "wide", "mood"] {
        let distinct =
            json!({ "kernel": { "name": "distinct", "params": {} }, "columns": [column] });
        same_as_alone(&ledger, &json!({ "one": distinct, "again": distinct })).await;
        let different = ledger.sql(&format!("SELECT count(DISTINCT {column}) FROM ledger")).await;
        let answer = ask(&ledger.source, json!({ "compute": { "one": distinct } }), PER_CHUNK);
        let counted = answer.await.unwrap().answer.answer["distinct"].as_f64().unwrap();
        let different = different.as_f64().unwrap();
        // Five standard errors; a few values are counted exactly.
        let error = if different < 100.0 { 0.0 } else { 0.08 * different };
        assert!((counted - different).abs() <= error, "{column}: {counted}, not {different}");
    }
}

const PER_CHUNK: Consistency = Consistency::PerChunk;

/// Checks that kernels answer in one pass as each does in a query of its own.
async fn same_as_alone(ledger: &Ledger, named: &Value) {
    let whole = ask(&ledger.source, json!({ "compute": { "named": named } }), PER_CHUNK).await;
    let whole = whole.unwrap().answer.answer;
    for (name, computed) in named.as_object().unwrap() {
        let alone = ask(&ledger.source, json!({ "compute": { "one": computed } }), PER_CHUNK).await;
        assert_eq!(whole[name], alone.unwrap().answer.answer, "{name}: {computed}");
    }
}

#[tokio::test]
async fn every_kernel_answers_for_groups_as_for_their_rows() {
    let ledger = Ledger::new().await;
    let named = json!({
        "double": { "kernel": { "name": "summary", "params": {} }, "columns": ["double"] },
        "nearest": {
            "kernel": { "name": "min_distance", "params": {} },
            "columns": ["int", "small", "double", "real"],
        },
        "quantiles": {
            "kernel": { "name": "quantiles", "params": { "ranks": [0.5] } }, "columns": ["int"],
        },
        "codes": { "kernel": { "name": "distinct", "params": {} }, "columns": ["code"] },
    });
    let group_by = json!([{ "column": "mood", "name": "mood" }]);
    let grouped = json!({ "group_by": group_by, "compute": { "named": named } });
    let grouped = ask(&ledger.source, grouped, Consistency::PerChunk).await.unwrap().answer.answer;
    assert_eq!(grouped["group_count"], 4);
    for group in grouped["groups"].as_array().unwrap() {
        let test = match &group["mood"] {
            Value::Null => json!({ "is": "null" }),
            mood => json!({ "compare": ["eq", mood] }),
        };
        let filter = json!([{ "column": "mood", "test": test }]);
        let alone = json!({ "where": filter, "compute": { "named": named } });
        let alone = ask(&ledger.source, alone, Consistency::PerChunk).await.unwrap();
        assert_eq!(group["rows"], alone.rows);
        for (name, answer) in alone.answer.answer.as_object().unwrap() {
            assert_eq!(group[name], *answer, "{name} of {}", group["mood"]);
        }
    }
}
