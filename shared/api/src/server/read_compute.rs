//! Reading which kernels a request asks for, and what each of them reads.

use std::collections::BTreeMap;

use pgfold_core::{Error, Result, kernel, shown};
use serde_json::{Map, Value};

use super::fields::{at, object};
use crate::{Computed, KernelName};

/// The kernels of a request.
#[derive(Debug, PartialEq)]
pub(super) enum Kernels {
    /// One kernel, in the fields `kernel`, `columns` and `params`.
    One(Computed),
    /// Kernels by the names of their answers, in the field `compute`.
    Named(BTreeMap<String, Computed>),
}

/// Returns the kernels of a request.
///
/// # Errors
/// [`Error::Invalid`] also if there are a kernel and `compute`, or neither.
pub(super) fn kernels(fields: &Map<String, Value>) -> Result<Kernels> {
    let Some(value) = fields.get("compute") else {
        let missing =
            "or compute must have several by the names of their answers; both are missing";
        return computed(fields, missing).map(Kernels::One);
    };
    if let Some(name) =
        ["kernel", "columns", "params"].iter().find(|name| fields.contains_key(**name))
    {
        return Err(Error::Invalid(format!(
            "a request has {name} or compute, not both; each entry of compute has its own kernel, \
             columns and params"
        )));
    }
    let Value::Object(named) = value else {
        return Err(Error::Invalid(format!(
            "compute must be kernels by the names of their answers, such as {{\"fare\": \
             {{\"kernel\": \"summary\", \"columns\": [\"fare\"]}}}}, not {}",
            shown(value)
        )));
    };
    let entry = |(name, value): (&String, &Value)| {
        let place = format!("compute: {:?}", shown(name));
        let read = object(value, "an entry", &["kernel", "columns", "params"])
            .and_then(|fields| computed(fields, "and is missing"));
        Ok((name.clone(), read.map_err(|error| at(place, error))?))
    };
    named.iter().map(entry).collect::<Result<_>>().map(Kernels::Named)
}

/// Returns the kernel of these fields, with its columns and parameters. `missing` ends the sentence
/// about a kernel that is missing.
fn computed(fields: &Map<String, Value>, missing: &str) -> Result<Computed> {
    let kernel = kernel_name(fields.get("kernel"), missing)?;
    let params = params(fields, &kernel)?;
    Ok(Computed { kernel, columns: columns(fields)?, params })
}

fn kernel_name(value: Option<&Value>, missing: &str) -> Result<KernelName> {
    match value {
        Some(Value::String(name)) => Ok(KernelName(name.clone())),
        other => {
            let names = kernel::names().collect::<Vec<_>>().join(", ");
            let given = other.map_or(missing.to_owned(), |other| format!("not {}", shown(other)));
            Err(Error::Invalid(format!("kernel must be one of {names}, {given}")))
        }
    }
}

fn columns(fields: &Map<String, Value>) -> Result<Option<Vec<String>>> {
    let Some(value) = fields.get("columns") else { return Ok(None) };
    serde_json::from_value(value.clone()).map(Some).map_err(|_| {
        Error::Invalid(format!("columns must be a list of names, not {}", shown(value)))
    })
}

fn params(fields: &Map<String, Value>, kernel: &KernelName) -> Result<Map<String, Value>> {
    match fields.get("params") {
        None => Ok(Map::new()),
        Some(Value::Object(params)) => Ok(params.clone()),
        Some(other) => {
            let other = shown(other);
            Err(Error::Invalid(format!("parameters of {kernel}: an object, not {other}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(fields: Value) -> String {
        kernels(fields.as_object().unwrap()).unwrap_err().to_string()
    }

    fn names() -> String {
        kernel::names().collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn one_kernel_or_several_by_their_names_are_read() {
        let computed = |name: &str, columns: Option<&[&str]>, params: Value| Computed {
            kernel: KernelName(name.to_owned()),
            columns: columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            params: params.as_object().unwrap().clone(),
        };
        let full = json!({ "kernel": "nearest_k", "columns": ["a", "b"], "params": { "k": 3 } });
        let read = |fields: Value| kernels(fields.as_object().unwrap()).unwrap();
        let nearest = computed("nearest_k", Some(&["a", "b"]), json!({ "k": 3 }));
        let summary = computed("summary", None, json!({}));
        assert_eq!(read(full.clone()), Kernels::One(nearest.clone()));
        assert_eq!(read(json!({ "kernel": "summary" })), Kernels::One(summary.clone()));
        let named = json!({ "compute": { "near": full, "all": { "kernel": "summary" } } });
        let expected = [("all".to_owned(), summary), ("near".to_owned(), nearest)];
        assert_eq!(read(named), Kernels::Named(expected.into()));
        assert_eq!(read(json!({ "compute": {} })), Kernels::Named(BTreeMap::new()));
    }

    #[test]
    fn a_request_has_a_kernel_or_compute() {
        let neither = format!(
            "kernel must be one of {}, or compute must have several by the names of their answers; \
             both are missing",
            names()
        );
        assert_eq!(error(json!({})), neither);
        assert_eq!(error(json!({ "columns": ["a"], "params": {} })), neither);
        // Also if it is the default, or wrong in another way.
        for (field, value) in [
            ("kernel", json!("summary")),
            ("kernel", json!(5)),
            ("columns", json!([])),
            ("params", json!({})),
        ] {
            for compute in [json!({ "fare": { "kernel": "summary" } }), json!(null)] {
                assert_eq!(
                    error(json!({ "compute": compute, field: value })),
                    format!(
                        "a request has {field} or compute, not both; each entry of compute has its \
                         own kernel, columns and params"
                    )
                );
            }
        }
    }

    #[test]
    fn a_wrong_kernel_is_refused_with_the_entry_that_it_is_in() {
        let kernels = names();
        for (field, problem) in [
            (json!({ "kernel": 5 }), format!("kernel must be one of {kernels}, not 5")),
            (json!({ "kernel": null }), format!("kernel must be one of {kernels}, not null")),
            (
                json!({ "kernel": "summary", "columns": "fare" }),
                "columns must be a list of names, not \"fare\"".to_owned(),
            ),
            (
                json!({ "kernel": "summary", "columns": ["fare", 7] }),
                "columns must be a list of names, not [\"fare\",7]".to_owned(),
            ),
            (
                json!({ "kernel": "summary", "columns": null }),
                "columns must be a list of names, not null".to_owned(),
            ),
            (
                json!({ "kernel": "summary", "params": [] }),
                "parameters of summary: an object, not []".to_owned(),
            ),
        ] {
            assert_eq!(error(field.clone()), problem);
            let in_compute = error(json!({ "compute": { "fare": field } }));
            assert_eq!(in_compute, format!("compute: \"fare\": {problem}"));
        }
        let known = "kernel, columns, params";
        for (entry, problem) in [
            (json!({}), format!("kernel must be one of {kernels}, and is missing")),
            (
                json!("summary"),
                format!("an entry must be an object with some of {known}, not \"summary\""),
            ),
            (json!(null), format!("an entry must be an object with some of {known}, not null")),
            (
                json!({ "kernel": "summary", "column": "fare" }),
                format!("an entry may have {known}, not \"column\""),
            ),
        ] {
            let in_compute = error(json!({ "compute": { "fare": entry } }));
            assert_eq!(in_compute, format!("compute: \"fare\": {problem}"));
        }
    }

    #[test]
    fn what_is_no_set_of_kernels_is_refused() {
        for compute in [json!(null), json!([{ "kernel": "summary" }]), json!("summary"), json!(7)] {
            let expected = format!(
                r#"compute must be kernels by the names of their answers, such as {{"fare": {{"kernel": "summary", "columns": ["fare"]}}}}, not {compute}"#
            );
            assert_eq!(error(json!({ "compute": compute })), expected);
        }
    }
}
