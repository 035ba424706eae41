//! The answers of the kernels.

use serde_json::{Value, json};

use crate::kernels::table::{Things, are_close};

#[tokio::test]
async fn a_summary_is_that_of_the_aggregates() {
    let things = Things::new().await;
    for column in ["small", "int", "big", "real", "double", "exact"] {
        let summary = things.fold("summary", json!({}), &[column]).await.unwrap();
        let row = things
            .sql(&format!(
                "SELECT count({column}), count(*) - count({column}), min({column})::float8,
                        max({column})::float8, sum({column}::float8::numeric)::float8,
                        avg({column}::float8::numeric)::float8, var_samp({column}::float8::numeric)::float8
                 FROM things"
            ))
            .await;
        assert_eq!(summary["rows"].as_i64(), Some(row.get(0)), "{column}");
        assert_eq!(summary["nulls"].as_i64(), Some(row.get(1)), "{column}");
        for (field, at) in [("min", 2), ("max", 3), ("sum", 4), ("mean", 5), ("variance", 6)] {
            let (ours, theirs) = (&summary[field], row.get::<_, f64>(at));
            assert!(are_close(ours, theirs, 1e-12), "{field} of {column}: {ours}, {theirs}");
        }
    }
}

#[tokio::test]
async fn extremes_are_those_of_the_aggregates() {
    let things = Things::new().await;
    for column in ["small", "int", "big", "real", "double", "exact"] {
        let extremes = things.fold("extremes", json!({}), &[column]).await.unwrap();
        let row = things
            .sql(&format!(
                "SELECT count({column}), count(*) - count({column}),
                        min({column})::float8, max({column})::float8 FROM things"
            ))
            .await;
        assert_eq!(extremes["rows"].as_i64(), Some(row.get(0)), "{column}");
        assert_eq!(extremes["nulls"].as_i64(), Some(row.get(1)), "{column}");
        for (field, at) in [("min", 2), ("max", 3)] {
            let (ours, theirs) = (&extremes[field], row.get::<_, f64>(at));
            assert!(are_close(ours, theirs, 1e-15), "{field} of {column}: {ours}, {theirs}");
        }
        let summary = things.fold("summary", json!({}), &[column]).await.unwrap();
        for field in ["rows", "nulls", "min", "max"] {
            assert_eq!(extremes[field], summary[field], "{field} of {column}");
        }
    }
}

#[tokio::test]
async fn a_histogram_is_that_of_width_bucket() {
    let things = Things::new().await;
    let bounds = [0.001, 0.5, 1.0, 20.0, 1e4];
    let params = json!({ "bounds": bounds });
    let histogram = things.fold("histogram", params, &["double"]).await.unwrap();
    for (place, bucket) in histogram["buckets"].as_array().unwrap().iter().enumerate() {
        let sql = format!(
            "SELECT count(*) FROM things
             WHERE width_bucket(double, ARRAY{bounds:?}::float8[]) = {place}"
        );
        assert_eq!(bucket["rows"].as_i64(), Some(things.sql(&sql).await.get(0)), "{bucket}");
    }
}

#[tokio::test]
async fn quantiles_are_those_of_percentile_disc_within_one_hundredth() {
    let things = Things::new().await;
    let ranks = [0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0];
    for column in ["double", "int", "exact"] {
        let answer = things.fold("quantiles", json!({ "ranks": ranks }), &[column]).await.unwrap();
        assert_eq!(answer["relative_error"], 0.01);
        for (rank, quantile) in ranks.iter().zip(answer["quantiles"].as_array().unwrap()) {
            let sql = format!(
                "SELECT percentile_disc({rank}) WITHIN GROUP (ORDER BY {column}::float8) FROM things"
            );
            let value: f64 = things.sql(&sql).await.get(0);
            let part = if matches!(rank, 0.0 | 1.0) { 0.0 } else { 0.01 };
            assert!(
                are_close(&quantile["value"], value, part),
                "{column} at {rank}: {quantile}, {value}"
            );
        }
    }
}

#[tokio::test]
async fn one_value_of_no_data_leaves_the_other_quantiles_as_they_are() {
    let things = Things::new().await;
    things
        .sql(
            "WITH sent AS (UPDATE things SET real = CASE id WHEN 7 THEN 3.4028235e38 ELSE 1 + id % 100 END
                           RETURNING 1)
             SELECT count(*) FROM sent",
        )
        .await;
    let answer = things.fold("quantiles", json!({}), &["real"]).await.unwrap();
    for (quantile, value) in answer["quantiles"].as_array().unwrap().iter().zip([51.0, 91.0, 100.0])
    {
        assert!(are_close(&quantile["value"], value, 0.01), "{quantile}, {value}");
    }
    assert_eq!(answer["relative_error"], 0.01);
}

#[tokio::test]
async fn different_values_are_counted_within_three_standard_errors() {
    let things = Things::new().await;
    for column in ["small", "int", "yes", "name", "code", "at", "day", "exact"] {
        let answer = things.fold("distinct", json!({}), &[column]).await.unwrap();
        let sql = format!("SELECT count(DISTINCT {column})::float8 FROM things");
        let count: f64 = things.sql(&sql).await.get(0);
        assert!(are_close(&answer["distinct"], count, 3.0 * 0.016), "{column}: {answer}, {count}");
        assert!(count > 100.0 || answer["distinct"].as_f64() == Some(count), "{column}: {answer}");
    }
}

#[tokio::test]
async fn the_nearest_are_those_of_order_by() {
    let things = Things::new().await;
    let columns = ["small", "real", "real", "small"];
    let answer = things.fold("nearest_k", json!({ "k": 20 }), &columns).await.unwrap();
    let ids: Vec<i64> = answer["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair["pair"]["id"].as_i64().unwrap())
        .collect();
    let sql = "SELECT array_agg(id) FROM (
                   SELECT id FROM things WHERE small IS NOT NULL
                   ORDER BY sqrt((real - small)^2 + (small - real)^2), id LIMIT 20
               ) nearest";
    assert_eq!(ids, things.sql(sql).await.get::<_, Vec<i64>>(0));
    let nearest = things.fold("min_distance", json!({}), &columns).await.unwrap();
    assert_eq!(nearest["pair"]["id"], ids[0]);
}

#[tokio::test]
async fn a_box_is_that_of_least_and_greatest() {
    let things = Things::new().await;
    let answer = things.fold("bounding_box", json!({}), &["exact", "double"]).await.unwrap();
    let sql = "SELECT min(exact)::float8, min(double), max(exact)::float8, max(double) FROM things";
    let row = things.sql(sql).await;
    let expected: [f64; 4] = std::array::from_fn(|at| row.get(at));
    assert_eq!(answer, json!({ "box": expected }));
}

#[tokio::test]
async fn nothing_has_an_answer_too() {
    let things = Things::new().await;
    things.sql("WITH gone AS (DELETE FROM things RETURNING 1) SELECT count(*) FROM gone").await;
    let none = things.fold("summary", json!({}), &["int"]).await.unwrap();
    assert_eq!((&none["rows"], &none["mean"]), (&json!(0), &Value::Null));
    let none = things.fold("quantiles", json!({}), &["int"]).await.unwrap();
    assert_eq!(none["quantiles"][0], json!({ "rank": 0.5, "value": null }));
    assert_eq!(none["relative_error"], 0.01);
    let none = things.fold("distinct", json!({}), &["name"]).await.unwrap();
    assert_eq!(none, json!({ "distinct": 0 }));
}
