//! What the functions answer is described. Each answer is checked where it is given, by
//! [`MemoryDeployment`]; here are those that no other test asks for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lambda_http::{Body, Request, RequestExt, Response, http};
use pgfold_adapters::memory::MemorySource;
use pgfold_core::{Cell, Error, JobId, Kind, kernel};
use serde_json::json;

use super::description;
use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{COLUMNS, hundred_rows, refused_role, unreachable_database},
};
use pgfold_tests::doubles::{RefusingStore, SpoiledSource, Step};

const UNKNOWN: &str = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d";

fn request(method: &str, path: &str, body: &str) -> Request {
    let request = http::Request::builder().method(method).uri(path);
    request.body(Body::from(body)).unwrap()
}

fn unknown() -> JobId {
    UNKNOWN.parse().unwrap()
}

/// The answer of any route to a request about `task_id`, or to one with `body`.
async fn ask(
    deployment: &MemoryDeployment,
    method: &str,
    path: &str,
    job_id: &str,
    body: &str,
) -> Response<String> {
    match (method, path) {
        (_, "/get_min_distance/{task_id}") => deployment.result(job_id).await,
        (_, "/tasks/{task_id}" | "/tasks/{task_id}/retry") => deployment.job(method, job_id).await,
        ("POST", _) | (_, "/sources") => deployment.request(request(method, path, body)).await,
        _ => deployment.ask_jobs(request(method, path, body)).await,
    }
}

#[tokio::test]
async fn every_status_that_is_described_is_answered() {
    let mut answered: BTreeMap<(String, &str), BTreeSet<u16>> = BTreeMap::new();
    let mut note = |method: &str, path: &'static str, response: &Response<String>| {
        let statuses = answered.entry((method.to_owned(), path)).or_default();
        statuses.insert(response.status().as_u16());
    };
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let pending = deployment.submitted().await;
    let completed = deployment.submitted().await;
    assert_eq!(deployment.deliver(&deployment.messages()[4..]).await, [""; 0]);
    let cancelled = deployment.submitted().await;
    assert_eq!(deployment.job("DELETE", &cancelled).await.status(), 200);
    let failed = deployment.submitted().await;
    assert_eq!(deployment.bury(&deployment.messages()[4..]).await, [""; 0]);
    let lost = deployment.submitted().await;
    deployment.messages();
    let again = deployment.job("POST", &lost).await;
    note("POST", "/tasks/{task_id}/retry", &again);
    let jobs = [&pending, &completed, &cancelled, &failed, UNKNOWN, "7"];
    let faults: [fn() -> Error; 4] = [
        || Error::unavailable("dynamodb", "connection refused"),
        || Error::NotFound(unknown()),
        || Error::AlreadyExists(unknown()),
        || Error::corrupt("a job", "not JSON"),
    ];
    for (method, path, _) in description().operations() {
        for job in jobs {
            for body in [r#"{"kernel": "summary"}"#, "[]", ""] {
                note(&method, path, &ask(&deployment, &method, path, job, body).await);
            }
        }
        for fault in faults {
            // There is no job that the list is about, and none that is created but by a POST.
            let about_a_job = path != "/tasks" || method == "POST";
            if matches!(fault(), Error::NotFound(_)) && !about_a_job
                || matches!(fault(), Error::AlreadyExists(_)) && method != "POST"
            {
                continue;
            }
            deployment.refusing = Some(RefusingStore(fault));
            let body = if path == "/tasks" { r#"{"kernel": "summary"}"# } else { "" };
            note(&method, path, &ask(&deployment, &method, path, UNKNOWN, body).await);
            deployment.refusing = None;
        }
    }
    for path in ["/tasks", "/kernels", "/openapi.json"] {
        let unknown = HashMap::from([("x".to_owned(), "0".to_owned())]);
        let bad_query = request("GET", path, "").with_query_string_parameters(unknown);
        note("GET", path, &deployment.ask_jobs(bad_query).await);
    }
    let bad_query = HashMap::from([("x".to_owned(), "0".to_owned())]);
    let bad_query = request("GET", "/sources", "").with_query_string_parameters(bad_query);
    note("GET", "/sources", &deployment.request(bad_query).await);
    for why in [unreachable_database, refused_role] {
        let table = SpoiledSource::new(hundred_rows(), Step::Planning, why);
        let spoiled = MemoryDeployment::new(table);
        note("GET", "/sources", &spoiled.request(request("GET", "/sources", "")).await);
    }
    for path in ["/tasks", "/compute_min_distance"] {
        let compressed = http::Request::post(path).header("content-encoding", "gzip");
        let compressed = compressed.body(Body::from("{}")).unwrap();
        note("POST", path, &deployment.request(compressed).await);
    }
    for ((method, path), statuses) in answered {
        assert_eq!(statuses, description().statuses(&method, path), "{method} {path}");
    }
}

/// Rows for a kernel that reads numbers, or texts.
fn table(reads_texts: bool, rows: impl IntoIterator<Item = [Option<f64>; 4]>) -> MemorySource {
    let cell = |number: Option<f64>| match number {
        Some(number) if reads_texts => Cell::Text(number.to_string()),
        number => number.into(),
    };
    MemorySource::new(&COLUMNS, (1..).zip(rows).map(|(id, row)| (id, row.map(cell).to_vec())))
}

#[tokio::test]
async fn jobs_of_every_kernel_are_shown_as_described_from_beginning_to_end() {
    let finite = [0.0, 1.5, 3.0, 1e-300].map(Some);
    let infinite = [f64::INFINITY, 0.0, f64::NEG_INFINITY, 1e300].map(Some);
    for kernel in kernel::descriptions() {
        for rows in [vec![], vec![finite; 9], vec![infinite; 4], vec![[None; 4]; 4]] {
            let table = table(kernel.columns[0].1 == Kind::Identity, rows);
            let deployment = MemoryDeployment::new(table);
            let task = json!({ "kernel": kernel.name, "params": kernel.example });
            let submitted = deployment.request(request("POST", "/tasks", &task.to_string())).await;
            let job_id = body(&submitted)["task_id"].as_str().unwrap().to_owned();
            let messages = deployment.messages();
            let mut job = body(&deployment.job("GET", &job_id).await);
            for message in messages {
                assert_eq!(job["state"], "pending");
                assert_eq!(deployment.deliver(&[message]).await, [""; 0], "{task}");
                job = body(&deployment.job("GET", &job_id).await);
            }
            assert_eq!(job["state"], "completed");
            let result = deployment.result(&job_id).await;
            let expected = if kernel.name == "min_distance" { 200 } else { 400 };
            assert_eq!(result.status(), expected, "{}", result.body());
            deployment.ask_jobs(request("GET", "/tasks", "")).await;
        }
    }
}
