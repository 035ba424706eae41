//! The description of the API: an OpenAPI 3.1 document, made from the routes, the types of the wire
//! and what the kernels say about themselves.
//!
//! `make openapi` writes it to `functions/jobs/src/openapi.json`, which `GET /openapi.json` serves.
//! The `match` on [`Route`] in `operation.rs` makes sure that every route is described.
//!
//! May use: no other room.

mod answers;
mod by_kernel;
mod by_state;
mod example_job;
mod examples;
mod file_examples;
mod job_examples;
mod operation;
mod parameters;
mod query_examples;
mod response;
mod schemas;
mod sentences;

use serde_json::{Map, Value, json};

use self::schemas::Schemas;
use crate::{KernelList, Route};

/// Makes the description of an API that computes these kernels.
pub fn document(kernels: &KernelList) -> Value {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    for route in Route::ALL {
        let operation = operation::describe(route, &mut schemas, kernels);
        let path = paths.entry(route.path()).or_insert_with(|| json!({}));
        path[route.method().name().to_lowercase()] = operation;
    }
    let mut schemas = schemas.into_components();
    by_kernel::specialise(&mut schemas, &kernels.with_answers());
    by_state::specialise(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "pgfold",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Serverless map-reduce over a PostgreSQL table.",
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": ".", "description": "The place where this description was read." }],
        "tags": [
            { "name": "jobs", "description": "Submitting, watching and ending jobs." },
            { "name": "deployment", "description": "What the deployment can do." }
        ],
        "paths": paths,
        "components": {
            "parameters": parameters::components(),
            "headers": response::headers(),
            "schemas": schemas
        }
    })
}

const ABOUT: &str = "One request plans a job over a table. Mappers stream the table's chunks out \
    of Postgres and count each exactly once. The job ends with one answer, and a receipt for each \
    chunk.\n\nEvery error of pgfold is `{\"status\": …, \"error\": \"a sentence\"}`. API Gateway and \
    Lambda answer `{\"message\": …}`: for an unknown route (404), for too many requests (429), and \
    for a function that broke off or is busy (500, 503). If as many submissions run as \
    `SubmitConcurrency` allows, the next one receives such an answer, without `Retry-After`: no \
    job was started, so send it again after some seconds, with its `Idempotency-Key`. pgfold's own \
    503 has `Retry-After`.\n\nA query parameter that a route does not know, or that is repeated, \
    is an error (400). An answer has at most 6,000,000 bytes, as a string of JSON with its quotes \
    escaped; a larger one is sent without its chunks, and a job whose groups are too many with the \
    first ones. It says so in `chunks_left_out` and `groups_left_out`, and if the job has ended, \
    `whole` links to all of it.\n\nA job with `output` writes \
    files instead of an answer, and a manifest that says which they are. Groups are written by a \
    second stage: the job's last chunks are its partitions.";
