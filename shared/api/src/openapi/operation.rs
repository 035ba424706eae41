mod jobs;
mod result;
mod sources;
mod submit;

use serde_json::{Value, json};

use super::{
    response::{Responses, empty, response},
    schemas::Schemas,
    sentences::NO_QUERY,
};
use crate::{KernelList, Problem, Route};

/// Describes the operation of a route.
pub(super) fn describe(route: Route, schemas: &mut Schemas, kernels: &KernelList) -> Value {
    match route {
        Route::Health => health(),
        Route::HealthHead => head("health_head", "deployment", "The API answers."),
        Route::OpenApi => openapi(schemas),
        Route::Dashboard => dashboard(),
        Route::DashboardHead => head("dashboard_head", "jobs", "The page is there."),
        Route::Kernels => kernel_list(schemas, kernels),
        Route::Sources => sources::source_list(schemas),
        Route::SubmitMinDistance => submit::submit_min_distance(schemas),
        Route::MinDistanceResult => result::min_distance_result(schemas),
        Route::ListJobs => jobs::list_jobs(schemas),
        Route::SubmitJob => submit::submit_job(schemas, kernels),
        Route::ShowJob => jobs::show_job(schemas),
        Route::CancelJob => jobs::cancel(schemas),
        Route::RetryJob => jobs::retry(schemas),
    }
}

fn health() -> Value {
    let body = "Hello, World!\n";
    let schema = json!({ "const": body });
    let answer = response("It does.", "text/plain", &schema, &[("body", json!(body))]);
    json!({
        "operationId": "health",
        "summary": "Whether the API answers",
        "tags": ["deployment"],
        "responses": { "200": answer }
    })
}

fn head(id: &str, tag: &str, about: &str) -> Value {
    json!({
        "operationId": id,
        "summary": "The same without the body",
        "tags": [tag],
        "responses": { "200": empty(about) }
    })
}

fn openapi(schemas: &mut Schemas) -> Value {
    let schema = json!({
        "type": "object",
        "required": ["openapi", "info", "servers", "paths", "components"],
        "properties": { "openapi": { "const": "3.1.0" } }
    });
    let outline = json!({
        "openapi": "3.1.0",
        "info": { "title": "pgfold", "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": "." }],
        "paths": {},
        "components": {}
    });
    let responses = Responses::new(schemas, Problem::DescriptionUnknown)
        .answer(200, "An OpenAPI document.", &schema, &[("outline", outline)])
        .error(400, "The route takes no query parameters.", &[NO_QUERY]);
    json!({
        "operationId": "openapi",
        "summary": "This description",
        "tags": ["deployment"],
        "responses": responses.into_value()
    })
}

fn dashboard() -> Value {
    let schema = json!({ "type": "string", "pattern": "^<!doctype html>" });
    let body = json!("<!doctype html>\n<html lang=\"en\">…</html>\n");
    json!({
        "operationId": "dashboard",
        "summary": "A page that shows the jobs and acts on them",
        "tags": ["jobs"],
        "responses": { "200": response("The page.", "text/html", &schema, &[("body", body)]) }
    })
}

fn kernel_list(schemas: &mut Schemas, kernels: &KernelList) -> Value {
    let about = "The kernels, with their columns, parameters and answers.";
    let responses = Responses::new(schemas, Problem::KernelsUnknown)
        .ok::<KernelList>(about, &[("all", json!(kernels))])
        .error(400, "The route takes no query parameters.", &[NO_QUERY]);
    json!({
        "operationId": "kernels",
        "summary": "What can be computed",
        "tags": ["deployment"],
        "responses": responses.into_value()
    })
}
