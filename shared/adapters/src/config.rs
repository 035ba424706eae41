//! Every environment variable that pgfold's functions read, each once, when they start.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `DATABASE_URL` | `postgresql://user:password@host:port/database` of an instance, a replica or a proxy; without the password where that is not used | required |
//! | `DATABASE_AUTH` | how connections to it log in: with the `password` of the URL, an `iam` token, or the user and password of a `secret` | `password` |
//! | `DATABASE_SECRET_ARN` | the secret in Secrets Manager: JSON with `username` and `password`, as RDS writes it; may rotate | required by `secret` |
//! | `DATABASE_CA_FILE` | a PEM file of the certificate authorities that its certificate may be of | those of RDS and of Amazon Trust Services |
//! | `SOURCES` | the tables that jobs may name, as JSON: see [`sources`]; the first is read where a job names none | the demo's `points` |
//! | `READ_TIMEOUT_SECONDS` | how long Postgres may take to read a chunk, 1 to 900 | `60` |
//! | `MAPPER_CONCURRENCY` | how many mappers run at once | `10` |
//! | `MAPPER_MEMORY_MB` | memory of a mapper | `1769` |
//! | `SUBMIT_CONCURRENCY` | how many submissions run at once; `0` for as many as there are | `0` |
//! | `CONNECTION_BUDGET` | how many connections the database has for mappers and submissions | no limit |
//! | `MAX_ATTEMPTS` | how often the function's queue delivers a message, 1 to 1000 | `5` |
//! | `CHUNKS_QUEUE_URL` | the SQS queue of chunks | required |
//! | `DEAD_LETTER_QUEUE_URL` | the SQS queue of chunks that were given up | required |
//! | `POISON_QUEUE_URL` | the SQS queue of messages that fit no job | required |
//! | `STORE` | where jobs are kept: `dynamodb` or `valkey` | `dynamodb` |
//! | `JOBS_TABLE` | the DynamoDB table of jobs | required by `dynamodb` |
//! | `VALKEY_URL` | `rediss://user:password@host:port`; without TLS, `redis://…`, only on this machine | required by `valkey` |
//! | `VALKEY_CLUSTER` | whether it speaks the cluster protocol, as ElastiCache Serverless does | `false` |
//! | `VALKEY_AUTH` | how connections to it log in: with the `password` of the URL, if any, or an `iam` token | `password` |
//! | `VALKEY_CACHE_NAME` | the name of the cache in ElastiCache | required by `iam` |
//! | `VALKEY_SERVERLESS` | whether that is one of ElastiCache Serverless | `true` |
//! | `VALKEY_CA_FILE` | a PEM file of the certificate authorities that its certificate may be of | those of Amazon Trust Services |
//! | `JOB_DEADLINE_SECONDS` | from when on a job with a chunk missing has failed | `3600` |
//! | `JOB_TTL_SECONDS` | how long a job and its result are kept | `86400` |
//! | `STAGE` | which deployment the metrics are of | `local` |
//!
//! PostgreSQL and Valkey are spoken to over TLS, their certificates and names verified, unless they
//! are on this machine: `localhost`, a loopback address, or a socket in the file system. There
//! `sslmode=require` in `DATABASE_URL` asks for the same. A Valkey cluster that is reached without
//! TLS on this machine is taken at its word where its other nodes are.
//!
//! AWS's own (`AWS_REGION`, `AWS_ENDPOINT_URL`, credentials, log level) are read by its SDK and
//! by the Lambda runtime.

mod database;
mod sources;
mod valkey;
mod variable;

use pgfold_core::{JobPolicy, Mappers};

use self::variable::{or_default, required, seconds, whole_number};
pub use self::{
    database::{DatabaseAuth, DatabaseConfig},
    sources::{DEMO_SOURCES, sources},
    valkey::{ValkeyAuth, ValkeyConfig},
    variable::ConfigError,
};

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
    /// From `STORE`, and `JOBS_TABLE` or the variables of Valkey.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        match or_default("STORE", "dynamodb").as_str() {
            "dynamodb" => Ok(Self::DynamoDb { table: required("JOBS_TABLE")? }),
            "valkey" => Ok(Self::Valkey(Box::new(ValkeyConfig::from_env()?))),
            other => {
                let problem = format!("is {other:?}, neither dynamodb nor valkey");
                Err(ConfigError::new("STORE", problem))
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

/// `STAGE`.
pub fn stage() -> String {
    or_default("STAGE", "local")
}

/// `MAPPER_CONCURRENCY` and `MAPPER_MEMORY_MB`, and whether their connections and those of submit
/// are within `CONNECTION_BUDGET`: each mapper, and each of `SUBMIT_CONCURRENCY`, holds one.
///
/// # Errors
/// Names the variable that is not a number that Lambda takes, or the budget that is too small.
pub fn mappers() -> Result<Mappers, ConfigError> {
    let concurrency = whole_number("MAPPER_CONCURRENCY", 10, 1000)?;
    let memory_mb = whole_number("MAPPER_MEMORY_MB", 1769, 10_240)?;
    let submissions = match or_default("SUBMIT_CONCURRENCY", "0").as_str() {
        "0" => 0,
        _ => whole_number("SUBMIT_CONCURRENCY", 0, 1000)?,
    };
    let budget = whole_number("CONNECTION_BUDGET", u32::MAX, u32::MAX)?;
    if concurrency + submissions > budget {
        let problem = format!(
            "is {budget}, less than MAPPER_CONCURRENCY and SUBMIT_CONCURRENCY together, \
             {concurrency} + {submissions}"
        );
        return Err(ConfigError::new("CONNECTION_BUDGET", problem));
    }
    Ok(Mappers { concurrency: u16::try_from(concurrency).unwrap_or(u16::MAX), memory_mb })
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
            (
                r#"{"a": {"table": "t"}}"#,
                "source \"a\" that cannot be read: missing field `columns`",
            ),
            (r#"{"a": {"table": "t", "columns": [], "filter": ""}}"#, "unknown field `filter`"),
            (r#"{"a": {"table": "a.b.c", "columns": []}}"#, "\"a.b.c\" is not a table's name"),
        ] {
            let error = sources(json).unwrap_err().to_string();
            assert!(error.contains(problem), "{error} is not: {problem}");
        }
    }
}
