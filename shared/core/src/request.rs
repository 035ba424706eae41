use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    ChunkCount, Error, Result,
    kernel::{KernelSpec, Metric, MinDistance, MinDistanceParams},
};

/// What the chunks of a job together see of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consistency {
    /// Each chunk sees the instant at which its reading starts. A row is read at most once, unless
    /// its key is changed while the job runs.
    #[default]
    PerChunk,
    /// All chunks see one instant, that at which the job was planned.
    Snapshot,
}

impl Consistency {
    /// What a request may ask for.
    const NAMED: [(&str, Self); 2] = [("per-chunk", Self::PerChunk), ("snapshot", Self::Snapshot)];
}

/// What the body of `POST /compute_min_distance` asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// In how many chunks the source is cut.
    pub chunks: ChunkCount,
    /// What is computed.
    pub kernel: KernelSpec,
    /// What the chunks together see.
    pub consistency: Consistency,
    /// The name of the source; none for the first of the catalogue.
    pub source: Option<String>,
}

const FIELDS: [&str; 4] = ["chunks", "metric", "consistency", "source"];

impl JobRequest {
    /// Reads a request body: nothing, or a JSON object of which every field is optional.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field, what it says, and what it may say.
    pub fn from_body(body: &[u8]) -> Result<Self> {
        let fields = if body.trim_ascii().is_empty() {
            Map::new()
        } else {
            serde_json::from_slice(body).map_err(|error| {
                Error::Invalid(format!("the body is not a JSON object: {error}"))
            })?
        };
        let unknown: Vec<&str> =
            fields.keys().map(String::as_str).filter(|name| !FIELDS.contains(name)).collect();
        if !unknown.is_empty() {
            return Err(Error::Invalid(format!(
                "unknown field {}; a request may have {}",
                unknown.join(", "),
                FIELDS.join(", ")
            )));
        }
        let metric = named(&fields, "metric", &Metric::NAMED)?;
        Ok(Self {
            chunks: chunks(&fields)?,
            kernel: KernelSpec::of::<MinDistance>(&MinDistanceParams { metric })?,
            consistency: named(&fields, "consistency", &Consistency::NAMED)?,
            source: source(&fields)?,
        })
    }
}

fn source(fields: &Map<String, Value>) -> Result<Option<String>> {
    match fields.get("source") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(other) => Err(Error::Invalid(format!("source must be a name, not {other}"))),
    }
}

fn chunks(fields: &Map<String, Value>) -> Result<ChunkCount> {
    match fields.get("chunks") {
        None => Ok(ChunkCount::default()),
        Some(value) => match value.as_u64() {
            Some(count) => ChunkCount::new(count),
            None => Err(Error::Invalid(format!(
                "chunks must be a whole number from 1 to {}, not {value}",
                ChunkCount::MAX
            ))),
        },
    }
}

/// The value that field `name` names, or the default where there is no such field.
fn named<T: Copy + Default>(
    fields: &Map<String, Value>,
    name: &str,
    allowed: &[(&str, T)],
) -> Result<T> {
    let Some(value) = fields.get(name) else { return Ok(T::default()) };
    match allowed.iter().find(|(word, _)| value.as_str() == Some(word)) {
        Some((_, meaning)) => Ok(*meaning),
        None => {
            let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
            Err(Error::Invalid(format!("{name} must be {}, not {value}", words.join(" or "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(body: &str) -> String {
        JobRequest::from_body(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn nothing_is_required() {
        for body in ["", " \n", "{}"] {
            let request = JobRequest::from_body(body.as_bytes()).unwrap();
            assert_eq!(request.chunks.get(), 4);
            assert_eq!(request.kernel.name, "min_distance");
            assert_eq!(request.kernel.params, serde_json::json!({"metric": "euclidean"}));
            assert_eq!(request.consistency, Consistency::PerChunk);
            assert_eq!(request.source, None);
        }
    }

    #[test]
    fn every_field_can_be_set() {
        let body = br#"{"chunks": 10000, "metric": "geodesic", "consistency": "snapshot",
                        "source": "trips"}"#;
        let request = JobRequest::from_body(body).unwrap();
        assert_eq!(request.consistency, Consistency::Snapshot);
        assert_eq!(request.source.as_deref(), Some("trips"));
        assert_eq!(request.chunks.get(), 10_000);
        assert_eq!(request.kernel.params, serde_json::json!({"metric": "geodesic"}));
    }

    #[test]
    fn an_error_names_what_is_wrong_and_what_is_allowed() {
        for body in
            [r#"{"chunks":0}"#, r#"{"chunks":10001}"#, r#"{"chunks":-1}"#, r#"{"chunks":2.5}"#]
        {
            let error = error(body);
            assert!(
                error.starts_with("chunks must be a whole number from 1 to 10000, not "),
                "{error}"
            );
        }
        assert_eq!(
            error(r#"{"metric":"manhattan"}"#),
            r#"metric must be euclidean or haversine or geodesic, not "manhattan""#
        );
        assert_eq!(
            error(r#"{"consistency":"eventual"}"#),
            r#"consistency must be per-chunk or snapshot, not "eventual""#
        );
        assert_eq!(error(r#"{"source":7}"#), "source must be a name, not 7");
        assert_eq!(
            error(r#"{"chunk":4,"where":"1=1"}"#),
            "unknown field chunk, where; a request may have chunks, metric, consistency, source"
        );
        assert!(error("chunks=4").starts_with("the body is not a JSON object: "));
        assert!(error("[4]").starts_with("the body is not a JSON object: "));
        assert!(error("\u{0}").starts_with("the body is not a JSON object: "));
    }
}
