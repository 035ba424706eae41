//! Answers about jobs of as many chunks as there can be, and the small form of all answers.

use std::{collections::HashMap, time::Duration};

use lambda_http::{
    Body, Request, RequestExt, Response, aws_lambda_events::query_map::QueryMap, http,
};
use pgfold_api::server::LARGEST_ANSWER;
use pgfold_core::{
    Cell, Checksum, ChunkCount, ChunkIndex, Chunks, Clock, GroupType, Job, Key, KeyKind,
    LONGEST_SENTENCE, Plan, Planned, Progress, RowBuffer, Store,
};
use pgfold_tests::{PlannedJob, doubles::PlanOnlySource};
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{COLUMNS, hundred_rows},
};

/// A plan of 10,000 chunks whose bounds are as long as keys can be, of characters that JSON
/// escapes.
fn longest_plan() -> Plan {
    let key = |number: usize| format!("{number:05}{}", "\"".repeat(Key::LONGEST - 5));
    let keys: Vec<String> = (0..=usize::from(ChunkCount::MAX)).map(key).collect();
    let plan = Plan::of_texts(&keys, ChunkCount::new(ChunkCount::MAX.into()).unwrap());
    assert_eq!(plan.len(), usize::from(ChunkCount::MAX));
    plan
}

/// Keeps a job with that plan, and what `change` does to its chunks.
fn longest_job(
    deployment: &MemoryDeployment,
    change: impl FnOnce(&PlannedJob, &mut Chunks),
) -> Job {
    kept(deployment, PlannedJob::with_plan(longest_plan()), change)
}

fn kept(
    deployment: &MemoryDeployment,
    mut planned: PlannedJob,
    change: impl FnOnce(&PlannedJob, &mut Chunks),
) -> Job {
    let (job, now) = (&mut planned.job, deployment.clock.now());
    (job.created_at, job.deadline) = (now, now + Duration::from_secs(60));
    job.expires_at = job.deadline;
    let mut chunks = Chunks::new(planned.plan.clone());
    change(&planned, &mut chunks);
    let progress = Progress {
        done: chunks.records.len() as u16,
        tally: chunks.tally().unwrap(),
        chunk_failed: !chunks.failures.is_empty(),
        ..Progress::new(planned.job.clone())
    };
    deployment.store.put(progress, chunks);
    planned.job
}

async fn ask(
    deployment: &MemoryDeployment,
    path: &str,
    query: &str,
    job: &Job,
) -> Response<String> {
    let request: Request = http::Request::get(path).body(Body::Empty).unwrap();
    let named = HashMap::from([("task_id".to_owned(), job.job_id.to_string())]);
    let request = request
        .with_query_string_parameters(query.parse::<QueryMap>().unwrap())
        .with_path_parameters(named);
    let answer = match path {
        "/tasks/{task_id}" => deployment.ask_jobs(request).await,
        _ => deployment.ask_result(request).await,
    };
    // What Lambda sends, which has the headers besides.
    let sent = serde_json::to_string(answer.body()).unwrap().len();
    assert!(sent <= LARGEST_ANSWER + 2, "{path}?{query}: {sent} bytes");
    answer
}

const ROUTES: [&str; 2] = ["/tasks/{task_id}", "/get_min_distance/{task_id}"];

#[tokio::test]
async fn an_answer_that_would_be_too_large_leaves_its_chunks_out_and_says_where_they_are() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job = &longest_job(&deployment, |planned, chunks| {
        let record = |chunk| (ChunkIndex(chunk), planned.record(chunk, [0.0, 0.0, 1.0, 0.0]));
        chunks.records = (0..ChunkCount::MAX).map(record).collect();
    });
    let next = format!("GET /tasks/{}?from=0&limit=250 has the first 250 chunks; ", job.job_id);
    let whole = format!("GET /tasks/{} links to all of them", job.job_id);
    for (route, all) in ROUTES.into_iter().zip(["whole links to all of them", &whole]) {
        let answer = ask(&deployment, route, "", job).await;
        assert_eq!(answer.status(), 200, "{route}");
        let answer = body(&answer);
        assert_eq!(answer.get("chunks"), None, "{route}");
        let why = answer["chunks_left_out"].as_str().unwrap();
        assert!(why.starts_with("an answer has at most 6000000 bytes; "), "{why}");
        assert!(why.ends_with(&format!("{next}{all}")), "{why}");
        assert!(answer["rows"].as_u64().is_some(), "the answer itself is there");
    }
    for from in [0, 5_000, 9_750] {
        let part = body(&ask(&deployment, ROUTES[0], &format!("from={from}&limit=250"), job).await);
        let chunks = part["chunks"].as_array().unwrap();
        assert_eq!((&chunks[0]["chunk"], chunks.len()), (&Value::from(from), 250));
    }
}

/// Returns the bytes of the object that a link of an answer names.
fn linked(deployment: &MemoryDeployment, whole: &Value) -> Vec<u8> {
    let name = whole["name"].as_str().unwrap();
    assert!(whole["url"].as_str().unwrap().contains(name), "{whole}");
    let names = deployment.objects.names();
    let bytes = deployment.objects.bytes(names.iter().find(|at| at.as_str() == name).unwrap());
    assert_eq!((json!(bytes.len()), json!(Checksum::of(&bytes))), {
        (whole["bytes"].clone(), whole["sha256"].clone())
    });
    bytes
}

/// As many groups as an answer lists, in as many chunks as there can be.
#[tokio::test]
async fn the_largest_answer_links_to_all_its_groups_and_receipts() {
    let query = json!({
        "group_by": [{ "column": "x1", "name": "x1" }],
        "compute": { "named": {
            "y": { "kernel": { "name": "summary", "params": {} }, "columns": ["y1"] },
        } },
    });
    let query = serde_json::from_value(query).unwrap();
    let deployment = MemoryDeployment::new(hundred_rows());
    let planned = PlannedJob::of_query(query, vec![GroupType::Integer], longest_plan());
    let job = &kept(&deployment, planned, |planned, chunks| {
        let record = |chunk: u16| {
            let mut rows = RowBuffer::new(KeyKind::Text);
            for group in (0..10).map(|at| i64::from(chunk) * 10 + at) {
                let cells = [Cell::Integer(group), Cell::Number(group as f64 / 3.0)];
                rows.push_cells(&Key::Text(group.to_string()), cells);
            }
            (ChunkIndex(chunk), planned.record_of_rows(chunk, rows.batch()))
        };
        chunks.records = (0..ChunkCount::MAX).map(record).collect();
    });
    // The whole has all chunks also if a range of them was asked for.
    let short = body(&ask(&deployment, ROUTES[0], "from=5&limit=7", job).await);
    let listed = short["answer"]["groups"].as_array().unwrap().len() as u64;
    assert_eq!(short["groups_left_out"].as_u64().unwrap() + listed, 100_000);
    let whole: Value = serde_json::from_slice(&linked(&deployment, &short["whole"])).unwrap();
    let groups = whole["answer"]["groups"].as_array().unwrap();
    assert!(groups.iter().map(|group| group["x1"].as_u64().unwrap()).eq(0..100_000));
    assert_eq!(groups[..listed as usize], *short["answer"]["groups"].as_array().unwrap());
    let receipts = whole["chunks"].as_array().unwrap();
    assert_eq!(receipts.len(), 10_000);
    assert!(receipts.iter().all(|chunk| chunk["rows"] == 10));
    // All else is as in the short form, which lacks nothing else.
    let without = |mut job: Value| {
        let fields = job.as_object_mut().unwrap();
        for left_out in ["answer", "chunks", "chunks_left_out", "groups_left_out", "whole"] {
            fields.remove(left_out);
        }
        job
    };
    assert_eq!(without(whole), without(short));

    // Asked again with all chunks it is the same object, and another one without them.
    for (query, objects) in [("", 1), ("receipts=none", 2)] {
        let short = body(&ask(&deployment, ROUTES[0], query, job).await);
        let whole = String::from_utf8(linked(&deployment, &short["whole"])).unwrap();
        assert_eq!(whole.contains("\"chunks\":["), query.is_empty());
        assert_eq!(deployment.objects.names().len(), objects, "{query}");
    }
}

#[tokio::test]
async fn the_answer_so_far_of_a_pending_job_is_shortened_without_a_link() {
    let query = json!({
        "group_by": [{ "column": "x1", "name": "x1" }],
        "compute": { "one": { "kernel": { "name": "summary", "params": {} }, "columns": ["y1"] } },
    });
    let query = serde_json::from_value(query).unwrap();
    let deployment = MemoryDeployment::new(hundred_rows());
    let planned = PlannedJob::of_query(query, vec![GroupType::Integer], longest_plan());
    let job = &kept(&deployment, planned, |planned, chunks| {
        let mut rows = RowBuffer::new(KeyKind::Text);
        for group in 0..90_000 {
            let cells = [Cell::Integer(group), Cell::Number(0.5)];
            rows.push_cells(&Key::Text(group.to_string()), cells);
        }
        chunks.records = [(ChunkIndex(0), planned.record_of_rows(0, rows.batch()))].into();
    });
    let short = body(&ask(&deployment, ROUTES[0], "receipts=none", job).await);
    assert_eq!((&short["state"], short.get("whole")), (&json!("pending"), None));
    assert!(short["groups_left_out"].as_u64().unwrap() > 0);
    assert!(deployment.objects.names().is_empty());
}

#[tokio::test]
async fn a_failed_job_is_shown_however_many_chunks_failed_and_whatever_they_say() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let reason = "\u{1}".repeat(LONGEST_SENTENCE);
    let job = &longest_job(&deployment, |_, chunks| {
        let failure = |chunk| (ChunkIndex(chunk), reason.clone());
        chunks.failures = (0..ChunkCount::MAX).map(failure).collect();
    });
    for (route, status) in [(ROUTES[0], 200), (ROUTES[1], 500)] {
        let answer = ask(&deployment, route, "", job).await;
        assert_eq!(answer.status(), status, "{route}");
        let answer = body(&answer);
        assert_eq!(answer["failed_chunks"].as_array().unwrap().len(), 100, "{route}");
        assert_eq!(answer["failed_chunks_left_out"], 9900, "{route}");
        if let Some(whole) = answer.get("whole") {
            let whole = String::from_utf8(linked(&deployment, whole)).unwrap();
            // Each is among the failed chunks and among all chunks.
            assert_eq!(
                whole.matches(r#"\u0001","#).count() + whole.matches(r#"\u0001"}"#).count(),
                20_001
            );
        }
    }
    for (from, limit) in [(0, 250), (9_900, 100)] {
        let query = format!("from={from}&limit={limit}");
        let part = body(&ask(&deployment, ROUTES[0], &query, job).await);
        let chunks = part["chunks"].as_array().unwrap();
        assert_eq!(chunks.len(), limit);
        assert!(chunks.iter().all(|chunk| chunk["error"] == *reason));
    }
}

#[tokio::test]
async fn receipts_can_be_left_out_of_any_answer_about_a_job() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let job = &deployment.store.progress(job_id.parse().unwrap()).await.unwrap().job;
    let pending = body(&ask(&deployment, ROUTES[0], "receipts=none", job).await);
    assert_eq!((&pending["state"], pending.get("chunks")), (&Value::from("pending"), None));
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    for route in ROUTES {
        let all = ask(&deployment, route, "", job).await;
        assert_eq!(ask(&deployment, route, "receipts=all", job).await.body(), all.body());
        let mut all = body(&all);
        let none = body(&ask(&deployment, route, "receipts=none", job).await);
        assert_eq!(all["chunks"].as_array().unwrap().len(), 4, "{route}");
        all.as_object_mut().unwrap().remove("chunks");
        assert_eq!(none, all, "{route}: everything else is there, and nothing was too large");
        for wrong in ["receipts=None", "receipts=", "receipts=0", "receipts"] {
            let refused = ask(&deployment, route, wrong, job).await;
            assert_eq!(refused.status(), 400, "{route}?{wrong}");
            let why = body(&refused)["error"].as_str().unwrap().to_owned();
            assert!(why.starts_with("receipts must be all or none, not \""), "{why}");
        }
    }
}

#[tokio::test]
async fn a_dry_run_that_would_be_too_large_leaves_its_chunks_out() {
    let deployment = MemoryDeployment::new(PlanOnlySource {
        columns: COLUMNS.map(str::to_owned).to_vec(),
        planned: Planned::new(longest_plan(), 10_000),
    });
    let answer = deployment.dry_run("true", r#"{"chunks": 10000}"#).await;
    assert_eq!(answer.status(), 200, "{}", answer.body());
    let answer = body(&answer);
    assert_eq!((answer.get("chunks"), &answer["estimated_rows"]), (None, &Value::from(10_000)));
    assert_eq!(
        answer["chunks_left_out"],
        "an answer has at most 6000000 bytes, and 10000 chunks need more; ask for fewer to see them"
    );
}
