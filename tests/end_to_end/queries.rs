//! Filters, groups and several kernels: what comes of them, and how they are planned.

use pgfold_adapters::new_job_id;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::end_to_end::{deployment::Deployment, smoke::grouped};

/// A hundred thousand rows: `x1` is another for each, and `y1` one of three thousand.
const MANY_GROUPS: &str = "
    CREATE TABLE points (id INT PRIMARY KEY, x1 INT, y1 INT, x2 FLOAT, y2 FLOAT);
    INSERT INTO points SELECT g, g, g % 3000, g, 0 FROM generate_series(1, 100000) g;
    CREATE INDEX points_y1 ON points (y1);
    ANALYZE points";

/// The numbers at a path such as `/x/sum` of each group.
fn column(groups: &Value, path: &str) -> Vec<Value> {
    let groups = groups.as_array().unwrap_or_else(|| panic!("{groups} are no groups"));
    groups.iter().map(|group| group.pointer(path).unwrap().clone()).collect()
}

#[tokio::test]
async fn the_rows_of_a_filter_have_the_answer_of_sql() {
    let deployment = Deployment::with_million_rows().await;
    let conditions = json!([
        { "column": "x1", "lt": 50 }, { "column": "y1", "ge": 25.5 }, { "column": "y2", "is": "not null" },
    ]);
    let meets = "WHERE x1 < 50 AND y1 >= 25.5";
    let expected = deployment
        .json(&format!(
            "SELECT json_build_object('rows', count(*), 'min', min(x1), 'max', max(x1),
                                      'near', min(sqrt((x2-x1)^2 + (y2-y1)^2)))
             FROM points {meets}"
        ))
        .await;
    for execution in ["streaming", "pushdown"] {
        let task = json!({ "kernel": "min_distance", "where": conditions, "execution": execution });
        let job = deployment.completed(&task).await;
        assert_eq!(job["answer"]["distance"], expected["near"], "{execution}");
        assert_eq!((&job["rows"], &job["skipped"]), (&expected["rows"], &json!(0)), "{execution}");
    }
    let compute = json!({
        "near": { "kernel": "min_distance" }, "x": { "kernel": "summary", "columns": ["x1"] },
    });
    let task = json!({ "compute": compute, "where": conditions, "consistency": "snapshot" });
    let job = deployment.completed(&task).await;
    assert_eq!(job["rows"], expected["rows"]);
    assert_eq!(job["answer"]["near"]["distance"], expected["near"]);
    for field in ["rows", "min", "max"] {
        assert_eq!(job["answer"]["x"][field], expected[field], "{field}");
    }
    assert_eq!(job["consistency_reached"], "snapshot");
}

#[tokio::test]
async fn a_window_by_key_is_cut_and_costs_what_its_rows_cost() {
    let deployment = Deployment::with_million_rows().await;
    let window = json!([{ "column": "id", "ge": 400_001, "lt": 410_001 }]);
    let task = json!({ "kernel": "summary", "columns": ["x1"], "where": window });
    let (status, whole) =
        deployment.ask("?dry_run=true", &json!({ "kernel": "summary", "columns": ["x1"] })).await;
    assert_eq!(
        (status, whole.get("index"), whole.get("estimated_share")),
        (StatusCode::OK, None, None)
    );
    let (status, plan) = deployment.ask("?dry_run=true", &task).await;
    assert_eq!((status, &plan["index"]), (StatusCode::OK, &json!("points_id_key")), "{plan}");
    assert_eq!(plan.get("cut_by"), None, "{plan}");
    let of = |plan: &Value, field: &str| plan[field].as_f64().unwrap_or_else(|| panic!("{plan}"));
    assert!((of(&plan, "estimated_rows") / 10_000.0 - 1.0).abs() < 0.2, "{plan}");
    assert!((of(&plan, "estimated_share") / 0.01 - 1.0).abs() < 0.2, "{plan}");
    assert!(of(&plan, "estimated_cost_usd") < of(&whole, "estimated_cost_usd"), "{plan}");
    let conditions = json!([{ "column": "id", "lt": 410_001 }, { "column": "id", "ge": 400_001 }]);
    assert_eq!(plan["where"], conditions);

    let job = deployment.completed(&task).await;
    assert_eq!((&job["rows"], &job["where"]), (&json!(10_000), &conditions));
    let chunks = job["chunks"].as_array().unwrap();
    assert_eq!(chunks.len(), 4, "{job}");
    for chunk in chunks {
        let inside =
            |bound: &Value| bound.as_i64().is_none_or(|id| (400_001..=410_001).contains(&id));
        assert!(inside(&chunk["start"]) && inside(&chunk["end"]), "{chunk}");
        assert!((2000..3000).contains(&chunk["rows"].as_i64().unwrap()), "{chunk}");
    }
    let expected = "SELECT json_build_object('rows', count(*), 'min', min(x1), 'max', max(x1))
                    FROM points WHERE id >= 400001 AND id < 410001";
    for (field, value) in deployment.json(expected).await.as_object().unwrap() {
        assert_eq!(job["answer"][field], *value, "{field}");
    }
}

#[tokio::test]
async fn thousands_of_groups_are_answered_in_the_order_that_was_asked_for() {
    let deployment = Deployment::with_table(MANY_GROUPS).await;
    let task = |fields: Value| {
        let mut task = json!({
            "group_by": ["y1"], "compute": { "x": { "kernel": "summary", "columns": ["x1"] } },
        });
        task.as_object_mut().unwrap().append(&mut fields.as_object().unwrap().clone());
        task
    };
    let sql = async |order: &str| {
        let sql = format!(
            "SELECT json_build_object('y1', json_agg(y1), 'rows', json_agg(rows), 'sum', json_agg(sum))
             FROM (SELECT y1, count(*) AS rows, sum(x1) AS sum FROM points
                   GROUP BY 1 ORDER BY {order}) AS grouped"
        );
        deployment.json(&sql).await
    };
    for (fields, order) in [
        (json!({}), "1"),
        (json!({ "descending": true, "consistency": "snapshot" }), "1 DESC"),
        (json!({ "order_by": "x.sum", "descending": true, "limit": 25 }), "3 DESC, 1 LIMIT 25"),
        (json!({ "order_by": "rows", "limit": 2100, "chunks": 1 }), "2, 1 LIMIT 2100"),
    ] {
        let job = deployment.completed(&task(fields)).await;
        assert_eq!((&job["rows"], &job["answer"]["group_count"]), (&json!(100_000), &json!(3000)));
        let (groups, expected) = (&job["answer"]["groups"], sql(order).await);
        for (path, name) in [("/y1", "y1"), ("/rows", "rows"), ("/x/sum", "sum")] {
            assert_eq!(json!(column(groups, path)), expected[name], "{order}");
        }
    }

    // A group for each row.
    let many = json!({ "compute": { "x": { "kernel": "summary", "columns": ["x2"] } },
                       "group_by": ["x1"], "order_by": "x.sum", "descending": true, "limit": 3 });
    let job = deployment.completed(&many).await;
    assert_eq!((&job["rows"], &job["answer"]["group_count"]), (&json!(100_000), &json!(100_000)));
    let sums = column(&job["answer"]["groups"], "/x/sum");
    assert_eq!(sums, [json!(100_000.0), json!(99_999.0), json!(99_998.0)]);

    // The same rows in fewer groups each are an answer.
    let window = json!([{ "column": "y1", "ge": 10, "lt": 20 }]);
    let task =
        json!({ "kernel": "summary", "columns": ["x2"], "group_by": ["x1"], "where": window });
    let (_, plan) = deployment.ask("?dry_run=true", &task).await;
    assert_eq!((&plan["cut_by"], &plan["index"]), (&json!("y1"), &json!("points_y1")), "{plan}");
    let job = deployment.completed(&task).await;
    let rows = deployment.json("SELECT count(*) FROM points WHERE y1 >= 10 AND y1 < 20").await;
    assert_eq!((&job["cut_by"], &job["answer"]["group_count"]), (&json!("y1"), &rows), "{job}");
    deployment.restore().await;
}

#[tokio::test]
async fn a_wrong_query_is_refused_before_anything_is_queued() {
    // Alone, because other jobs would be listed and have messages.
    let deployment = Deployment::alone().await;
    deployment.run(json!({})).await;
    let listed = async || -> Value {
        let mut listed: Value = deployment.get("/tasks?limit=5").await.json().await.unwrap();
        let ids = column(&listed["tasks"], "/task_id");
        json!([ids, listed["queue"].take()])
    };
    let mut before = listed().await;
    // Messages of the jobs before may still be on their way, and dead letters be waiting to be noted.
    for _ in 0..600 {
        if ["waiting", "in_flight", "dead_letters"].iter().all(|count| before[1][count] == 0) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        before = listed().await;
    }
    let query = |field: &str, value: Value| {
        let mut task = json!({ "kernel": "summary", "source": "few" });
        task[field] = value;
        task
    };
    let filter = |condition: Value| query("where", json!([condition]));
    for (task, problem) in [
        (
            filter(json!({ "column": "salary", "gt": 1 })),
            "where: the source has no column \"salary\"",
        ),
        (filter(json!({ "column": "x1", "gt": "high" })), "\"x1\" must be a number"),
        (
            filter(json!({ "column": "id", "eq": 2_147_483_648_i64 })),
            "\"id\" must be a whole number from",
        ),
        (filter(json!({ "column": "flag", "eq": 1 })), "\"flag\" must be true or false, not 1"),
        (
            filter(json!({ "column": "moment", "ge": "now" })),
            "\"moment\" must be an instant such as",
        ),
        (filter(json!({ "column": "x1", "near": 1 })), "near"),
        (filter(json!({ "column": "x1" })), "x1"),
        (filter(json!({ "column": "id", "in": [] })), "id"),
        (filter(json!({ "column": "id", "in": vec![7; 1001] })), "at most 1000 values"),
        (query("group_by", json!(["x1"])), "column \"x1\" is double precision; groups are made of"),
        (query("group_by", json!(["parity", "parity"])), "two values of an answer"),
        (query("group_by", json!(["rows"])), "rows"),
        (query("group_by", json!([{ "column": "parity", "unit": "day" }])), "a unit is for date"),
        (
            query("group_by", json!([{ "column": "moment", "unit": "day", "time_zone": "Mars" }])),
            "knows no time zone \"Mars\"",
        ),
        (query("order_by", json!("rows")), "group_by"),
        (query("limit", json!(0)), "limit"),
        (query("compute", json!({ "x": { "kernel": "summary" } })), "compute"),
        (query("wher", json!([])), "unknown field wher"),
        (
            json!({ "kernel": "summary", "group_by": ["parity"], "execution": "pushdown", "source": "few" }),
            "execution \"pushdown\" is for kernels that a database can do most of, and summary",
        ),
    ] {
        for (parameters, consistency) in
            [("", "per-chunk"), ("?dry_run=true", "per-chunk"), ("", "snapshot")]
        {
            let mut task = task.clone();
            task["consistency"] = consistency.into();
            let (status, refused) = deployment.ask(parameters, &task).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{task}: {refused}");
            assert_eq!(refused["status"], "task not submitted");
            let error = refused["error"].as_str().unwrap();
            assert!(error.contains(problem), "{task}: {error}");
        }
    }
    assert_eq!(listed().await, before);
    let held = "SELECT count(*) FROM pg_stat_activity
                WHERE application_name = 'pgfold' AND state LIKE 'idle in transaction%'";
    assert_eq!(deployment.json(held).await, 0);
}

#[tokio::test]
async fn a_query_in_another_spelling_is_the_same_request_and_another_filter_is_not() {
    let deployment = Deployment::with_million_rows().await;
    let key = new_job_id().to_string();
    let (status, first) = deployment.ask_once("", &key, &grouped("per-chunk")).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    let mut same = grouped("per-chunk");
    same["chunks"] = json!(3.0);
    same["execution"] = json!("streaming");
    same["where"] = json!([
        { "le": 900.0, "gt": 1e2, "column": "id" },
        { "column": "moment", "lt": "2026-12-07T12:00:00+01:00" },
        { "column": "moment", "ge": "2026-11-06" },
        { "column": "x1", "ne": 0.0 },
    ]);
    same["group_by"][0] = json!({ "column": "parity", "as": "parity" });
    same["compute"]["area"] =
        json!({ "params": {}, "columns": ["x1", "y1"], "kernel": "bounding_box" });
    assert_eq!(deployment.ask_once("", &key, &same).await, (StatusCode::OK, first.clone()));

    for (path, value) in [
        ("/where/0/le", json!(901)),
        ("/where/2/ne", json!(1)),
        ("/group_by/0", json!("flag")),
        ("/group_by/1/unit", json!("week")),
        ("/compute/hundreds/columns/0", json!("id")),
        ("/compute/area/columns", json!(["y1", "x1"])),
    ] {
        let mut other = grouped("per-chunk");
        *other.pointer_mut(path).unwrap() = value;
        let (status, refused) = deployment.ask_once("", &key, &other).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {refused}");
    }
    let mut shorter = grouped("per-chunk");
    shorter["limit"] = json!(3);
    let (status, refused) = deployment.ask_once("", &key, &shorter).await;
    let error = format!(
        "the Idempotency-Key belongs to another request, of {}",
        first["task_id"].as_str().unwrap()
    );
    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!(error)));
}
