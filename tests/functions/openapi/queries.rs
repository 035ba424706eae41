//! Queries are taken and shown as they are described.

use lambda_http::{Body, Request, http};
use pgfold_adapters::memory::MemorySource;
use pgfold_core::{Cell, kernel};
use serde_json::{Map, Value, json};

use super::requests::{assert_taken_as_described, combined, each};
use crate::functions::deployment::{MemoryDeployment, body};

/// A table with numbers for the kernels, a text and a boolean, which may be NULL, to filter and
/// group by.
fn table() -> MemorySource {
    let row = |id: i64| {
        let mut cells: Vec<Cell> = (0..4).map(|at| Cell::Number((id * at) as f64)).collect();
        let city = ["Rome", "Oslo", "Bonn"].get(id as usize % 4);
        cells.push(city.map_or(Cell::Null, |city| Cell::Text((*city).to_owned())));
        cells.push(Cell::Boolean(id % 3 == 0));
        (id, cells)
    };
    MemorySource::new(&["x1", "y1", "x2", "y2", "city", "late"], (1..=40).map(row))
}

/// Each operator with values of each type, of which a number can hold numbers alone.
fn conditions() -> Vec<Value> {
    let mut all = vec![
        json!("x1 = 1"),
        json!(null),
        json!({}),
        json!({ "eq": 1 }),
        json!({ "column": "x1" }),
        json!({ "column": 5, "eq": 1 }),
        json!({ "column": "x1", "like": 1 }),
        json!({ "column": "x1", "eq": 1, "ge": 0, "in": [1, 2], "is": "not null" }),
        json!({ "column": "city", "in": ["Rome", "Oslo"] }),
        json!({ "column": "late", "eq": true }),
        json!({ "column": "x1", "in": vec![1; 1000] }),
        json!({ "column": "x1", "in": vec![1; 1001] }),
    ];
    for operator in ["eq", "ne", "lt", "le", "gt", "ge", "in", "is"] {
        for value in [json!(1), json!(-0.5), json!(null), json!([]), json!([1]), json!({})] {
            all.push(json!({ "column": "x1", operator: value }));
        }
    }
    all.extend(["null", "not null", "NULL"].map(|is| json!({ "column": "x1", "is": is })));
    all
}

fn fields() -> Vec<(&'static str, Value)> {
    let conditions: Vec<Value> = conditions().into_iter().map(|one| json!([one])).collect();
    let summary = json!({ "kernel": "summary" });
    let many = |count: usize| -> Value {
        (0..count).map(|at| (format!("a{at}"), summary.clone())).collect::<Map<_, _>>().into()
    };
    let named = |name: &str| json!({ name: summary });
    let one = |entry: Value| json!({ "one": entry });
    let long = "x".repeat(64);
    let compute = json!([
        named("one"),
        named(&long[1..]),
        named(&long),
        named("a.b"),
        named("rows"),
        named(""),
        many(0),
        many(16),
        many(17),
        null,
        [],
        one(json!({})),
        one(json!("summary")),
        one(json!({ "kernel": "median" })),
        one(json!({ "kernel": "histogram" })),
        one(json!({ "kernel": "histogram", "columns": ["x1"], "params": { "bounds": [1] } })),
        one(json!({ "kernel": "summary", "columns": ["x1", "x2"] })),
        one(json!({ "kernel": "summary", "params": { "k": 1 } })),
        one(json!({ "kernel": "nearest_k", "params": { "k": 101 } })),
        one(json!({ "kernel": "summary", "metric": "euclidean" })),
    ]);
    let group_by = json!([
        [], ["city"], ["city", "late"], [{ "column": "city" }], [{ "column": "city", "as": "town" }],
        [{ "column": "city", "as": "" }], [{ "column": "city", "as": "a.b" }],
        [{ "column": "city", "as": "rows" }], [{ "column": "city", "as": long }],
        [{ "column": "city", "unit": "second" }], [{ "column": "city", "time_zone": "UTC" }],
        [{ "column": "city", "zone": "UTC" }], [{ "as": "city" }], [5], [null], null, "city",
        [
            "city", "late", { "column": "city", "as": "b" }, { "column": "city", "as": "c" },
            { "column": "city", "as": "d" }
        ],
    ]);
    let fields = [
        ("where", json!(["x1 = 1", null, {}, []])),
        ("compute", compute),
        ("group_by", group_by),
        ("order_by", json!(["rows", 5, null])),
        ("descending", json!([true, false, "true", null])),
        ("limit", json!([1, 10.0, 4_294_967_295_u32, 4_294_967_296_u64, 0, -1, 1.5, "1", null])),
        ("kernel", json!(["distinct", "min_distance", 5])),
        ("columns", json!([["city"], []])),
        ("params", json!([{}, []])),
        ("execution", json!(["pushdown"])),
    ];
    [each(&fields), each(&[("where", json!(conditions))])].concat()
}

#[tokio::test]
async fn a_query_is_taken_as_described() {
    let deployment = MemoryDeployment::new(table());
    for base in [
        json!({ "kernel": "summary" }),
        json!({ "compute": { "one": { "kernel": "distinct" } }, "group_by": ["late"] }),
        json!({ "kernel": "extremes", "group_by": ["late"], "execution": "pushdown" }),
        json!({
            "compute": {
                "a": { "kernel": "extremes" },
                "b": { "kernel": "histogram", "params": { "bounds": [0] } }
            },
            "execution": "pushdown"
        }),
        json!({}),
    ] {
        assert_taken_as_described(&deployment, "/tasks", &combined(&base, &fields())).await;
    }
}

fn request(method: &str, path: &str, body: &str) -> Request {
    let request = http::Request::builder().method(method).uri(path);
    request.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn an_answer_by_the_name_distance_is_not_taken_for_a_distance() {
    let deployment = MemoryDeployment::new(table());
    for task in [
        json!({ "compute": { "distance": { "kernel": "summary" } } }),
        json!({ "compute": { "distance": { "kernel": "min_distance" } } }),
        json!({ "kernel": "min_distance", "group_by": ["city"] }),
    ] {
        let submitted = deployment.request(request("POST", "/tasks", &task.to_string())).await;
        let job_id = body(&submitted)["task_id"].as_str().unwrap().to_owned();
        assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
        let result = deployment.result(&job_id).await;
        assert_eq!(result.status(), 400, "{task}: {}", result.body());
    }
}

#[tokio::test]
async fn jobs_with_groups_and_several_kernels_are_shown_as_described_from_beginning_to_end() {
    let filter = json!([{ "column": "x1", "ge": 0 }, { "column": "late", "eq": false }]);
    let several = kernel::descriptions().into_iter().map(|kernel| {
        let params = kernel.example.unwrap_or_else(|| json!({}));
        (kernel.name.to_owned(), json!({ "kernel": kernel.name, "params": params }))
    });
    let several: Map<String, Value> = several.collect();
    let mut asked = vec![json!({ "compute": several })];
    asked.extend(several.values().cloned());
    for mut task in asked {
        task["chunks"] = 2.into();
        for group_by in
            [json!([]), json!(["city", "late"]), json!([{ "column": "city", "as": "b" }])]
        {
            task["where"] = if group_by == json!([]) { json!([]) } else { filter.clone() };
            task["group_by"] = group_by;
            let deployment = MemoryDeployment::new(table());
            let submit = request("POST", "/tasks", &task.to_string());
            let submitted = deployment.request(submit).await;
            assert_eq!(submitted.status(), 200, "{task}: {}", submitted.body());
            let job_id = body(&submitted)["task_id"].as_str().unwrap().to_owned();
            for message in deployment.messages() {
                assert_eq!(body(&deployment.job("GET", &job_id).await)["state"], "pending");
                assert_eq!(deployment.deliver(&[message]).await, [""; 0], "{task}");
            }
            let job = body(&deployment.job("GET", &job_id).await);
            assert_eq!(job["state"], "completed", "{task}");
            assert_eq!(job["answer"].get("groups").is_some(), task["group_by"] != json!([]));
            assert_eq!(job.get("skipped_by").is_some(), task.get("compute").is_some());
            deployment.ask_jobs(request("GET", "/tasks", "")).await;
        }
    }
}
