//! Integers and decimals keep every digit: what a kernel answers in a column's own type is what SQL
//! answers, digit by digit.

use std::time::Duration;

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_tests::{TestSchema, connect};
use serde_json::{Value, json};

use crate::kernels::table::{Things, fold};

/// A table `ledger` with a column `v`.
async fn ledger(column: &str, values: &str) -> TestSchema {
    TestSchema::new(&format!(
        "CREATE TABLE ledger (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v {column});
         INSERT INTO ledger (v) {values}"
    ))
    .await
}

/// What a kernel answers about these columns of the ledger.
async fn fold_ledger(schema: &TestSchema, kernel: &str, params: Value, columns: &[&str]) -> Value {
    let table = SourceTable::new("ledger", "id", columns.iter().copied()).unwrap();
    let source = PostgresSource::new(schema.database(), table, Duration::from_secs(60));
    fold(&source, kernel, params, columns).await.unwrap()
}

/// What `psql` would print of some aggregates, as texts.
async fn texts<const N: usize>(things: &Things, sql: &str) -> [String; N] {
    let row = things.sql(sql).await;
    std::array::from_fn(|at| row.get(at))
}

/// A number or a string of digits, as a decimal without zeros at its end.
fn digits(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    plain(&text)
}

/// A decimal without zeros at its end; the zeros of an exponent stay.
fn plain(text: &str) -> String {
    match text.contains('.') && !text.contains(['e', 'E']) {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

#[tokio::test]
async fn least_greatest_and_sum_are_those_of_sql_digit_by_digit() {
    let things = Things::new().await;
    for change in [
        "exact = CASE WHEN id % 3 = 0 THEN -0.30 ELSE id % 3 * 0.10 END",
        "big = 9007199254740993 + id % 7 * (CASE WHEN id % 2 = 0 THEN 1 ELSE -1 END)",
        "big = 9223372036854775807 - id % 5",
        "exact = 99999999999999.999999 - id",
    ] {
        let sql = format!(
            "WITH done AS (UPDATE things SET {change} RETURNING 1) SELECT count(*) FROM done"
        );
        things.sql(&sql).await;
        for column in ["small", "int", "big", "exact"] {
            let summary = things.fold("summary", json!({}), &[column]).await.unwrap();
            let sql = format!(
                "SELECT min({column})::text, max({column})::text, sum({column})::text FROM things"
            );
            let [min, max, sum] = texts(&things, &sql).await;
            for (field, right) in [("min", min), ("max", max), ("sum", sum)] {
                assert_eq!(digits(&summary[field]), plain(&right), "{field} of {column}, {change}");
            }
        }
        let answer = things.fold("bounding_box", json!({}), &["big", "exact"]).await.unwrap();
        let sql = "SELECT min(big)::text, min(exact)::text, max(big)::text, max(exact)::text
                   FROM things WHERE big IS NOT NULL AND exact IS NOT NULL";
        let corners: Vec<String> = answer["box"].as_array().unwrap().iter().map(digits).collect();
        assert_eq!(corners, texts::<4>(&things, sql).await.map(|text| plain(&text)), "{change}");
    }
}

#[tokio::test]
async fn buckets_of_integers_and_decimals_are_those_of_width_bucket() {
    let things = Things::new().await;
    things
        .sql(
            "WITH done AS (UPDATE things SET big = 9007199254740990 + id % 7, exact = id % 9 / 10.0
                           RETURNING 1)
             SELECT count(*) FROM done",
        )
        .await;
    for (column, ty, bounds) in [
        ("big", "numeric", json!([9007199254740991_i64, "9007199254740993", 9007199254740995_i64])),
        ("exact", "numeric", json!([0.1, 0.3, "0.7"])),
        ("int", "int", json!([0, 1000, 500000])),
    ] {
        let params = json!({ "bounds": bounds });
        let answer = things.fold("histogram", params, &[column]).await.unwrap();
        let list = bounds.to_string().replace('"', "");
        for (place, bucket) in answer["buckets"].as_array().unwrap().iter().enumerate() {
            let sql = format!(
                "SELECT count(*) FROM things
                 WHERE width_bucket({column}, ARRAY{list}::{ty}[]) = {place}"
            );
            assert_eq!(
                bucket["rows"].as_i64(),
                Some(things.sql(&sql).await.get(0)),
                "{bucket} {column}"
            );
        }
    }
}

/// The sum, the least and the greatest are SQL's to the last digit.
async fn is_exact(column: &str, values: &str) {
    let schema = ledger(column, values).await;
    let answer = fold_ledger(&schema, "summary", json!({}), &["v"]).await;
    let finite = "FROM ledger WHERE v::text NOT IN ('NaN', 'Infinity', '-Infinity')";
    let client = connect(&schema.database()).await;
    for aggregate in ["sum", "min", "max"] {
        let ours = digits(&answer[aggregate]);
        let sql = format!("SELECT {aggregate}(v)::numeric = $1::text::numeric {finite}");
        let is_equal: bool = client.query_one(&sql, &[&ours]).await.unwrap().get(0);
        assert!(is_equal, "{aggregate} of {column}: {ours}");
    }
    // What no double can hold is null.
    let double =
        |number: &str| format!("CASE WHEN abs({number}) < 1.797e308 THEN ({number})::float8 END");
    let sql = format!("SELECT {}, {} {finite}", double("avg(v)"), double("var_samp(v)"));
    let row = client.query_one(&sql, &[]).await.unwrap();
    for (at, name) in ["mean", "variance"].into_iter().enumerate() {
        let (ours, theirs) = (answer[name].as_f64(), row.get::<_, Option<f64>>(at));
        let are_close = match (ours, theirs) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-14 * theirs.abs(),
            (ours, theirs) => ours == theirs,
        };
        assert!(are_close, "{name} of {column}: {ours:?}, {theirs:?}");
    }
}

#[tokio::test]
async fn a_ledger_that_balances_sums_up_to_nothing() {
    let values = "SELECT (ARRAY[0.10, 0.20, -0.30])[g % 3 + 1] FROM generate_series(1, 3000) g";
    for column in ["NUMERIC(12, 2)", "NUMERIC"] {
        let schema = ledger(column, values).await;
        let answer = fold_ledger(&schema, "summary", json!({}), &["v"]).await;
        assert_eq!(answer["sum"].as_f64(), Some(0.0), "{answer}");
        assert_eq!((&answer["min"], &answer["max"]), (&json!(-0.3), &json!(0.2)));
    }
}

#[tokio::test]
async fn integers_of_every_size_are_exact() {
    is_exact("BIGINT", "SELECT 9007199254740992 + g FROM generate_series(1, 1001) g").await;
    is_exact("BIGINT", "SELECT 9223372036854775807 - g % 5 FROM generate_series(1, 1000) g").await;
    is_exact("BIGINT", "VALUES (9223372036854775807), (-9223372036854775808), (0)").await;
    is_exact("INTEGER", "SELECT 2147483647 - g FROM generate_series(1, 1000) g").await;
    is_exact("SMALLINT", "SELECT g % 30000 FROM generate_series(1, 1000) g").await;
}

#[tokio::test]
async fn decimals_of_every_size_are_exact() {
    for values in [
        "SELECT g::numeric / 7 FROM generate_series(1, 1000) g",
        "SELECT 123456789012345678901234567890.123456789 + g FROM generate_series(1, 1000) g",
        "SELECT 10::numeric ^ (g % 300) FROM generate_series(1, 600) g",
        "SELECT 10::numeric ^ -(g % 200) FROM generate_series(1, 400) g",
        "SELECT CASE g % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' WHEN 2 THEN '-Infinity'
                ELSE g * 0.01 END::numeric FROM generate_series(1, 500) g",
        "VALUES (1e400), (-1e400), (0.5)",
    ] {
        is_exact("NUMERIC", values).await;
    }
}

#[tokio::test]
async fn a_box_of_integers_and_decimals_has_their_digits() {
    let schema = TestSchema::new(
        "CREATE TABLE ledger (id INT PRIMARY KEY, x BIGINT, y NUMERIC);
         INSERT INTO ledger VALUES (1, 9007199254740993, 0.1), (2, -9007199254740993,
                                    12345678901234567.89), (3, 0, NULL)",
    )
    .await;
    let answer = fold_ledger(&schema, "bounding_box", json!({}), &["x", "y"]).await;
    let digits: Vec<String> = answer["box"].as_array().unwrap().iter().map(digits).collect();
    let expected = ["-9007199254740993", "0.1", "9007199254740993", "12345678901234567.89"];
    assert_eq!(digits, expected);
}

#[tokio::test]
async fn a_histogram_compares_decimals_and_integers_as_they_are() {
    let values = "VALUES (0.09999999999999999999), (0.1), (0.10000000000000000001), (0.3)";
    let params = json!({ "bounds": [0.1, 0.3] });
    let answer = fold_ledger(&ledger("NUMERIC", values).await, "histogram", params, &["v"]).await;
    let rows = |answer: &Value| -> Vec<u64> {
        let buckets = answer["buckets"].as_array().unwrap();
        buckets.iter().map(|bucket| bucket["rows"].as_u64().unwrap()).collect()
    };
    assert_eq!(rows(&answer), [1, 2, 1]);
    let values = "VALUES (9007199254740991), (9007199254740992), (9007199254740993)";
    let params = json!({ "bounds": [9_007_199_254_740_992_i64] });
    let answer = fold_ledger(&ledger("BIGINT", values).await, "histogram", params, &["v"]).await;
    assert_eq!(rows(&answer), [1, 2]);
}
