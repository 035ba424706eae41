//! Every kernel over the million rows.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::end_to_end::deployment::Deployment;

/// The answer of a task.
async fn run(deployment: &Deployment, task: Value) -> Value {
    let job = deployment.completed(&task).await;
    assert_eq!(job["rows"], 1_000_000, "{job}");
    job["answer"].clone()
}

fn are_close(one: &Value, other: f64, part: f64) {
    let one = one.as_f64().unwrap_or_else(|| panic!("{one} is no number"));
    assert!((one - other).abs() <= part * other.abs(), "{one} is not {other}");
}

#[tokio::test]
async fn every_kernel_says_what_sql_says() {
    let deployment = Deployment::with_million_rows().await;
    let sql = async |sql: &str| deployment.database.query_one(sql, &[]).await.unwrap();

    let summary = run(&deployment, json!({ "kernel": "summary", "columns": ["y1"] })).await;
    let row = sql("SELECT count(y1), min(y1), max(y1), avg(y1), var_samp(y1) FROM points").await;
    assert_eq!(summary["rows"].as_i64(), Some(row.get(0)));
    assert_eq!(summary["min"].as_f64(), Some(row.get(1)));
    assert_eq!(summary["max"].as_f64(), Some(row.get(2)));
    are_close(&summary["mean"], row.get(3), 1e-12);
    are_close(&summary["variance"], row.get(4), 1e-9);

    let bounds = json!({ "bounds": [25, 50] });
    let histogram = json!({ "kernel": "histogram", "params": bounds, "columns": ["x2"] });
    let answer = run(&deployment, histogram).await;
    let row = sql("SELECT count(*) FILTER (WHERE x2 < 25), count(*) FILTER (WHERE x2 >= 50)
                   FROM points")
    .await;
    assert_eq!(answer["buckets"][0]["rows"].as_i64(), Some(row.get(0)));
    assert_eq!(answer["buckets"][2]["rows"].as_i64(), Some(row.get(1)));

    let median = json!({ "kernel": "quantiles", "params": { "ranks": [0.5] }, "chunks": 9 });
    let answer = run(&deployment, median).await;
    let row = sql("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x1) FROM points").await;
    are_close(&answer["quantiles"][0]["value"], row.get(0), 0.01);

    let answer = run(&deployment, json!({ "kernel": "distinct" })).await;
    let row = sql("SELECT count(DISTINCT x1)::float8 FROM points").await;
    are_close(&answer["distinct"], row.get(0), 3.0 * 0.016);

    let nearest = json!({ "kernel": "nearest_k", "params": { "k": 5 }, "chunks": 40 });
    let answer = run(&deployment, nearest).await;
    let row = sql("SELECT array_agg(id::int8) FROM (
                       SELECT id FROM points ORDER BY sqrt((x2-x1)^2 + (y2-y1)^2), id LIMIT 5
                   ) nearest")
    .await;
    let ids = answer["pairs"].as_array().unwrap().iter().map(|pair| pair["pair"]["id"].as_i64());
    assert_eq!(ids.collect::<Option<Vec<i64>>>(), Some(row.get(0)));
    let answer = run(&deployment, json!({ "kernel": "min_distance" })).await;
    assert_eq!(answer["pair"]["id"].as_i64(), Some(row.get::<_, Vec<i64>>(0)[0]));

    let at_once = json!({ "kernel": "bounding_box", "consistency": "snapshot" });
    let answer = run(&deployment, at_once).await;
    let row = sql("SELECT min(x1), min(y1), max(x1), max(y1) FROM points").await;
    let expected: [f64; 4] = std::array::from_fn(|at| row.get(at));
    assert_eq!(answer, json!({ "box": expected }));
}

#[tokio::test]
async fn kernels_are_listed_and_what_they_cannot_do_is_refused() {
    let deployment = Deployment::with_million_rows().await;
    let listed: Value = deployment.get("/kernels").await.json().await.unwrap();
    assert_eq!(listed["kernels"].as_array().unwrap().len(), 9);
    for (task, problem) in [
        (json!({ "kernel": "median" }), "there is no kernel \"median\"; there is min_distance,"),
        (json!({ "kernel": "summary", "columns": ["id"] }), "has no column \"id\" to read"),
        (json!({ "kernel": "quantiles", "params": { "ranks": [2] } }), "numbers from 0 to 1"),
    ] {
        let (status, answer) = deployment.ask("", &task).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{task}");
        assert!(answer["error"].as_str().unwrap().contains(problem), "{answer}");
    }
}
