//! Every environment variable that pgfold's functions read, each once, when they start.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `DATABASE_URL` | `postgresql://user:password@host:port/database` | required |
//! | `SOURCES` | the tables that jobs may name, as JSON: see [`sources`]; the first is read where a job names none | the demo's `points` |
//! | `READ_TIMEOUT_SECONDS` | how long Postgres may take to read a chunk, 1 to 900 | `60` |
//! | `MAPPER_CONCURRENCY` | how many mappers run at once | `10` |
//! | `MAPPER_MEMORY_MB` | memory of a mapper | `1769` |
//! | `MAX_ATTEMPTS` | how often the function's queue delivers a message, 1 to 1000 | `5` |
//! | `CHUNKS_QUEUE_URL` | the SQS queue of chunks | required |
//! | `DEAD_LETTER_QUEUE_URL` | the SQS queue of chunks that were given up | required |
//! | `POISON_QUEUE_URL` | the SQS queue of messages that fit no job | required |
//! | `STORE` | where jobs are kept: `dynamodb` or `valkey` | `dynamodb` |
//! | `JOBS_TABLE` | the DynamoDB table of jobs | required by `dynamodb` |
//! | `VALKEY_URL` | `redis://user:password@host:port`, or with TLS `rediss://…` | required by `valkey` |
//! | `VALKEY_CLUSTER` | whether it speaks the cluster protocol, as ElastiCache Serverless does | `false` |
//! | `JOB_DEADLINE_SECONDS` | from when on a job with a chunk missing has failed | `3600` |
//! | `JOB_TTL_SECONDS` | how long a job and its result are kept | `86400` |
//!
//! AWS's own (`AWS_REGION`, `AWS_ENDPOINT_URL`, credentials, log level) are read by its SDK and
//! by the Lambda runtime.

use std::{env, time::Duration};

use pgfold_core::{JobPolicy, Mappers};
use redis::{ConnectionInfo, IntoConnectionInfo};
use serde_json::{Map, Value};
use tokio_postgres::config::SslMode;

use crate::SourceTable;

/// A variable that is missing or cannot be understood. Names it; never quotes a secret.
#[derive(Debug, thiserror::Error)]
#[error("environment variable {name} {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: String,
}

impl ConfigError {
    fn new(name: &'static str, problem: impl Into<String>) -> Self {
        Self { name, problem: problem.into() }
    }
}

/// The database and the tables in it. Its `Debug` form leaves the password out.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// Where the database is and who asks.
    pub connection: tokio_postgres::Config,
    /// The tables, by the names that jobs give them.
    pub sources: Vec<(String, SourceTable)>,
    /// How long Postgres may take to read a chunk.
    pub read_timeout: Duration,
}

impl DatabaseConfig {
    /// From `DATABASE_URL`, `SOURCES` and `READ_TIMEOUT_SECONDS`.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        // The parser's message may hold parts of the URL, so it is not passed on.
        let wrong = |problem: &str| ConfigError::new("DATABASE_URL", problem);
        let connection: tokio_postgres::Config = required("DATABASE_URL")?
            .parse()
            .map_err(|_| wrong("is not postgresql://user:password@host:port/database"))?;
        if connection.get_user().is_none() {
            return Err(wrong("names no user"));
        }
        if connection.get_ssl_mode() == SslMode::Require {
            return Err(wrong("says sslmode=require, but connections are not encrypted yet"));
        }
        Ok(Self {
            connection,
            sources: sources(&or_default("SOURCES", DEMO_SOURCES))?,
            read_timeout: seconds("READ_TIMEOUT_SECONDS", 60, 900)?,
        })
    }
}

/// The catalogue where `SOURCES` is not set: the demo's table.
pub const DEMO_SOURCES: &str =
    r#"{"points": {"table": "points", "key": "id", "columns": ["x1", "y1", "x2", "y2"]}}"#;

/// Reads a catalogue: a JSON object of [`SourceTable`]s by their names.
///
/// # Errors
/// Names the source that is wrong, and what about it.
pub fn sources(json: &str) -> Result<Vec<(String, SourceTable)>, ConfigError> {
    let wrong = |problem: String| ConfigError::new("SOURCES", problem);
    let sources: Map<String, Value> = serde_json::from_str(json)
        .map_err(|error| wrong(format!("is not a JSON object of sources: {error}")))?;
    if sources.is_empty() {
        return Err(wrong("has no source".to_owned()));
    }
    let source = |(name, source): (String, Value)| match serde_json::from_value(source) {
        Ok(table) => Ok((name, table)),
        Err(error) => Err(wrong(format!("has a source {name:?} that is none: {error}"))),
    };
    sources.into_iter().map(source).collect()
}

/// Where jobs are kept. Its `Debug` form leaves the password out.
#[derive(Debug, Clone)]
pub enum StoreConfig {
    /// In DynamoDB.
    DynamoDb {
        /// The table's name.
        table: String,
    },
    /// In Valkey or Redis.
    Valkey(Box<ValkeyConfig>),
}

impl StoreConfig {
    /// From `STORE`, and `JOBS_TABLE` or `VALKEY_URL` and `VALKEY_CLUSTER`.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        match or_default("STORE", "dynamodb").as_str() {
            "dynamodb" => Ok(Self::DynamoDb { table: required("JOBS_TABLE")? }),
            "valkey" => {
                let config = ValkeyConfig::new(&required("VALKEY_URL")?, valkey_cluster()?)?;
                Ok(Self::Valkey(Box::new(config)))
            }
            other => {
                let problem = format!("is {other:?}, neither dynamodb nor valkey");
                Err(ConfigError::new("STORE", problem))
            }
        }
    }
}

/// A Valkey or Redis server, or a cluster of them. Its `Debug` form leaves the password out.
#[derive(Debug, Clone)]
pub struct ValkeyConfig {
    pub(crate) server: ConnectionInfo,
    pub(crate) cluster: bool,
}

impl ValkeyConfig {
    /// The server at `url`, or the cluster that it is one of.
    ///
    /// # Errors
    /// If the URL cannot be understood; it is not quoted.
    pub fn new(url: &str, cluster: bool) -> Result<Self, ConfigError> {
        match url.into_connection_info() {
            Ok(server) => Ok(Self { server, cluster }),
            Err(_) => {
                let problem = "is not redis://user:password@host:port, or rediss:// for TLS";
                Err(ConfigError::new("VALKEY_URL", problem))
            }
        }
    }
}

/// `CHUNKS_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn chunks_queue_url() -> Result<String, ConfigError> {
    required("CHUNKS_QUEUE_URL")
}

/// `DEAD_LETTER_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn dead_letter_queue_url() -> Result<String, ConfigError> {
    required("DEAD_LETTER_QUEUE_URL")
}

/// `POISON_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn poison_queue_url() -> Result<String, ConfigError> {
    required("POISON_QUEUE_URL")
}

/// `MAX_ATTEMPTS`.
///
/// # Errors
/// If it is not a number from 1 to 1000, the most that SQS takes.
pub fn max_attempts() -> Result<u32, ConfigError> {
    whole_number("MAX_ATTEMPTS", 5, 1000)
}

/// `JOB_DEADLINE_SECONDS` and `JOB_TTL_SECONDS`.
///
/// # Errors
/// Names the variable that is not a number of seconds, or a job that would be forgotten before
/// it ends.
pub fn job_policy() -> Result<JobPolicy, ConfigError> {
    let deadline = seconds("JOB_DEADLINE_SECONDS", 3600, u32::MAX)?;
    let ttl = seconds("JOB_TTL_SECONDS", 86_400, u32::MAX)?;
    if ttl < deadline {
        let problem = format!("is {ttl:?}, less than JOB_DEADLINE_SECONDS, {deadline:?}");
        return Err(ConfigError::new("JOB_TTL_SECONDS", problem));
    }
    Ok(JobPolicy { deadline, ttl })
}

/// `MAPPER_CONCURRENCY` and `MAPPER_MEMORY_MB`.
///
/// # Errors
/// Names the variable that is not a number that Lambda takes.
pub fn mappers() -> Result<Mappers, ConfigError> {
    let concurrency = whole_number("MAPPER_CONCURRENCY", 10, 1000)?;
    let memory_mb = whole_number("MAPPER_MEMORY_MB", 1769, 10_240)?;
    Ok(Mappers { concurrency: u16::try_from(concurrency).unwrap_or(u16::MAX), memory_mb })
}

fn valkey_cluster() -> Result<bool, ConfigError> {
    let value = or_default("VALKEY_CLUSTER", "false");
    value.parse().map_err(|_| {
        ConfigError::new("VALKEY_CLUSTER", format!("is {value:?}, neither true nor false"))
    })
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(ConfigError::new(name, "is not set")),
    }
}

fn or_default(name: &'static str, default: &str) -> String {
    required(name).unwrap_or_else(|_| default.to_owned())
}

fn seconds(name: &'static str, default: u32, max: u32) -> Result<Duration, ConfigError> {
    Ok(Duration::from_secs(whole_number(name, default, max)?.into()))
}

/// A number from 1 to `max`.
fn whole_number(name: &'static str, default: u32, max: u32) -> Result<u32, ConfigError> {
    let Ok(value) = required(name) else { return Ok(default) };
    match value.parse() {
        Ok(number @ 1..) if number <= max => Ok(number),
        _ => {
            let problem = format!("is {value:?}, not a whole number from 1 to {max}");
            Err(ConfigError::new(name, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_keeps_its_order() {
        let two = r#"{"trips": {"table": "geo.trips", "columns": ["a"], "where": "a > 0"},
                      "points": {"table": "points", "key": "id", "columns": []}}"#;
        let read = sources(two).unwrap();
        let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["trips", "points"]);
        assert_eq!((&read[0].1.key, read[0].1.filter.as_deref()), (&None, Some("a > 0")));
        assert_eq!(sources(DEMO_SOURCES).unwrap()[0].1.table.to_string(), "\"points\"");
    }

    #[test]
    fn what_is_wrong_with_a_catalogue_is_told() {
        for (json, problem) in [
            ("points", "is not a JSON object of sources"),
            ("[]", "is not a JSON object of sources"),
            ("{}", "has no source"),
            (r#"{"a": {"table": "t"}}"#, "source \"a\" that is none: missing field `columns`"),
            (r#"{"a": {"table": "t", "columns": [], "filter": ""}}"#, "unknown field `filter`"),
            (r#"{"a": {"table": "a.b.c", "columns": []}}"#, "\"a.b.c\" is no table's name"),
        ] {
            let error = sources(json).unwrap_err().to_string();
            assert!(error.contains(problem), "{error} is not: {problem}");
        }
    }
}
