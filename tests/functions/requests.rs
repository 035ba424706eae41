//! What requests say besides their fields: query, headers, the bytes of their bodies.

use std::collections::HashMap;

use lambda_http::{
    Body, Request, RequestExt, Response,
    aws_lambda_events::query_map::QueryMap,
    http::{self, HeaderMap},
};
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::hundred_rows,
};
use pgfold_tests::doubles::RefusingStore;

/// Asks `route`, about a job where it has one in its path.
async fn ask(
    deployment: &MemoryDeployment,
    route: &str,
    query: &str,
    job_id: &str,
) -> Response<String> {
    let (method, path) = route.split_once(' ').unwrap();
    let request = http::Request::builder().method(method).uri(path);
    let request: Request = request.body(Body::from(r#"{"kernel": "summary"}"#)).unwrap();
    let request = request.with_query_string_parameters(query.parse::<QueryMap>().unwrap());
    let named = HashMap::from([("task_id".to_owned(), job_id.to_owned())]);
    match (method, path) {
        ("POST", "/tasks" | "/compute_min_distance") | (_, "/sources") => {
            deployment.request(request).await
        }
        (_, "/get_min_distance/{task_id}") => {
            deployment.ask_result(request.with_path_parameters(named)).await
        }
        (_, "/tasks" | "/kernels" | "/openapi.json") => deployment.ask_jobs(request).await,
        _ => deployment.ask_jobs(request.with_path_parameters(named)).await,
    }
}

fn error(response: &Response<String>) -> String {
    body(response)["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_query_parameter_that_a_route_does_not_know_is_refused_by_every_route() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let before = deployment.messages().len();
    for (route, takes) in [
        ("POST /tasks", "dry_run"),
        ("POST /compute_min_distance", "dry_run"),
        ("GET /tasks", "state, limit, cursor"),
        ("GET /tasks/{task_id}", "from, limit, receipts"),
        ("DELETE /tasks/{task_id}", "none"),
        ("POST /tasks/{task_id}/retry", "none"),
        ("GET /get_min_distance/{task_id}", "receipts"),
        ("GET /kernels", "none"),
        ("GET /sources", "none"),
        ("GET /openapi.json", "none"),
    ] {
        for (query, name) in [
            ("Dry_Run=true", "Dry_Run"),
            ("DRY_RUN", "DRY_RUN"),
            ("dryrun=true", "dryrun"),
            ("Limit=1", "Limit"),
            ("limit[]=1", "limit[]"),
            ("%20dry_run=true", " dry_run"),
            ("%FF=1", "\u{fffd}"),
            ("=1", ""),
        ] {
            let refused = ask(&deployment, route, query, &job_id).await;
            assert_eq!(refused.status(), 400, "{route}?{query}: {}", refused.body());
            let why = format!("unknown query parameter {name}; this route takes {takes}");
            assert_eq!(error(&refused), why, "{route}?{query}");
        }
    }
    assert_eq!((before, deployment.messages().len()), (4, 0), "nothing was submitted or sent");
    assert_eq!(deployment.result(&job_id).await.status(), 204, "nothing was cancelled");
}

#[tokio::test]
async fn a_repeated_query_parameter_is_refused_whatever_its_values() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    deployment.messages();
    for (route, query, name) in [
        ("POST /tasks", "dry_run=false&dry_run=true", "dry_run"),
        ("POST /compute_min_distance", "dry_run=true&dry_run=true", "dry_run"),
        ("GET /tasks", "limit=1&limit=1", "limit"),
        ("GET /tasks", "state=failed&limit=2&state=failed", "state"),
        ("GET /tasks/{task_id}", "from=1&from=2", "from"),
        ("GET /get_min_distance/{task_id}", "receipts=none&receipts=all", "receipts"),
    ] {
        let refused = ask(&deployment, route, query, &job_id).await;
        assert_eq!(refused.status(), 400, "{route}?{query}");
        let why = format!("the query parameter {name} is repeated; it may be given once");
        assert_eq!(error(&refused), why);
    }
    assert!(deployment.messages().is_empty());
}

/// Submits a job of four chunks, with these headers.
async fn submit(
    deployment: &MemoryDeployment,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response<String> {
    let mut request = http::Request::post("/compute_min_distance");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    deployment.request(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_body_is_json_whatever_a_plain_client_calls_it() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for media_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "text/plain;charset=UTF-8",
        "application/octet-stream",
    ] {
        let taken = submit(&deployment, &[("content-type", media_type)], br#"{"chunks": 3}"#).await;
        assert_eq!(body(&taken)["chunks"], 3, "{media_type}");
        let empty = submit(&deployment, &[("content-type", media_type)], b"").await;
        assert_eq!(body(&empty)["chunks"], 4, "{media_type}");
    }
    let marked = submit(&deployment, &[], b"\xef\xbb\xbf{\"chunks\": 3}").await;
    assert_eq!(body(&marked)["chunks"], 3);
    let identity = submit(&deployment, &[("content-encoding", "identity")], b"{}").await;
    assert_eq!(identity.status(), 200);
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_with_the_type_that_is_read() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for (name, value, header, supported) in [
        ("content-encoding", "gzip", "accept-encoding", "identity"),
        ("content-encoding", "identity, br", "accept-encoding", "identity"),
        ("content-type", "multipart/form-data; boundary=x", "accept", "application/json"),
        ("content-type", "text/xml", "accept", "application/json"),
        ("content-type", "application/json; charset=utf-16", "accept", "application/json"),
        ("content-type", "json", "accept", "application/json"),
    ] {
        let refused = submit(&deployment, &[(name, value)], b"{}").await;
        assert_eq!(refused.status(), 415, "{name}: {value}");
        assert_eq!(refused.headers()[header], supported, "{name}: {value}");
        assert_eq!(body(&refused)["status"], "task not submitted");
        let why = error(&refused);
        let named = value.rsplit('=').next().unwrap();
        assert!(why.contains(named) || why.contains(value), "{why}");
    }
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn a_body_that_can_be_read_in_two_ways_or_not_at_all_is_refused() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for (bytes, problem) in [
        (&br#"{"chunks": 3, "chunks": 4}"#[..], "the field \"chunks\" is repeated"),
        (br#"{"chunks": 3, "chunks": 3}"#, "the field \"chunks\" is repeated"),
        (br#"{"metric": "euclidean", "m\u0065tric": "geodesic"}"#, "\"metric\" is repeated"),
        (b"{\"source\": \"\xff\"}", "invalid unicode code point"),
        (b"\xff\xfe{\0}\0", "expected value"),
        (br#"{"chunks": 1e400}"#, "number out of range"),
        (br#"{"chunks": 99999999999999999999}"#, "from 1 to 10000, not 1e+20"),
        (br#"{"chunks": {"$serde_json::private::RawValue": "4"}}"#, "from 1 to 10000"),
        (br#"{"chunks": {"$serde_json::private::Number": "4"}}"#, "from 1 to 10000"),
        (b"null", "it is null"),
        (b"{} {}", "trailing characters"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "expected value"),
    ] {
        let refused = submit(&deployment, &[], bytes).await;
        assert_eq!(refused.status(), 400, "{}", String::from_utf8_lossy(bytes));
        assert!(error(&refused).contains(problem), "{}", error(&refused));
    }
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let deep = [&br#"{"source": "#[..], &deep, b"}"].concat();
    assert!(error(&submit(&deployment, &[], &deep).await).contains("recursion limit"));
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn an_error_repeats_little_of_a_huge_value_and_still_says_what_is_allowed() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let huge = "x".repeat(1_000_000);
    for (field, value, allowed) in [
        (&*huge, json!(1), "a request may have chunks, metric"),
        ("source", json!(huge), "there is points"),
        ("source", json!([huge]), "source must be a name"),
        ("metric", json!(huge), "euclidean or haversine or geodesic"),
        ("chunks", json!(huge), "from 1 to 10000"),
    ] {
        let refused =
            submit(&deployment, &[], json!({ field: value }).to_string().as_bytes()).await;
        assert_eq!(refused.status(), 400);
        let why = error(&refused);
        assert!(why.len() < 500 && why.contains(allowed), "{why}");
    }
    for (field, value, allowed) in [
        ("kernel", json!(huge), "there is min_distance, nearest_k"),
        ("kernel", json!([huge]), "must be one of min_distance"),
        ("columns", json!(huge), "columns must be a list of names"),
        ("columns", json!([huge]), "must have at most 40000 bytes of JSON together"),
    ] {
        let mut task = json!({ "kernel": "summary" });
        task[field] = value;
        let request = http::Request::post("/tasks").body(Body::from(task.to_string())).unwrap();
        let why = error(&deployment.request(request).await);
        assert!(why.len() < 500 && why.contains(allowed), "{why}");
    }
    for query in [format!("{huge}=1"), format!("dry_run={huge}")] {
        let why = error(&ask(&deployment, "POST /tasks", &query, "").await);
        assert!(why.len() < 500 && why.contains("dry_run"), "{why}");
    }
    for query in [format!("cursor={huge}"), format!("state={huge}"), format!("limit={huge}")] {
        assert!(error(&ask(&deployment, "GET /tasks", &query, "").await).len() < 500);
    }
    let why = error(&ask(&deployment, "DELETE /tasks/{task_id}", "", &huge).await);
    assert!(why.ends_with("a task id is agg_ and a UUID in lower case"), "{why}");
}

#[tokio::test]
async fn a_request_has_one_idempotency_key() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let headers = [("idempotency-key", "a"), ("idempotency-key", "b")];
    let refused = submit(&deployment, &headers, b"").await;
    assert_eq!(refused.status(), 400);
    assert_eq!(error(&refused), "a request has one Idempotency-Key, not more");
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn a_wait_that_was_honoured_is_confirmed() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let completed = deployment.submitted().await;
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    let cancelled = deployment.submitted().await;
    assert_eq!(deployment.job("DELETE", &cancelled).await.status(), 200);
    let applied = |headers: &HeaderMap| {
        headers.get("preference-applied").map(|value| value.to_str().unwrap().to_owned())
    };
    for (prefer, expected) in [
        ("wait=2", Some("wait=2")),
        ("Wait = \"2\"", Some("wait=2")),
        ("wait=100", Some("wait=20")),
        ("return=minimal, WAIT=0", Some("wait=0")),
        ("respond-async; wait=2", None),
        ("wait=soon", None),
        ("", None),
    ] {
        for job_id in [&completed, &cancelled] {
            let answer = deployment.result_preferring(prefer, job_id).await;
            assert_eq!(applied(answer.headers()).as_deref(), expected, "{prefer}");
        }
    }
    let pending = deployment.submitted().await;
    let answer = deployment.result_preferring("wait=0", &pending).await;
    assert_eq!((answer.status().as_u16(), applied(answer.headers())), (204, Some("wait=0".into())));
}

#[tokio::test]
async fn a_503_says_when_to_come_back() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    deployment.refusing =
        Some(RefusingStore(|| pgfold_core::Error::unavailable("dynamodb", "connection refused")));
    for route in [
        "POST /tasks",
        "GET /tasks",
        "GET /tasks/{task_id}",
        "DELETE /tasks/{task_id}",
        "POST /tasks/{task_id}/retry",
        "GET /get_min_distance/{task_id}",
    ] {
        let answer = ask(&deployment, route, "", &job_id).await;
        assert_eq!(answer.status(), 503, "{route}: {}", answer.body());
        assert_eq!(answer.headers()["retry-after"], "5", "{route}");
        assert_eq!(body(&answer)["error"], Value::from("dynamodb is unavailable"));
    }
}
