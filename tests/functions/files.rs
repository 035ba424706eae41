//! Results as files: rows that mappers write, and groups that reducers write.

use std::collections::BTreeSet;

use pgfold_adapters::memory::MemorySource;
use pgfold_core::{Cell, Objects};
use serde_json::{Value, json};

use super::deployment::{MemoryDeployment, body};

/// A hundred rows of ten groups: `g` is the last digit of the key, `x` a third of it.
fn deployment() -> MemoryDeployment {
    let row = |id: i64| (id, vec![Cell::Integer(id % 10), Cell::Number(id as f64 / 4.0)]);
    MemoryDeployment::new(MemorySource::new(&["g", "x"], (1..=100).map(row)))
}

async fn refusal(task: Value) -> String {
    let response = deployment().post_task(&task).await;
    assert_eq!(response.status(), 400, "{}", response.body());
    body(&response)["error"].as_str().unwrap().to_owned()
}

/// The text of an object.
fn text(deployment: &MemoryDeployment, name: &str) -> String {
    let names = deployment.objects.names();
    let known = names.iter().find(|known| known.as_str() == name);
    let known = known.unwrap_or_else(|| panic!("no {name} in {names:?}"));
    String::from_utf8(deployment.objects.bytes(known)).unwrap()
}

/// The lines of all files of a job, sorted.
fn lines(deployment: &MemoryDeployment, job: &Value) -> Vec<Value> {
    let mut lines = Vec::new();
    for part in job["files"]["parts"].as_array().unwrap() {
        let name = part["name"].as_str().unwrap();
        assert!(part["url"].as_str().unwrap().contains(name), "{part}");
        let text = text(deployment, name);
        assert_eq!(json!(text.len()), part["bytes"]);
        assert_eq!(text.lines().count() as u64, part["rows"].as_u64().unwrap());
        lines.extend(text.lines().map(|line| serde_json::from_str(line).unwrap()));
    }
    lines.sort_by_key(Value::to_string);
    lines
}

fn rows_task() -> Value {
    json!({ "kernel": "rows", "columns": ["x", "g"], "chunks": 4, "output": { "format": "jsonl" } })
}

fn groups_task() -> Value {
    json!({
        "group_by": ["g"],
        "compute": { "x": { "kernel": "summary", "columns": ["x"] } },
        "chunks": 4,
        "output": { "format": "jsonl", "parts": 3 },
    })
}

#[tokio::test]
async fn rows_are_written_into_a_file_a_chunk() {
    let deployment = deployment();
    let (job_id, messages) = deployment.started(&rows_task()).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    assert!(deployment.reductions().is_empty());
    let job = deployment.detail(&job_id).await;
    assert_eq!((&job["state"], &job["rows"]), (&json!("completed"), &json!(100)), "{job}");
    assert!(job["answer"].is_null());
    let files = &job["files"];
    assert_eq!((&files["rows"], &files["part_count"]), (&json!(100), &json!(4)));
    let columns = json!([
        { "name": "x", "type": "double", "sql_type": "double" },
        { "name": "g", "type": "bigint", "sql_type": "integer" },
    ]);
    assert_eq!(files["columns"], columns);
    let mut expected: Vec<Value> =
        (1..=100).map(|id| json!({ "x": f64::from(id) / 4.0, "g": id % 10 })).collect();
    expected.sort_by_key(Value::to_string);
    assert_eq!(lines(&deployment, &job), expected);
}

#[tokio::test]
async fn groups_are_written_by_reducers_once_all_chunks_count() {
    for room in [None, Some(10)] {
        let mut deployment = deployment();
        deployment.room = room.unwrap_or(deployment.room);
        let (job_id, messages) = deployment.started(&groups_task()).await;
        assert!(deployment.deliver(&messages[..3]).await.is_empty());
        assert!(deployment.reductions().is_empty());
        assert!(deployment.deliver(&messages[3..]).await.is_empty());
        let reductions = deployment.reductions();
        assert_eq!(reductions.len(), 3);
        let pending = deployment.detail(&job_id).await;
        let progress = json!({ "done": 4, "total": 7 });
        assert_eq!((&pending["state"], &pending["progress"]), (&json!("pending"), &progress));

        // Each comes twice.
        assert!(deployment.reduce(&reductions).await.is_empty());
        assert!(deployment.reduce(&reductions).await.is_empty());
        let job = deployment.detail(&job_id).await;
        assert_eq!((&job["state"], &job["rows"]), (&json!("completed"), &json!(100)), "{job}");
        let chunks = job["chunks"].as_array().unwrap();
        let partition = |chunk: &Value| chunk["partition"].as_u64();
        let partitions: Vec<u64> = chunks.iter().filter_map(partition).collect();
        assert_eq!(partitions, [0, 1, 2]);
        let files = &job["files"];
        assert_eq!((&files["rows"], &files["part_count"]), (&json!(10), &json!(3)));
        let lines = lines(&deployment, &job);
        let groups: BTreeSet<i64> = lines.iter().map(|row| row["g"].as_i64().unwrap()).collect();
        assert_eq!(groups, (0..10).collect());
        for row in &lines {
            let ids: Vec<i64> =
                (1..=100).filter(|id| id % 10 == row["g"].as_i64().unwrap()).collect();
            let sum: f64 = ids.iter().map(|id| *id as f64 / 4.0).sum();
            assert_eq!((&row["rows"], &row["x_sum"]), (&json!(10), &json!(sum)), "{row}");
            assert_eq!(row["x_min"], json!(ids[0] as f64 / 4.0));
        }
    }
}

#[tokio::test]
async fn partitions_are_counted_once_and_apart_from_chunks() {
    let deployment = deployment();
    let (_, messages) = deployment.started(&groups_task()).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    deployment.measured();
    let reductions = deployment.reductions();
    for _ in 0..2 {
        assert!(deployment.reduce(&reductions).await.is_empty());
    }
    let lines = deployment.measured();
    let sum = |name: &str| lines.iter().filter_map(|line| line[name].as_u64()).sum::<u64>();
    assert_eq!((sum("PartitionsReduced"), sum("DuplicatesDiscarded")), (3, 3), "{lines:?}");
    assert_eq!((sum("ChunksFolded"), sum("RowsFolded")), (0, 0), "{lines:?}");
}

#[tokio::test]
async fn a_mapper_that_is_sent_a_partition_passes_it_on() {
    let deployment = deployment();
    let (job_id, messages) = deployment.started(&groups_task()).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    let reductions = deployment.reductions();
    assert!(deployment.deliver(&reductions).await.is_empty());
    assert_eq!(deployment.reductions(), reductions);
    assert!(deployment.reduce(&reductions).await.is_empty());
    assert_eq!(deployment.detail(&job_id).await["state"], "completed");
}

#[tokio::test]
async fn an_answer_is_a_file_of_one_row() {
    let deployment = deployment();
    let task = json!({
        "kernel": "summary", "columns": ["x"], "chunks": 2, "output": { "format": "jsonl" },
    });
    let (job_id, messages) = deployment.started(&task).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    assert!(deployment.reduce(&deployment.reductions()).await.is_empty());
    let job = deployment.detail(&job_id).await;
    let lines = lines(&deployment, &job);
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["rows"], &lines[0]["max"]), (&json!(100), &json!(25.0)));
}

#[tokio::test]
async fn ordered_groups_are_one_file_in_their_order() {
    let deployment = deployment();
    let mut task = groups_task();
    task["output"] = json!({ "format": "jsonl" });
    task["order_by"] = json!("x.sum");
    task["descending"] = json!(true);
    task["limit"] = json!(3);
    let (job_id, messages) = deployment.started(&task).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    let reductions = deployment.reductions();
    assert_eq!(reductions.len(), 1);
    assert!(deployment.reduce(&reductions).await.is_empty());
    let job = deployment.detail(&job_id).await;
    let text = text(&deployment, job["files"]["parts"][0]["name"].as_str().unwrap());
    let groups: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["g"].clone())
        .collect();
    assert_eq!(groups, [json!(0), json!(9), json!(8)]);
}

#[tokio::test]
async fn whoever_finds_the_last_chunk_recorded_sends_the_reductions() {
    let deployment = deployment();
    let (job_id, messages) = deployment.started(&groups_task()).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    assert_eq!(deployment.reductions().len(), 3);
    // As if the mapper had died before it sent them.
    assert!(deployment.deliver(&messages[..1]).await.is_empty());
    assert_eq!(deployment.reductions().len(), 3);
    assert!(deployment.bury(&messages[..1]).await.is_empty());
    let reductions = deployment.reductions();
    assert_eq!(reductions.len(), 3);
    assert!(deployment.reduce(&reductions[..2]).await.is_empty());
    // A chunk of the first stage does not end the second.
    assert!(deployment.deliver(&messages[..1]).await.is_empty());
    assert_eq!(deployment.detail(&job_id).await["state"], "pending");
    assert!(deployment.reduce(&reductions[2..]).await.is_empty());
    assert_eq!(deployment.detail(&job_id).await["state"], "completed");
    assert!(deployment.deliver(&messages).await.is_empty());
    assert_eq!(deployment.reductions().len(), 3, "those of before");
}

#[tokio::test]
async fn the_manifest_names_the_files_and_is_written_again_if_it_is_not_there() {
    let deployment = deployment();
    let (job_id, messages) = deployment.started(&rows_task()).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    let job = deployment.detail(&job_id).await;
    let name = format!("results/{job_id}/manifest.json");
    assert_eq!(job["files"]["manifest"]["name"], json!(name));
    let read = || serde_json::from_str::<Value>(&text(&deployment, &name)).unwrap();
    let manifest = read();
    assert_eq!((&manifest["rows"], &manifest["source_rows"]), (&json!(100), &json!(100)));
    assert_eq!((&manifest["format"], &manifest["v"]), (&json!("jsonl"), &json!(1)));
    let shown = |parts: &Value| -> Vec<Value> {
        let parts = parts.as_array().unwrap().iter();
        parts.map(|part| json!([part["rows"], part["bytes"], part["sha256"]])).collect()
    };
    assert_eq!(shown(&manifest["parts"]), shown(&job["files"]["parts"]));

    let names = deployment.objects.names();
    deployment.objects.remove(names.iter().find(|known| known.as_str() == name).unwrap());
    deployment.detail(&job_id).await;
    assert_eq!(read(), manifest);
}

#[tokio::test]
async fn an_empty_table_is_a_file_with_the_columns() {
    let answer = json!({ "kernel": "summary", "columns": ["x"] });
    for (mut task, written) in [
        (rows_task(), "x,g\n"),
        (groups_task(), "g,rows,x_rows,x_nulls,x_min,x_max,x_sum,x_mean,x_variance\n"),
        (answer, "rows,nulls,min,max,sum,mean,variance\n0,0,,,,,\n"),
    ] {
        task["output"] = json!({ "format": "csv" });
        let no_rows: [(i64, Vec<Cell>); 0] = [];
        let deployment = MemoryDeployment::new(MemorySource::new(&["g", "x"], no_rows));
        let (job_id, messages) = deployment.started(&task).await;
        assert_eq!(messages.len(), 1);
        for _ in 0..2 {
            assert!(deployment.deliver(&messages).await.is_empty());
            assert!(deployment.reduce(&deployment.reductions()).await.is_empty());
        }
        let job = deployment.detail(&job_id).await;
        let files = &job["files"];
        assert_eq!((&job["rows"], &files["part_count"]), (&json!(0), &json!(1)), "{job}");
        assert_eq!(files["rows"], written.lines().count() - 1);
        assert_eq!(text(&deployment, files["parts"][0]["name"].as_str().unwrap()), written);
    }
}

#[tokio::test]
async fn a_range_of_files_is_listed_without_their_receipts() {
    let deployment = deployment();
    let (job_id, messages) = deployment.started(&rows_task()).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    let all = deployment.detail(&job_id).await;
    let job = body(&deployment.ask_of_job(&job_id, "from=1&limit=2&receipts=none").await);
    assert_eq!(job.get("chunks"), None);
    let parts = |job: &Value| job["files"]["parts"].as_array().unwrap().clone();
    assert_eq!(parts(&job), parts(&all)[1..3]);
}

#[tokio::test]
async fn a_partition_that_failed_is_retried_alone() {
    let mut deployment = deployment();
    deployment.room = 10;
    let (job_id, messages) = deployment.started(&groups_task()).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    let reductions = deployment.reductions();
    assert!(deployment.reduce(&reductions[..1]).await.is_empty());
    // Its objects are gone, so it fails for good.
    let kept = deployment.take_partials();
    assert!(deployment.reduce(&reductions[1..]).await.is_empty());
    let job = deployment.detail(&job_id).await;
    assert_eq!(job["state"], "failed", "{job}");
    let failed: Vec<u64> = job["failed_chunks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failed| failed["chunk"].as_u64().unwrap())
        .collect();
    assert_eq!(failed, [5, 6]);

    for (name, bytes) in kept {
        deployment.objects.put(&name, bytes).await.unwrap();
    }
    let retried = deployment.job("POST", &job_id).await;
    assert_eq!((retried.status(), &body(&retried)["chunks"]), (200.try_into().unwrap(), &json!(2)));
    assert!(deployment.messages().is_empty());
    let again = deployment.reductions();
    assert_eq!(again.len(), 2);
    assert!(deployment.reduce(&again).await.is_empty());
    let job = deployment.detail(&job_id).await;
    assert_eq!((&job["state"], &job["files"]["rows"]), (&json!("completed"), &json!(10)), "{job}");
}

#[tokio::test]
async fn a_job_is_cancelled_while_reducers_are_at_work() {
    let deployment = deployment();
    let (job_id, messages) = deployment.started(&groups_task()).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    let reductions = deployment.reductions();
    assert!(deployment.reduce(&reductions[..1]).await.is_empty());
    assert_eq!(deployment.job("DELETE", &job_id).await.status(), 200);
    assert!(deployment.reduce(&reductions[1..]).await.is_empty());
    let job = deployment.detail(&job_id).await;
    assert_eq!(
        (&job["state"], &job["progress"]["done"]),
        (&json!("cancelled"), &json!(5)),
        "{job}"
    );
}

#[tokio::test]
async fn an_output_that_is_not_possible_is_refused() {
    let with = |mut task: Value, field: &str, value: Value| {
        task[field] = value;
        task
    };
    let output = |output: Value| with(groups_task(), "output", output);
    let ordered = with(groups_task(), "limit", json!(3));
    let same = json!({
        "x": { "kernel": "summary", "columns": ["x"] },
        "x_sum": { "kernel": "summary", "columns": ["x"] },
    });
    let mut clash = with(groups_task(), "compute", same);
    clash["group_by"] = json!([{ "column": "g", "as": "x_sum_min" }]);
    for (task, problem) in [
        (output(json!("parquet")), "output must be an object"),
        (output(json!({})), "format must be one of jsonl, csv, parquet"),
        (output(json!({ "format": "orc" })), "format must be"),
        (output(json!({ "format": "csv", "parts": 0 })), "from 1 to 64, not 0"),
        (output(json!({ "format": "csv", "parts": 65 })), "from 1 to 64, not 65"),
        (output(json!({ "format": "csv", "rows": 5 })), "\"rows\""),
        (ordered, "is one file"),
        (with(rows_task(), "output", json!({ "format": "csv", "parts": 2 })), "a file a chunk"),
        (with(rows_task(), "output", json!(null)), "output must be an object"),
        (json!({ "kernel": "rows" }), "in which format by output"),
        (with(rows_task(), "group_by", json!(["g"])), "without group_by"),
        (with(rows_task(), "columns", json!(["x", "x"])), "\"x\" twice"),
        (with(rows_task(), "columns", json!([])), "1 to 500"),
        (with(rows_task(), "columns", json!(["y"])), "no column \"y\""),
        (with(rows_task(), "params", json!({ "a": 1 })), "no params"),
        (with(rows_task(), "execution", json!("pushdown")), "pushdown"),
        (clash, "would be named \"x_sum_min\""),
    ] {
        let said = refusal(task.clone()).await;
        assert!(said.contains(problem), "{task}: {said}");
    }
}
