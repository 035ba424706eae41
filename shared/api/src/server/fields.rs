//! Reading a field of a request: its name, what it says, and what it may say.

use std::fmt;

use pgfold_core::{Error, Result, shown};
use serde_json::{Map, Value};

/// Returns the name in a field.
pub(super) fn text(fields: &Map<String, Value>, name: &str) -> Result<Option<String>> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Error::Invalid(format!("{name} must be a name, not {}", shown(other)))),
    }
}

/// Returns what the word in a field means.
pub(super) fn word<T: Copy>(
    fields: &Map<String, Value>,
    name: &str,
    allowed: &[(&str, T)],
) -> Result<Option<T>> {
    let Some(value) = fields.get(name) else { return Ok(None) };
    match allowed.iter().find(|(word, _)| value.as_str() == Some(word)) {
        Some((_, meaning)) => Ok(Some(*meaning)),
        None => {
            let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
            let (words, value) = (words.join(" or "), shown(value));
            Err(Error::Invalid(format!("{name} must be {words}, not {value}")))
        }
    }
}

/// Returns the list in a field, which is `what`; an empty one if there is no such field.
pub(super) fn list<'v>(
    fields: &'v Map<String, Value>,
    name: &str,
    what: &str,
) -> Result<&'v [Value]> {
    match fields.get(name) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(Error::Invalid(format!("{name} must be {what}, not {}", shown(other)))),
    }
}

/// Returns the fields of an object, all of them among `known`.
pub(super) fn object<'v>(
    value: &'v Value,
    what: &str,
    known: &[&str],
) -> Result<&'v Map<String, Value>> {
    let Value::Object(fields) = value else {
        return Err(Error::Invalid(format!(
            "{what} must be an object with some of {}, not {}",
            known.join(", "),
            shown(value)
        )));
    };
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(fields),
        Some(unknown) => Err(Error::Invalid(format!(
            "{what} may have {}, not {:?}",
            known.join(", "),
            shown(unknown)
        ))),
    }
}

/// Returns an error of a request with the place that it is about before its sentence.
pub(super) fn at(place: impl fmt::Display, error: Error) -> Error {
    match error {
        Error::Invalid(problem) => Error::Invalid(format!("{place}: {problem}")),
        error => error,
    }
}
