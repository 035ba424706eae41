//! A document of the server, read as one of the API's types. Unknown fields are ignored.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::document::Document;

/// Reads a document, or says what of it does not fit: `rows: invalid type: map, expected u64`.
pub(crate) fn read<T: DeserializeOwned>(document: &Document) -> Result<T, String> {
    let document = document.value();
    T::deserialize(&document).map_err(|error| {
        let why = error.to_string();
        let place = place::<T>(&document, &|part| part, &why);
        if place.is_empty() { why } else { format!("{}: {why}", place.trim_start_matches('.')) }
    })
}

/// Returns where in `part` of a document the error is, as `.progress.done` or `.tasks[0].rows`:
/// serde names a field that is missing, but not one of another type. It is in the field, or the
/// element, that alone has the same error. `whole` makes a document of a part.
fn place<T: DeserializeOwned>(part: &Value, whole: &dyn Fn(Value) -> Value, why: &str) -> String {
    let fails = |part| T::deserialize(&whole(part)).is_err_and(|error| error.to_string() == why);
    // Only an object lacks a field, or has those of none of several types.
    let may_be = |part: &Value| part.is_object() || part.is_array() || is_of_a_value(why);
    match part {
        Value::Object(fields) if !fails(json!({})) => {
            let mut fields = fields.iter().filter(|(_, field)| may_be(field));
            let field = fields.find(|(name, field)| fails(json!({ *name: field })));
            field.map(|(name, field)| {
                let whole = |part: Value| whole(json!({ name: part }));
                format!(".{name}{}", place::<T>(field, &whole, why))
            })
        }
        Value::Array(values) if !fails(json!([])) => {
            let value = values.iter().enumerate().find(|(_, value)| fails(json!([value])));
            value.map(|(index, value)| {
                let whole = |part: Value| whole(json!([part]));
                format!("[{index}]{}", place::<T>(value, &whole, why))
            })
        }
        _ => None,
    }
    .unwrap_or_default()
}

/// Returns whether the error is about a value, in serde's words.
fn is_of_a_value(why: &str) -> bool {
    ["invalid ", "unknown variant "].iter().any(|begin| why.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example_job::detail;
    use pgfold_api::{JobDetail, JobList, KernelList, State};

    fn misfit<T: DeserializeOwned>(document: Value) -> String {
        read::<T>(&document.into()).err().unwrap()
    }

    /// A job with a field that has another value.
    fn with(field: &str, value: Value) -> Value {
        let mut job = json!(detail(State::Pending));
        job[field] = value;
        job
    }

    #[test]
    fn unknown_fields_and_states_are_read() {
        let mut job = with("weather", json!({ "sky": "blue" }));
        job["state"] = json!("paused");
        let mut expected = detail(State::Pending);
        expected.job.state = State::Other("paused".to_owned());
        assert_eq!(read::<JobDetail>(&job.into()).unwrap(), expected);
    }

    #[test]
    fn a_field_that_does_not_fit_is_named() {
        for (field, value, expected) in [
            ("rows", json!({ "read": 3 }), "rows: invalid type: map, expected u64"),
            (
                "progress",
                json!("half"),
                "progress: invalid type: string \"half\", expected struct Progress",
            ),
            ("progress", json!({ "done": 1 }), "progress: missing field `total`"),
            (
                "progress",
                json!({ "done": [], "total": 4 }),
                "progress.done: invalid type: sequence, expected u16",
            ),
            (
                "failed_chunks",
                json!([{ "chunk": 1, "error": "late" }, { "chunk": 2, "error": 7 }]),
                "failed_chunks[1].error: invalid type: integer `7`, expected a string",
            ),
            (
                "chunks",
                json!([{ "chunk": 0, "pages": [], "state": "open" }]),
                "chunks[0]: data did not match any variant of untagged enum ChunkRows",
            ),
            ("warnings", json!(3), "warnings: invalid type: integer `3`, expected a sequence"),
        ] {
            assert_eq!(misfit::<JobDetail>(with(field, value)), expected);
        }
    }

    #[test]
    fn a_field_that_is_missing_is_named() {
        for field in ["task_id", "state", "progress", "cost_usd"] {
            let mut job = json!(detail(State::Pending));
            job.as_object_mut().unwrap().remove(field);
            assert_eq!(misfit::<JobDetail>(job), format!("missing field `{field}`"));
        }
        assert_eq!(misfit::<JobDetail>(json!({})), "missing field `task_id`");
    }

    #[test]
    fn a_page_says_which_of_its_jobs_does_not_fit() {
        let job = detail(State::Failed).job;
        let mut page = json!({ "tasks": [job, job] });
        page["tasks"][1]["skipped"] = json!("none");
        let expected = "tasks[1].skipped: invalid type: string \"none\", expected u64";
        assert_eq!(misfit::<JobList>(page), expected);
    }

    #[test]
    fn what_is_no_object_is_no_answer() {
        for document in [json!([]), json!("ok"), json!(null)] {
            assert!(read::<KernelList>(&document.clone().into()).is_err(), "{document}");
            assert!(read::<JobDetail>(&document.clone().into()).is_err(), "{document}");
        }
    }
}
