//! What requests may say: the description allows it if, and only if, the functions take it.

use std::collections::HashMap;

use lambda_http::{Body, Request, RequestExt, http};
use pgfold_core::kernel;
use serde_json::{Map, Value, json};

use super::description;
use crate::functions::{
    deployment::MemoryDeployment,
    tables::{COLUMNS, hundred_rows},
};

fn with_query(request: http::request::Builder, query: &[(&str, &str)], body: &str) -> Request {
    let parameters: HashMap<String, String> =
        query.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let request: Request = request.body(Body::from(body)).unwrap();
    request.with_query_string_parameters(parameters)
}

/// Asserts that a dry run takes the body if it is as described, and refuses it otherwise.
pub(super) async fn assert_taken_as_described(
    deployment: &MemoryDeployment,
    path: &str,
    bodies: &[Value],
) {
    let schema = format!("/paths/{}/post/requestBody/content", path.replace('/', "~1"));
    let schema = &description().at(&schema)["application/json"]["schema"];
    let validator = description().validator(schema);
    for body in bodies {
        let request = http::Request::post(path);
        let request = with_query(request, &[("dry_run", "true")], &body.to_string());
        let answer = deployment.request(request).await;
        let expected = if validator.is_valid(body) { 200 } else { 400 };
        assert_eq!(answer.status(), expected, "{path}: {body}: {}", answer.body());
    }
}

/// `base` with each field, and with each two that differ.
pub(super) fn combined(base: &Value, fields: &[(&str, Value)]) -> Vec<Value> {
    let with = |chosen: &[&(&str, Value)]| {
        let mut body = base.clone();
        for (name, value) in chosen {
            body[*name] = value.clone();
        }
        body
    };
    let pairs = fields.iter().enumerate().flat_map(|(at, one)| {
        fields[at + 1..].iter().filter(|other| other.0 != one.0).map(move |other| [one, other])
    });
    let singly = fields.iter().map(|one| with(&[one]));
    [base.clone()].into_iter().chain(singly).chain(pairs.map(|pair| with(&pair))).collect()
}

/// Fields that both kinds of request have, as they may be and as they may not, and one that
/// neither has. The sources exist, and the chunks as many as can attach to a
/// snapshot: a description of all deployments cannot know.
fn common_fields() -> Vec<(&'static str, Value)> {
    let fields = [
        ("source", json!(["points", null, 7, ["points"]])),
        ("chunks", json!([1, 10, 4.0, 0, 10_001, -1, 2.5, "4", null, true])),
        ("consistency", json!(["per-chunk", "snapshot", "eventual", null])),
        ("execution", json!(["streaming", "pushdown", "magic", null])),
        ("where", json!(["1 = 1"])),
    ];
    each(&fields)
}

pub(super) fn each(fields: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    let values = |(name, values): &(&'static str, Value)| {
        let name = *name;
        values.as_array().unwrap().clone().into_iter().map(move |value| (name, value))
    };
    fields.iter().flat_map(values).collect()
}

#[tokio::test]
async fn a_search_for_the_least_distance_is_taken_as_described() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let metric =
        json!(["euclidean", "haversine", "geodesic", "taxicab", null, {"euclidean": null}]);
    let own = [("metric", metric), ("kernel", json!(["min_distance"])), ("params", json!([{}]))];
    let fields = [common_fields(), each(&own)].concat();
    let mut bodies = combined(&json!({}), &fields);
    bodies.extend([json!([]), json!("chunks"), json!(null), json!({ "chunks": 10_000 })]);
    assert_taken_as_described(&deployment, "/compute_min_distance", &bodies).await;
}

#[tokio::test]
async fn a_task_of_any_kernel_is_taken_as_described() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let many = |count: u32| (0..count).map(f64::from).collect::<Vec<_>>();
    let ranks = |count: usize| vec![0.5; count];
    let params = json!([
        {}, [], null, "euclidean", ["euclidean"], {"unknown": 1},
        {"metric": "geodesic"}, {"metric": "taxicab"}, {"metric": null},
        {"metric": {"euclidean": null}},
        {"k": 1}, {"k": 3.0}, {"k": 100, "metric": "haversine"}, {"k": 0}, {"k": 101}, {"k": -1}, {"k": 1.5},
        {"k": "3"}, {"k": null},
        {"bounds": [0]}, {"bounds": many(1000)}, {"bounds": many(16)}, {"bounds": many(17)}, {"bounds": []}, {"bounds": many(1001)},
        {"bounds": ["0"]}, {"bounds": [null]}, {"bounds": 5},
        {"ranks": [0, 0.5, 1]}, {"ranks": ranks(100)}, {"ranks": []}, {"ranks": ranks(101)},
        {"ranks": [1.01]}, {"ranks": [-0.01]}, {"ranks": null},
    ]);
    let columns =
        json!([COLUMNS, ["x1"], ["y2", "x1"], ["x1", "x1", "x1"], [], ["x1", 5], "x1", null]);
    let own = [("params", params), ("columns", columns), ("metric", json!(["euclidean"]))];
    let fields = [common_fields(), each(&own)].concat();
    let kernels = kernel::names().map(Value::from).chain([json!("median"), json!(5), json!(null)]);
    let mut bodies: Vec<Value> =
        kernels.flat_map(|kernel| combined(&json!({ "kernel": kernel }), &fields)).collect();
    bodies.extend([json!({}), json!([]), json!("summary"), Value::Object(Map::new())]);
    assert_taken_as_described(&deployment, "/tasks", &bodies).await;
}

const NUMBERS: [&str; 10] = ["0", "1", "7", "100", "101", "10000", "10001", "65536", "-1", "1.5"];

const TEXTS: [&str; 10] = [
    "",
    "x",
    "true",
    "false",
    "TRUE",
    "pending",
    "expired",
    "done",
    "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d",
    "agg_0192F0C1-2F6E-7A52-9C1E-3D2F0A4B5C6D",
];

#[tokio::test]
async fn queries_are_taken_as_described() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    for (method, path) in [
        ("GET", "/tasks"),
        ("GET", "/tasks/{task_id}"),
        ("POST", "/tasks"),
        ("POST", "/compute_min_distance"),
    ] {
        let parameters = description().parameters(method, path);
        for parameter in parameters.into_iter().filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            for value in NUMBERS.into_iter().chain(TEXTS) {
                let request =
                    http::Request::builder().method(method).uri(path.replace("{task_id}", ""));
                let request = with_query(request, &[(name, value)], r#"{"kernel": "summary"}"#);
                let answer = match (method, path) {
                    ("POST", "/compute_min_distance") => deployment.dry_run(value, "").await,
                    ("POST", _) => deployment.request(request).await,
                    (_, "/tasks") => deployment.ask_jobs(request).await,
                    _ => {
                        let named = HashMap::from([("task_id".to_owned(), job_id.clone())]);
                        deployment.ask_jobs(request.with_path_parameters(named)).await
                    }
                };
                let fits = description().fits(&parameter["schema"], value);
                let expected = if fits { 200 } else { 400 };
                assert_eq!(answer.status(), expected, "{method} {path}?{name}={value}");
            }
        }
    }
}

#[tokio::test]
async fn keys_and_ids_are_taken_as_described() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let parameters = description().parameters("POST", "/tasks");
    let key = parameters.iter().find(|parameter| parameter["name"] == "Idempotency-Key").unwrap();
    for value in ["", "k", "two words", &"k".repeat(255), &"k".repeat(256), "schl\u{fc}ssel"] {
        let answer = deployment.submit_once(value, "").await;
        let expected = if description().fits(&key["schema"], value) { 200 } else { 400 };
        assert_eq!(answer.status(), expected, "{value:?}");
        let dry_run = http::Request::post("/tasks").header("idempotency-key", value);
        let dry_run = with_query(dry_run, &[("dry_run", "true")], r#"{"kernel": "summary"}"#);
        assert_eq!(deployment.request(dry_run).await.status(), expected, "{value:?}");
    }
    let job_id = description().parameters("GET", "/tasks/{task_id}")[0];
    for value in TEXTS {
        let expected = if description().fits(&job_id["schema"], value) { 404 } else { 400 };
        assert_eq!(deployment.job("GET", value).await.status(), expected, "{value}");
        assert_eq!(deployment.result(value).await.status(), expected, "{value}");
    }
}
