//! What is read: sources by their names, keys of any kind, and plans that are not carried out.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::end_to_end::deployment::{Deployment, distance};

#[tokio::test]
async fn a_source_is_read_by_its_name_and_with_its_filter() {
    let deployment = Deployment::with_million_rows().await;
    let sql = "SELECT count(*), min(sqrt((x2-x1)^2 + (y2-y1)^2)) FROM points
               WHERE x1 < 50 AND x2 < 50";
    let expected = deployment.database.query_one(sql, &[]).await.unwrap();
    for consistency in ["per-chunk", "snapshot"] {
        let request = json!({ "source": "left", "consistency": consistency });
        let result = deployment.run(request).await;
        assert_eq!(result["rows"].as_i64(), Some(expected.get(0)), "{consistency}");
        assert_eq!(distance(&result), expected.get::<_, f64>(1), "{consistency}");
        let estimate = result["estimated_rows"].as_f64().unwrap();
        assert!((estimate / 250_000.0 - 1.0).abs() < 0.1, "{result}");
    }
}

#[tokio::test]
async fn every_source_of_the_deployment_is_listed() {
    let deployment = Deployment::with_million_rows().await;
    let response = deployment.get("/sources").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["x-pgfold-version"], env!("CARGO_PKG_VERSION"));
    let listed: Value = response.json().await.unwrap();
    let sources = listed["sources"].as_array().unwrap();
    let names: Vec<&str> = sources.iter().map(|one| one["source"].as_str().unwrap()).collect();
    assert_eq!(names, ["points", "left", "few", "failing"]);
    for source in sources {
        assert_eq!(source["columns"][3]["type"], "double precision", "{source}");
        assert_eq!(source.get("problem"), None, "{source}");
    }
    assert_eq!(sources[1]["where"], "x1 < 50 AND x2 < 50");
    let estimate = sources[0]["estimated_rows"].as_f64().unwrap();
    assert!((estimate / 1_000_000.0 - 1.0).abs() < 0.1, "{listed}");
}

#[tokio::test]
async fn rows_are_named_by_keys_of_any_kind() {
    let keys = [
        ("uuid", "md5(g::text)::uuid"),
        ("text", "'key ' || g"),
        ("timestamptz", "'2026-01-01'::timestamptz + g * interval '1 hour'"),
    ];
    for (key, value) in keys {
        let deployment = Deployment::with_table(&format!(
            "CREATE TABLE points (id {key} PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
             INSERT INTO points SELECT {value}, g, 0, 0, 0 FROM generate_series(1, 10000) g;
             ANALYZE points; SET timezone = 'UTC'"
        ))
        .await;
        let expected = "SELECT id::text FROM points WHERE x1 = 1";
        let expected: String = deployment.database.query_one(expected, &[]).await.unwrap().get(0);
        for consistency in ["per-chunk", "snapshot"] {
            let result = deployment.run(json!({ "consistency": consistency })).await;
            assert_eq!(result["rows"], 10_000, "{key} {consistency}");
            assert_eq!(result["pair"]["id"], expected, "{key} {consistency}");
            assert_eq!(result["chunks"].as_array().unwrap().len(), 4, "{key} {consistency}");
        }
        deployment.restore().await;
    }
}

#[tokio::test]
async fn a_dry_run_says_what_a_job_would_take_and_starts_none() {
    let deployment = Deployment::with_million_rows().await;
    let dry_run = async |flag: &str, body: Value| -> (StatusCode, Value) {
        let url = format!("{}/compute_min_distance?dry_run={flag}", deployment.url);
        let response = deployment.http.post(url).body(body.to_string()).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    };
    let (status, plan) = dry_run("true", json!({ "chunks": 8 })).await;
    assert_eq!((status, &plan["status"]), (StatusCode::OK, &json!("dry run")), "{plan}");
    assert_eq!(plan["chunks"].as_array().unwrap().len(), 8);
    assert_eq!(plan["connections"], 8);
    assert!((plan["estimated_rows"].as_f64().unwrap() / 1e6 - 1.0).abs() < 0.1, "{plan}");
    assert!(plan["estimated_seconds"].as_f64().unwrap() > 0.1, "{plan}");
    assert!(plan["estimated_cost_usd"].as_f64().unwrap() > 0.0, "{plan}");
    assert_eq!(plan.get("task_id"), None);

    let (_, plan) = dry_run("true", json!({ "consistency": "snapshot" })).await;
    assert_eq!(plan["connections"], 5, "four mappers and who holds the snapshot");
    let (status, refused) = dry_run("perhaps", json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(refused["error"], "dry_run must be true or false, not \"perhaps\"");
}
