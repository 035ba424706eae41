use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use crate::{ErrorBody, Problem};

/// Returns a reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The responses of an operation, by their status.
pub(super) struct Responses<'a> {
    schemas: &'a mut Schemas,
    problem: Problem,
    by_status: Map<String, Value>,
}

impl<'a> Responses<'a> {
    /// Makes the responses of an operation whose errors say `problem`.
    pub(super) fn new(schemas: &'a mut Schemas, problem: Problem) -> Self {
        Self { schemas, problem, by_status: Map::new() }
    }

    /// Adds the answer 200 of type `T`, with examples by their names.
    pub(super) fn ok<T: JsonSchema>(self, about: &str, examples: &[(&str, Value)]) -> Self {
        let schema = self.schemas.answer::<T>();
        self.answer(200, about, &schema, examples)
    }

    /// Adds an answer of a schema of its own.
    pub(super) fn answer(
        mut self,
        status: u16,
        about: &str,
        schema: &Value,
        examples: &[(&str, Value)],
    ) -> Self {
        let response = response(about, "application/json", schema, examples);
        self.by_status.insert(status.to_string(), response);
        self
    }

    /// Adds an error with examples of its sentence, by their names.
    pub(super) fn error(mut self, status: u16, about: &str, sentences: &[(&str, &str)]) -> Self {
        let schema = self.error_schema();
        let body = |sentence: &str| json!(ErrorBody::new(self.problem, sentence));
        let examples: Vec<(&str, Value)> =
            sentences.iter().map(|(name, sentence)| (*name, body(sentence))).collect();
        let mut added = self.answer(status, about, &schema, &examples);
        if status == 503 {
            added = added.header(503, "Retry-After", header("RetryAfter"));
        }
        added
    }

    /// Returns the schema of an error.
    pub(super) fn error_schema(&mut self) -> Value {
        let mut schema = self.schemas.answer::<ErrorBody>();
        schema["properties"] = json!({ "status": { "const": self.problem.status() } });
        schema
    }

    /// Returns the schema of a type of which an answer may be.
    pub(super) fn schema<T: JsonSchema>(&mut self) -> Value {
        self.schemas.answer::<T>()
    }

    /// Adds a response without a body.
    pub(super) fn empty(mut self, status: u16, about: &str) -> Self {
        self.by_status.insert(status.to_string(), empty(about));
        self
    }

    /// Adds a header to a response.
    pub(super) fn header(mut self, status: u16, name: &str, header: Value) -> Self {
        self.by_status[&status.to_string()]["headers"][name] = header;
        self
    }

    /// Returns them as OpenAPI has them.
    pub(super) fn into_value(self) -> Value {
        self.by_status.into()
    }
}

/// Returns a response with a body.
pub(super) fn response(
    about: &str,
    media_type: &str,
    schema: &Value,
    examples: &[(&str, Value)],
) -> Value {
    let mut response = empty(about);
    let examples: Map<String, Value> = examples
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!({ "value": value })))
        .collect();
    response["content"] = json!({ media_type: { "schema": schema, "examples": examples } });
    response
}

/// Returns a response without a body.
pub(super) fn empty(about: &str) -> Value {
    json!({ "description": about, "headers": {
        "Cache-Control": header("CacheControl"), "X-Pgfold-Version": header("Version")
    } })
}

/// Returns a reference to a header of [`headers`].
pub(super) fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// The headers of responses, by their names in the description.
pub(super) fn headers() -> Value {
    json!({
        "CacheControl": {
            "description": "The state of a job changes, so no answer may be cached.",
            "required": true, "schema": { "const": "no-store" }, "example": "no-store"
        },
        "PreferenceApplied": {
            "description": "How long the request was willing to wait, if it asked to wait.",
            "schema": { "type": "string", "pattern": "^wait=[0-9]+$" }, "example": "wait=5"
        },
        "RetryAfter": {
            "description": "In how many seconds to send the request again.",
            "required": true, "schema": { "type": "integer", "const": 5 }, "example": 5
        },
        "Version": {
            "description": "The version of the function that answered.",
            "required": true, "schema": { "type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+" },
            "example": env!("CARGO_PKG_VERSION")
        }
    })
}
