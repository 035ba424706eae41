//! Answers in a column's own type are those of SQL, digit by digit.

use serde_json::{Value, json};

use crate::kernels::table::Things;

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

fn plain(text: &str) -> String {
    match text.contains('.') {
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
        let told = things.fold("bounding_box", json!({}), &["big", "exact"]).await.unwrap();
        let sql = "SELECT min(big)::text, min(exact)::text, max(big)::text, max(exact)::text
                   FROM things WHERE big IS NOT NULL AND exact IS NOT NULL";
        let corners: Vec<String> = told["box"].as_array().unwrap().iter().map(digits).collect();
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
        let told = things.fold("histogram", params, &[column]).await.unwrap();
        let list = bounds.to_string().replace('"', "");
        for (bucket, told) in told["buckets"].as_array().unwrap().iter().enumerate() {
            let sql = format!(
                "SELECT count(*) FROM things
                 WHERE width_bucket({column}, ARRAY{list}::{ty}[]) = {bucket}"
            );
            assert_eq!(
                told["rows"].as_i64(),
                Some(things.sql(&sql).await.get(0)),
                "{told} {column}"
            );
        }
    }
}
