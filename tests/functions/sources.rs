//! Jobs over the sources of a catalogue, and what the catalogue says of itself.

use lambda_http::{Body, Request, http};
use pgfold_core::Catalogue;
use serde_json::json;

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{hundred_rows, rows_with_nearest, unreachable_database},
};
use pgfold_tests::{
    catalogue,
    doubles::{RedefinedSource, SpoiledSource, Step},
};

fn points_and_trips() -> MemoryDeployment {
    let trips = rows_with_nearest(7);
    let sources = [("points", hundred_rows()), ("trips", trips)];
    MemoryDeployment::over(Catalogue::new(sources.map(|(name, source)| (name.to_owned(), source))))
}

#[tokio::test]
async fn a_job_reads_the_source_that_it_names() {
    let deployment = points_and_trips();
    for (request, nearest) in
        [("", 42), (r#"{"source": "points"}"#, 42), (r#"{"source": "trips"}"#, 7)]
    {
        let submitted = body(&deployment.submit(request).await);
        assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
        let result = deployment.result(submitted["task_id"].as_str().unwrap()).await;
        assert_eq!(body(&result)["pair"]["id"], nearest, "{request}");
    }
    let dry_run = body(&deployment.dry_run("true", r#"{"source": "trips"}"#).await);
    assert_eq!(dry_run["source"], "trips");
}

fn ask_for_sources() -> Request {
    http::Request::get("/prod/sources").body(Body::Empty).unwrap()
}

#[tokio::test]
async fn sources_are_listed_with_what_can_be_read_of_them() {
    let listed = body(&points_and_trips().request(ask_for_sources()).await);
    let sources = listed["sources"].as_array().unwrap();
    let names: Vec<_> = sources.iter().map(|source| source["source"].as_str().unwrap()).collect();
    assert_eq!(names, ["points", "trips"]);
    let column =
        |name: &str| json!({ "column": name, "type": "double", "reads_as": ["number", "any"] });
    let columns = ["x1", "y1", "x2", "y2"].map(column);
    let filter = |(name, type_name)| json!({ "column": name, "type": type_name });
    let coordinates = ["x1", "y1", "x2", "y2"].map(|name| (name, "double"));
    let filters: Vec<_> = coordinates.into_iter().chain([("id", "integer")]).map(filter).collect();
    let expected = json!({
        "source": "points",
        "table": "memory",
        "key": { "column": "id", "type": "integer" },
        "columns": columns,
        "filters": filters,
        "estimated_rows": 100,
    });
    assert_eq!(sources[0], expected);
}

#[tokio::test]
async fn an_unreachable_database_has_no_sources_for_now() {
    let table = SpoiledSource::new(hundred_rows(), Step::Planning, unreachable_database);
    let refused = MemoryDeployment::new(table).request(ask_for_sources()).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "5");
    let why = json!({ "status": "sources unknown", "error": "postgres is unavailable" });
    assert_eq!(body(&refused), why);
}

#[tokio::test]
async fn an_unknown_source_is_refused_with_the_names_of_all_sources() {
    let deployment = points_and_trips();
    for consistency in ["per-chunk", "snapshot"] {
        let request = json!({ "source": "lines", "consistency": consistency });
        let refused = deployment.submit(&request.to_string()).await;
        assert_eq!(refused.status(), 400);
        let why = "there is no source \"lines\"; there is points, trips";
        assert_eq!(body(&refused), json!({ "status": "task not submitted", "error": why }));
    }
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn a_mapper_that_knows_another_source_of_that_name_leaves_it_to_others() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    let renamed = || Catalogue::new([("trips".to_owned(), hundred_rows())]);
    for (other, chunk) in [(catalogue(RedefinedSource(hundred_rows())), 0), (renamed(), 1)] {
        deployment.catalogue = other;
        let message = &messages[chunk..=chunk];
        assert_eq!(deployment.deliver_for_the(1, message).await, ["0"]);
    }
    assert_eq!(deployment.result(&job_id).await.status(), 204);
    assert_eq!(deployment.deliver_at_last(&messages[..1]).await, ["0"]);
    let failed = deployment.result(&job_id).await;
    assert_eq!(failed.status(), 500);
    let why = "given up after 5 attempts: the source \"points\" is not configured here as it was \
               when the job was submitted";
    assert_eq!(body(&failed)["failed_chunks"], json!([{ "chunk": 0, "error": why }]));

    // Where it is known as it was.
    deployment.catalogue = catalogue(hundred_rows());
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}
