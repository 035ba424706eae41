use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    bounded::shown,
    error::{Error, Result},
    job::{Consistency, Execution},
    json::Unambiguous,
    kernel::{self, KernelSpec, Metric, MinDistance, MinDistanceParams},
    plan::ChunkCount,
    whole_number::whole_number,
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// The name of the source; none for the first of the catalogue.
    pub source: Option<String>,
    /// What is computed.
    pub kernel: KernelSpec,
    /// The columns of the source for those of the kernel; none for the source's first.
    pub columns: Option<Vec<String>>,
    /// In how many chunks the source is cut.
    pub chunks: ChunkCount,
    /// What the chunks together see.
    pub consistency: Consistency,
    /// Who looks at every row.
    #[serde(default)]
    pub execution: Execution,
}

impl JobRequest {
    /// Reads the body of `POST /compute_min_distance`: nothing, or a JSON object of which every
    /// field is optional.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field, what it says, and what it may say.
    pub fn of_min_distance(body: &[u8]) -> Result<Self> {
        let fields = fields(body, &["chunks", "metric", "consistency", "execution", "source"])?;
        let metric = named(&fields, "metric", &Metric::NAMED)?;
        let kernel = KernelSpec::of::<MinDistance>(&MinDistanceParams { metric })?;
        Self::new(&fields, kernel)
    }

    /// Reads the body of `POST /tasks`: a JSON object, of which only the kernel is required.
    ///
    /// # Errors
    /// As for [`of_min_distance`](JobRequest::of_min_distance).
    pub fn of_task(body: &[u8]) -> Result<Self> {
        let known = ["kernel", "source", "columns", "params", "chunks", "consistency", "execution"];
        let fields = fields(body, &known)?;
        let name = match fields.get("kernel") {
            Some(Value::String(name)) => name.clone(),
            other => {
                let names = kernel::names().collect::<Vec<_>>().join(", ");
                let given =
                    other.map_or("missing".to_owned(), |other| format!("not {}", shown(other)));
                return Err(Error::Invalid(format!("kernel must be one of {names}, {given}")));
            }
        };
        let params = fields.get("params").cloned().unwrap_or_else(|| Value::Object(Map::new()));
        Self::new(&fields, KernelSpec { name, params })
    }

    fn new(fields: &Map<String, Value>, kernel: KernelSpec) -> Result<Self> {
        // So that a wrong parameter is told before anything else is asked of anybody.
        let opened = kernel.open()?;
        let kernel = kernel.spelled_out()?;
        let execution = named(fields, "execution", &Execution::NAMED)?;
        if execution == Execution::Pushdown && opened.measure().is_none() {
            let (name, params) = (&kernel.name, &kernel.params);
            return Err(Error::Invalid(format!(
                "execution \"pushdown\" is for kernels that a database can do most of, and {name} \
                 with the parameters {params} is none"
            )));
        }
        Ok(Self {
            source: source(fields)?,
            kernel,
            columns: columns(fields)?,
            chunks: chunks(fields)?,
            consistency: named(fields, "consistency", &Consistency::NAMED)?,
            execution,
        })
    }
}

/// The fields of a body, all of them among `known`.
fn fields(body: &[u8], known: &[&str]) -> Result<Map<String, Value>> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    let no_object = |error: &dyn fmt::Display| {
        Error::Invalid(format!("the body is not a JSON object: {error}"))
    };
    let fields = match serde_json::from_slice(body) {
        Ok(Unambiguous(Value::Object(fields))) => fields,
        Ok(Unambiguous(other)) => return Err(no_object(&format!("it is {}", shown(other)))),
        Err(error) => return Err(no_object(&error)),
    };
    let unknown: Vec<&str> =
        fields.keys().map(String::as_str).filter(|name| !known.contains(name)).collect();
    if unknown.is_empty() {
        return Ok(fields);
    }
    Err(Error::Invalid(format!(
        "unknown field {}; a request may have {}",
        shown(unknown.join(", ")),
        known.join(", ")
    )))
}

fn columns(fields: &Map<String, Value>) -> Result<Option<Vec<String>>> {
    let Some(value) = fields.get("columns") else { return Ok(None) };
    serde_json::from_value(value.clone()).map(Some).map_err(|_| {
        Error::Invalid(format!("columns must be a list of names, not {}", shown(value)))
    })
}

fn source(fields: &Map<String, Value>) -> Result<Option<String>> {
    match fields.get("source") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(other) => Err(Error::Invalid(format!("source must be a name, not {}", shown(other)))),
    }
}

fn chunks(fields: &Map<String, Value>) -> Result<ChunkCount> {
    match fields.get("chunks") {
        None => Ok(ChunkCount::default()),
        Some(value) => match whole_number(value) {
            Some(count) => ChunkCount::new(count),
            None => Err(Error::Invalid(format!(
                "chunks must be a whole number from 1 to {}, not {}",
                ChunkCount::MAX,
                shown(value)
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
            let (words, value) = (words.join(" or "), shown(value));
            Err(Error::Invalid(format!("{name} must be {words}, not {value}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(body: &str) -> String {
        JobRequest::of_min_distance(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn nothing_is_required() {
        for body in ["", " \n", "{}"] {
            let request = JobRequest::of_min_distance(body.as_bytes()).unwrap();
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
        let request = JobRequest::of_min_distance(body).unwrap();
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
        assert_eq!(
            error(r#"{"execution":"magic"}"#),
            r#"execution must be streaming or pushdown, not "magic""#
        );
        assert_eq!(error(r#"{"source":7}"#), "source must be a name, not 7");
        assert_eq!(
            error(r#"{"chunk":4,"where":"1=1"}"#),
            "unknown field chunk, where; a request may have chunks, metric, consistency, execution, source"
        );
        assert!(error("chunks=4").starts_with("the body is not a JSON object: "));
        assert!(error("[4]").starts_with("the body is not a JSON object: "));
        assert!(error("\u{0}").starts_with("the body is not a JSON object: "));
    }

    #[test]
    fn a_task_names_its_kernel() {
        let body = br#"{"kernel": "min_distance", "params": {"metric": "haversine"},
                        "columns": ["a", "b", "c", "d"], "chunks": 7}"#;
        let request = JobRequest::of_task(body).unwrap();
        assert_eq!(request.kernel.params, serde_json::json!({"metric": "haversine"}));
        assert_eq!((request.columns.unwrap().len(), request.chunks.get()), (4, 7));
        for (body, problem) in [
            ("", "kernel must be one of min_distance"),
            (r#"{"kernel": 5}"#, "not 5"),
            (r#"{"kernel": "median"}"#, "there is no kernel \"median\"; there is min_distance"),
            (r#"{"kernel": "min_distance", "columns": "x"}"#, "columns must be a list of names"),
            (r#"{"kernel": "min_distance", "params": {"k": 1}}"#, "unknown field `k`"),
            (r#"{"kernel": "min_distance", "metric": "haversine"}"#, "unknown field metric"),
        ] {
            let error = JobRequest::of_task(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(problem), "{body}: {error}");
        }
    }
}
