//! Reading one environment variable, and the error of a wrong one.

use std::{env, fmt, time::Duration};

use crate::CaFile;

/// The error of a variable that is missing or wrong. It names the variable and never quotes a
/// secret.
#[derive(thiserror::Error)]
#[error("environment variable {name} {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: String,
}

impl fmt::Debug for ConfigError {
    /// Writes the same as `Display`, because a function that does not start logs this form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ConfigError {
    pub(super) fn new(name: &'static str, problem: impl Into<String>) -> Self {
        Self { name, problem: problem.into() }
    }
}

/// Reads the certificate authorities of the file that a variable names; `None` if it is not set.
pub(super) fn ca_file(name: &'static str) -> Result<Option<CaFile>, ConfigError> {
    let Ok(path) = required(name) else { return Ok(None) };
    match CaFile::read(&path) {
        Ok(file) => Ok(Some(file)),
        Err(error) => Err(ConfigError::new(name, format!("names {path:?}, which {error}"))),
    }
}

pub(super) fn true_or_false(name: &'static str, default: bool) -> Result<bool, ConfigError> {
    let Ok(value) = required(name) else { return Ok(default) };
    value
        .parse()
        .map_err(|_| ConfigError::new(name, format!("is {value:?}, neither true nor false")))
}

pub(super) fn required(name: &'static str) -> Result<String, ConfigError> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(ConfigError::new(name, "is not set")),
    }
}

pub(super) fn or_default(name: &'static str, default: &str) -> String {
    required(name).unwrap_or_else(|_| default.to_owned())
}

pub(super) fn seconds(name: &'static str, default: u32, max: u32) -> Result<Duration, ConfigError> {
    Ok(Duration::from_secs(whole_number(name, default, max)?.into()))
}

/// Reads a number from 1 to `max`.
pub(super) fn whole_number(name: &'static str, default: u32, max: u32) -> Result<u32, ConfigError> {
    let Ok(value) = required(name) else { return Ok(default) };
    match value.parse() {
        Ok(number @ 1..) if number <= max => Ok(number),
        _ => {
            let problem = format!("is {value:?}, not a whole number from 1 to {max}");
            Err(ConfigError::new(name, problem))
        }
    }
}
