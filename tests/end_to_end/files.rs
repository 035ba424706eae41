//! Results as files, from the request to what a link gives.

use pgfold_core::Checksum;
use serde_json::{Value, json};

use crate::end_to_end::deployment::Deployment;

/// Returns the files of a completed job, read by their links, after checking each.
pub(super) async fn read(job: &Value) -> Vec<Vec<u8>> {
    let files = &job["files"];
    let mut read = Vec::new();
    for part in files["parts"].as_array().unwrap_or_else(|| panic!("{job}")) {
        // Anybody may: nothing is signed but the link.
        let response = reqwest::get(part["url"].as_str().unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{part}");
        let bytes = response.bytes().await.unwrap();
        assert_eq!(json!(bytes.len()), part["bytes"], "{part}");
        assert_eq!(json!(Checksum::of(&bytes)), part["sha256"], "{part}");
        read.push(bytes.into());
    }
    let manifest = reqwest::get(files["manifest"]["url"].as_str().unwrap()).await.unwrap();
    let manifest: Value = manifest.json().await.unwrap();
    assert_eq!((&manifest["rows"], &manifest["bytes"]), (&files["rows"], &files["bytes"]));
    read
}

fn lines(files: &[Vec<u8>]) -> Vec<Value> {
    let texts = files.iter().map(|bytes| std::str::from_utf8(bytes).unwrap());
    let lines = texts.flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()));
    lines.collect()
}

#[tokio::test]
async fn a_million_rows_are_in_files_once_each() {
    let deployment = Deployment::with_million_rows().await;
    let expected = deployment
        .json(
            "SELECT json_build_object('rows', count(*), 'ids', sum(id::numeric)::text) FROM points",
        )
        .await;
    for consistency in ["per-chunk", "snapshot"] {
        let task = json!({
            "kernel": "rows", "chunks": 4, "consistency": consistency,
            "output": { "format": "csv" },
        });
        let job = deployment.completed(&task).await;
        let files = read(&job).await;
        assert_eq!((files.len(), &job["files"]["rows"]), (4, &expected["rows"]));
        let mut rows = 0;
        for file in &files {
            let text = std::str::from_utf8(file).unwrap();
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some("x1,y1,x2,y2"));
            rows += lines.count();
        }
        assert_eq!(json!(rows), expected["rows"]);
    }
}

#[tokio::test]
async fn rows_of_a_filter_are_those_of_sql() {
    let deployment = Deployment::with_million_rows().await;
    let conditions = json!([{ "column": "id", "ge": 1000, "lt": 3000 }]);
    let mut expected = deployment
        .json(
            "SELECT json_agg(json_build_object('x1', x1, 'y2', y2)) FROM points \
             WHERE id >= 1000 AND id < 3000",
        )
        .await;
    let task = json!({
        "kernel": "rows", "columns": ["x1", "y2"], "where": conditions,
        "output": { "format": "jsonl" },
    });
    let job = deployment.completed(&task).await;
    let mut rows = lines(&read(&job).await);
    let expected = expected.as_array_mut().unwrap();
    rows.sort_by_key(Value::to_string);
    expected.sort_by_key(Value::to_string);
    assert_eq!(rows.len(), 2000);
    assert!(rows == *expected);
}

#[tokio::test]
async fn a_result_without_rows_is_a_file_with_the_columns() {
    let table = "CREATE TABLE points (id INT PRIMARY KEY, x1 INT, y1 TEXT, x2 FLOAT, y2 FLOAT)";
    let deployment = Deployment::with_table(table).await;
    let rows = json!({ "kernel": "rows" });
    let at_once = json!({ "kernel": "rows", "consistency": "snapshot" });
    let groups = json!({ "group_by": ["x1"], "kernel": "summary", "columns": ["x2"] });
    let groups_head = "x1,rows,summary_rows,summary_nulls,summary_min,summary_max,summary_sum,\
                       summary_mean,summary_variance";
    let mut jobs = Vec::new();
    for (task, head) in [(rows, "x1,y1,x2,y2"), (at_once, "x1,y1,x2,y2"), (groups, groups_head)] {
        for filter in [json!([]), json!([{ "column": "id", "gt": 5 }])] {
            let mut task = task.clone();
            (task["output"], task["where"]) = (json!({ "format": "csv" }), filter);
            jobs.push((head, deployment.completed(&task).await));
        }
    }
    deployment.restore().await;
    for (head, job) in jobs {
        let files = read(&job).await;
        assert_eq!((files.len(), &job["files"]["rows"]), (1, &json!(0)), "{job}");
        assert_eq!(files[0], format!("{head}\n").into_bytes(), "{job}");
    }
}

#[tokio::test]
async fn many_groups_are_in_files_once_each() {
    let deployment = Deployment::with_table(
        "CREATE TABLE points (id INT PRIMARY KEY, x1 INT, y1 INT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points SELECT g, g % 90000, g, g, 0 FROM generate_series(1, 200000) g;
         ANALYZE points",
    )
    .await;
    // In two chunks nearly every row is a group, so that rows are exchanged; in more, partials are.
    let mut jobs = Vec::new();
    for chunks in [2, 5] {
        let task = json!({
            "group_by": ["x1"], "compute": { "y": { "kernel": "summary", "columns": ["y1"] } },
            "output": { "format": "jsonl", "parts": 3 }, "chunks": chunks,
        });
        jobs.push(deployment.completed(&task).await);
    }
    let expected = deployment
        .json(
            "SELECT json_object_agg(x1, json_build_array(n, s, a, b)) FROM \
             (SELECT x1, count(*) n, sum(y1) s, min(y1) a, max(y1) b FROM points GROUP BY x1) g",
        )
        .await;
    deployment.restore().await;
    assert_eq!(expected.as_object().unwrap().len(), 90_000);
    for job in &jobs {
        let files = read(job).await;
        let rows = lines(&files);
        assert_eq!((files.len(), rows.len()), (3, 90_000));
        for row in &rows {
            let seen = json!([row["rows"], row["y_sum"], row["y_min"], row["y_max"]]);
            assert_eq!(seen, expected[row["x1"].to_string()], "{row}");
        }
    }
}
