//! What shows that a store is deployed right: `make test` runs these cases and those of `kernels`
//! with jobs in Valkey as well, where all others run with jobs in DynamoDB alone. What a store
//! promises is `conformance`'s, for each store.

use std::time::{Duration, Instant};

use pgfold_tests::local_cloud;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::end_to_end::{
    deployment::{Deployment, distance},
    endings::{completes, send, store, unsent_job},
};

#[tokio::test]
async fn a_job_is_kept_in_the_store_that_was_chosen() {
    local_cloud("STORE");
    let store = store().await;
    let deployment = Deployment::with_million_rows().await;
    let job_id = deployment.submit(json!({})).await;
    deployment.wait(&job_id).await;
    let progress = store.progress(job_id.parse().unwrap()).await.unwrap();
    assert_eq!(progress.done, 4);
}

#[tokio::test]
async fn a_million_rows_have_the_answer_of_sql() {
    let deployment = Deployment::with_million_rows().await;
    let result = deployment.run(json!({})).await;
    let minimum = deployment.minimum().await.unwrap();
    assert_eq!(distance(&result).to_bits(), minimum.to_bits());
    assert_eq!((&result["rows"], &result["skipped"]), (&json!(1_000_000), &json!(0)));

    let chunks = result["chunks"].as_array().unwrap();
    assert_eq!(chunks.len(), 4);
    for (chunk, next) in chunks.iter().zip(&chunks[1..]) {
        assert_eq!(chunk["end"], next["start"]);
    }
    assert_eq!((&chunks[0]["start"], &chunks[3]["end"]), (&json!(1), &json!(1_000_001)));
    for chunk in chunks {
        let rows = chunk["rows"].as_u64().unwrap();
        assert!((225_000..275_000).contains(&rows), "{chunk}");
    }

    let pair = &result["pair"];
    let row = "SELECT id::int8, x1, y1, x2, y2 FROM points
               WHERE sqrt((x2-x1)^2 + (y2-y1)^2) = $1 ORDER BY id LIMIT 1";
    let row = deployment.database.query_one(row, &[&minimum]).await.unwrap();
    assert_eq!(pair["id"].as_i64(), Some(row.get(0)));
    for (column, name) in (1..).zip(["x1", "y1", "x2", "y2"]) {
        assert_eq!(pair[name].as_f64(), Some(row.get(column)), "{name}");
    }
}

#[tokio::test]
async fn a_million_rows_are_read_at_one_instant_which_is_let_go_of() {
    // Alone, because it counts the transactions that are open, and other jobs have some.
    let deployment = Deployment::alone().await;
    let response = deployment.post(json!({ "consistency": "snapshot" }).to_string()).await;
    let submitted: Value = response.json().await.unwrap();
    assert!(submitted["snapshot_held_ms"].is_u64(), "{submitted}");
    let (_, result) = deployment.wait(submitted["task_id"].as_str().unwrap()).await;
    assert_eq!(distance(&result), deployment.minimum().await.unwrap());
    assert_eq!(result["rows"], 1_000_000);
    assert_eq!(result["consistency"], "snapshot");
    assert_eq!(result["consistency_reached"], "snapshot");
    assert_eq!(result["snapshot_held_ms"], submitted["snapshot_held_ms"]);

    let chunks = result["chunks"].as_array().unwrap();
    assert_eq!(chunks.len(), 4);
    assert_eq!(chunks[0]["blocks"][0]["start"], 0);
    for (chunk, next) in chunks.iter().zip(&chunks[1..]) {
        assert_eq!(chunk["blocks"][0]["end"], next["blocks"][0]["start"]);
        assert_eq!(chunk["snapshot"], next["snapshot"]);
    }
    assert_eq!(chunks[3]["blocks"][0]["end"], Value::Null);
    assert!(result["balance"].as_f64().unwrap() < 1.01, "{result}");

    let held = "SELECT count(*) FROM pg_stat_activity
                WHERE application_name = 'pgfold' AND state LIKE 'idle in transaction%'";
    let held: i64 = deployment.database.query_one(held, &[]).await.unwrap().get(0);
    assert_eq!(held, 0);
}

#[tokio::test]
async fn a_cancelled_job_is_gone_and_so_are_its_queries() {
    let deployment = Deployment::alone().await;
    let job_id = deployment.in_the_middle_of_a_job().await;
    // From here on mappers wait for the table, and would for as long as they live.
    deployment.sql("BEGIN; LOCK TABLE points").await;
    let waiting = async || -> i64 {
        let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'points'::regclass
                       AND NOT granted";
        deployment.database.query_one(waiting, &[]).await.unwrap().get(0)
    };
    let until = async |some: bool| {
        let deadline = Instant::now() + Duration::from_secs(10);
        while (waiting().await > 0) != some {
            assert!(Instant::now() < deadline, "{} queries wait", waiting().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    until(true).await;

    let cancelled = deployment.act(Method::DELETE, &job_id, "").await;
    assert_eq!(
        cancelled,
        (StatusCode::OK, json!({ "status": "task cancelled", "task_id": job_id }))
    );
    let (status, gone) = deployment.wait(&job_id).await;
    assert_eq!((status, &gone["error"]), (StatusCode::GONE, &json!("the task was cancelled")));
    until(false).await;
    deployment.sql("COMMIT").await;
    let progress = store().await.progress(job_id.parse().unwrap()).await.unwrap();
    assert!(progress.done < 64, "{progress:?}");
}

#[tokio::test]
async fn a_dead_letter_fails_its_job_until_it_is_sent_again() {
    let deployment = Deployment::with_million_rows().await;
    let (planned, messages) = unsent_job(Duration::from_secs(60)).await;
    let job_id = planned.job.job_id.to_string();
    send("CHUNKS_QUEUE_URL", &messages[..3]).await;
    send("DEAD_LETTER_QUEUE_URL", &messages[3..]).await;
    let (status, failed) = deployment.wait(&job_id).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{failed}");
    assert_eq!(failed["failed_chunks"][0]["chunk"], 3);
    let reason = failed["failed_chunks"][0]["error"].as_str().unwrap();
    assert!(reason.starts_with("given up: no mapper"), "{reason}");

    let (status, retried) = deployment.act(Method::POST, &job_id, "/retry").await;
    assert_eq!(status, StatusCode::OK, "{retried}");
    completes(&deployment, &job_id).await;
}

/// Groups of `few`, whose named expressions are a text and an instant, with what makes them up.
pub(crate) fn grouped(consistency: &str) -> Value {
    json!({
        "source": "few",
        "consistency": consistency,
        "chunks": 3,
        "where": [
            { "column": "id", "gt": 100, "le": 900 },
            { "column": "moment", "ge": "2026-11-06", "lt": "2026-12-07T12:00:00+01:00" },
            { "column": "x1", "ne": 0 },
        ],
        "group_by": [
            "parity",
            { "column": "moment", "unit": "day", "time_zone": "Europe/Rome", "as": "day" },
        ],
        "compute": {
            "area": { "kernel": "bounding_box", "columns": ["x1", "y1"] },
            "hundreds": { "kernel": "summary", "columns": ["hundred"] },
        },
    })
}

#[tokio::test]
async fn a_filtered_and_grouped_job_has_the_answer_of_sql() {
    let deployment = Deployment::with_million_rows().await;
    let groups = "SELECT json_agg(grouped) FROM (
        SELECT CASE id % 3 WHEN 0 THEN 'even' WHEN 1 THEN 'odd' END AS parity,
               to_char((timestamptz '2026-11-01Z' + id * interval '1 hour') AT TIME ZONE 'Europe/Rome',
                       'YYYY-MM-DD') AS day,
               count(*) AS rows,
               json_build_object('box', json_build_array(min(x1), min(y1), max(x1), max(y1))) AS area,
               json_build_object('rows', count(*), 'nulls', 0, 'min', min(id / 100),
                                 'max', max(id / 100), 'sum', sum(id / 100)) AS hundreds
        FROM points WHERE id > 100 AND id <= 900 AND x1 <> 0
          AND timestamptz '2026-11-01Z' + id * interval '1 hour' >= '2026-11-06Z'
          AND timestamptz '2026-11-01Z' + id * interval '1 hour' < '2026-12-07 11:00Z'
        GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2
    ) AS grouped";
    let groups = deployment.json(groups).await;
    let groups = groups.as_array().unwrap();
    assert!(groups.len() > 80, "{}", groups.len());
    for consistency in ["per-chunk", "snapshot"] {
        let job = deployment.completed(&grouped(consistency)).await;
        let answer = &job["answer"];
        assert_eq!(answer["group_count"], groups.len(), "{consistency}");
        for (group, expected) in answer["groups"].as_array().unwrap().iter().zip(groups) {
            for field in ["parity", "day", "rows", "area"] {
                assert_eq!(group[field], expected[field], "{consistency}: {group}");
            }
            for (field, value) in expected["hundreds"].as_object().unwrap() {
                assert_eq!(group["hundreds"][field], *value, "{consistency}: {group}");
            }
        }
        let rows: i64 = groups.iter().map(|group| group["rows"].as_i64().unwrap()).sum();
        assert_eq!(job["rows"], rows, "{consistency}");
        assert_eq!(job["skipped_by"], json!({ "area": 0, "hundreds": 0 }));

        // The same, aggregated by PostgreSQL.
        let mut task = grouped(consistency);
        task["execution"] = "pushdown".into();
        task["compute"]["hundreds"]["kernel"] = "extremes".into();
        let pushed = deployment.completed(&task).await;
        assert_eq!(pushed["execution"], "pushdown");
        for field in ["rows", "skipped", "skipped_by"] {
            assert_eq!(pushed[field], job[field], "{field} {consistency}");
        }
        let mut streamed = answer["groups"].clone();
        for group in streamed.as_array_mut().unwrap() {
            let hundreds = group["hundreds"].as_object_mut().unwrap();
            hundreds.retain(|field, _| ["rows", "nulls", "min", "max"].contains(&&**field));
        }
        assert_eq!(pushed["answer"]["groups"], streamed, "{consistency}");
    }
}

#[tokio::test]
async fn a_job_with_more_groups_than_a_record_holds_has_them_in_an_object() {
    let deployment = Deployment::with_million_rows().await;
    let bounds: Vec<u32> = (0..1000).collect();
    let histogram =
        json!({ "kernel": "histogram", "columns": ["x1"], "params": { "bounds": bounds } });
    let task = json!({
        "source": "few", "chunks": 1, "group_by": ["moment"], "compute": { "all": histogram },
        "limit": 3,
    });
    let job = deployment.completed(&task).await;
    assert_eq!(job["answer"]["group_count"], 1000, "{job}");
    assert_eq!(job["answer"]["groups"].as_array().map(Vec::len), Some(3), "{job}");
    // Its record is small, and its cost has the object.
    assert!(job["cost_usd"].as_f64() > Some(5.4e-6), "{job}");
}
