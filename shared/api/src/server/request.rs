use std::fmt;

use pgfold_core::{
    self as core, ChunkCount, Error, JobRequest, OutputSpec, Query, Result,
    kernel::{KernelSpec, Metric, MinDistance, MinDistanceParams},
    shown, whole_number,
};
use serde_json::{Map, Value};

use super::{
    convert_query,
    fields::{at, object, text, word},
    read_compute::{self, Kernels},
    read_filter, read_groups,
    strict_json::Unambiguous,
};
use crate::{
    Computed, Consistency, Execution, Format, MinDistanceRequest, Output, SubmitRequest,
    request::DEFAULT_CHUNKS,
};

impl MinDistanceRequest {
    /// Reads the body of `POST /compute_min_distance`: nothing, or a JSON object.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field, what it says, and what it may say.
    pub fn read(body: &[u8]) -> Result<Self> {
        let fields = fields(body, &Self::FIELDS)?;
        let metric = word(&fields, "metric", &Metric::NAMED.map(|(name, _)| (name, name)))?;
        Ok(Self {
            source: text(&fields, "source")?,
            chunks: chunks(&fields)?,
            metric: metric.map(str::to_owned),
            consistency: consistency(&fields)?,
            execution: execution(&fields)?,
        })
    }
}

impl SubmitRequest {
    /// Reads the body of `POST /tasks`: a JSON object.
    ///
    /// # Errors
    /// As for [`MinDistanceRequest::read`].
    pub fn read(body: &[u8]) -> Result<Self> {
        let fields = fields(body, &Self::FIELDS)?;
        let (one, compute) = match read_compute::kernels(&fields)? {
            Kernels::One(one) => (Some(one), None),
            Kernels::Named(named) => (None, Some(named)),
        };
        let (kernel, columns, params) = match one {
            Some(Computed { kernel, columns, params }) => (Some(kernel), columns, params),
            None => (None, None, Map::new()),
        };
        Ok(Self {
            source: text(&fields, "source")?,
            kernel,
            compute,
            filter: read_filter::filter(&fields)?,
            group_by: read_groups::group_by(&fields)?,
            order_by: text(&fields, "order_by")?,
            descending: read_groups::descending(&fields)?,
            limit: read_groups::limit(&fields)?,
            columns,
            params,
            output: output(&fields)?,
            chunks: chunks(&fields)?,
            consistency: consistency(&fields)?,
            execution: execution(&fields)?,
        })
    }
}

impl TryFrom<MinDistanceRequest> for JobRequest {
    type Error = Error;

    fn try_from(request: MinDistanceRequest) -> Result<Self> {
        let MinDistanceRequest { source, chunks, metric, consistency, execution } = request;
        let metric = metric.map(Metric::try_from).transpose().map_err(Error::Invalid)?;
        let params = MinDistanceParams { metric: metric.unwrap_or_default() };
        Self {
            source,
            query: Query::of(core::Computed {
                kernel: KernelSpec::of::<MinDistance>(&params)?,
                columns: None,
            }),
            chunks: ChunkCount::new(chunks)?,
            consistency: consistency.into(),
            execution: execution.into(),
            output: None,
        }
        .checked()
    }
}

impl TryFrom<SubmitRequest> for JobRequest {
    type Error = Error;

    fn try_from(request: SubmitRequest) -> Result<Self> {
        Self {
            source: request.source.clone(),
            chunks: ChunkCount::new(request.chunks)?,
            consistency: request.consistency.into(),
            execution: request.execution.into(),
            output: request.output.map(Into::into),
            query: convert_query::query(request)?,
        }
        .checked()
    }
}

/// Returns the fields of a body, all of them among `known`.
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

fn consistency(fields: &Map<String, Value>) -> Result<Consistency> {
    let words = Consistency::ALL.map(|consistency| (consistency.name(), consistency));
    Ok(word(fields, "consistency", &words)?.unwrap_or_default())
}

fn execution(fields: &Map<String, Value>) -> Result<Execution> {
    let words = Execution::ALL.map(|execution| (execution.name(), execution));
    Ok(word(fields, "execution", &words)?.unwrap_or_default())
}

fn output(fields: &Map<String, Value>) -> Result<Option<Output>> {
    let Some(value) = fields.get("output") else { return Ok(None) };
    let fields = object(value, "output", &["format", "parts"])?;
    let words = Format::ALL.map(|format| (format.name(), format));
    let format = word(fields, "format", &words).map_err(|error| at("output", error))?;
    let format = format.ok_or_else(|| {
        let names = Format::ALL.map(Format::name).join(", ");
        Error::Invalid(format!("output: format must be one of {names}, and is missing"))
    })?;
    let parts = match fields.get("parts") {
        None => None,
        Some(value) => {
            let parts = whole_number(value).and_then(|parts| u16::try_from(parts).ok());
            Some(parts.ok_or_else(|| {
                let (most, value) = (OutputSpec::MOST_PARTS, shown(value));
                Error::Invalid(format!(
                    "output: parts must be a whole number from 1 to {most}, not {value}"
                ))
            })?)
        }
    };
    Ok(Some(Output { format, parts }))
}

fn chunks(fields: &Map<String, Value>) -> Result<u64> {
    match fields.get("chunks") {
        None => Ok(DEFAULT_CHUNKS),
        Some(value) => match whole_number(value) {
            Some(count) => ChunkCount::new(count).map(|count| count.get().into()),
            None => Err(Error::Invalid(format!(
                "chunks must be a whole number from 1 to {}, not {}",
                ChunkCount::MAX,
                shown(value)
            ))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn min_distance(body: &[u8]) -> Result<JobRequest> {
        MinDistanceRequest::read(body)?.try_into()
    }

    fn submit(body: &[u8]) -> Result<JobRequest> {
        SubmitRequest::read(body)?.try_into()
    }

    fn error(body: &str) -> String {
        min_distance(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn nothing_is_required() {
        assert_eq!(DEFAULT_CHUNKS, u64::from(ChunkCount::default().get()));
        for body in ["", " \n", "{}"] {
            let request = min_distance(body.as_bytes()).unwrap();
            assert_eq!(request.chunks.get(), 4);
            let kernel = &request.query.only_kernel().unwrap().kernel;
            assert_eq!(kernel.name, "min_distance");
            assert_eq!(kernel.params, serde_json::json!({"metric": "euclidean"}));
            assert_eq!(request.consistency, pgfold_core::Consistency::PerChunk);
            assert_eq!(request.source, None);
        }
    }

    #[test]
    fn every_field_can_be_set() {
        let body = br#"{"chunks": 10000, "metric": "geodesic", "consistency": "snapshot",
                        "source": "trips"}"#;
        let request = min_distance(body).unwrap();
        assert_eq!(request.consistency, pgfold_core::Consistency::Snapshot);
        assert_eq!(request.source.as_deref(), Some("trips"));
        assert_eq!(request.chunks.get(), 10_000);
        let kernel = &request.query.only_kernel().unwrap().kernel;
        assert_eq!(kernel.params, serde_json::json!({"metric": "geodesic"}));
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
        let request = submit(body).unwrap();
        let only = request.query.only_kernel().unwrap();
        assert_eq!(only.kernel.params, serde_json::json!({"metric": "haversine"}));
        assert_eq!((only.columns.as_ref().unwrap().len(), request.chunks.get()), (4, 7));
        for (body, problem) in [
            ("", "kernel must be one of min_distance"),
            (r#"{"kernel": 5}"#, "not 5"),
            (r#"{"kernel": "median"}"#, "there is no kernel \"median\"; there is min_distance"),
            (r#"{"kernel": "min_distance", "columns": "x"}"#, "columns must be a list of names"),
            (r#"{"kernel": "min_distance", "params": {"k": 1}}"#, "unknown field `k`"),
            (r#"{"kernel": "min_distance", "metric": "haversine"}"#, "unknown field metric"),
        ] {
            let error = submit(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(problem), "{body}: {error}");
        }
    }
}
