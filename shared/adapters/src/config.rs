//! Every environment variable that pgfold's functions read. Each is read once, when a function
//! starts.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `DATABASE_URL` | `postgresql://user:password@host:port/database` of an instance, a replica or a proxy; without a password unless `DATABASE_AUTH` is `password` | required |
//! | `DATABASE_AUTH` | how connections to the database log in: with the `password` of the URL, an `iam` token, or the user and password of a `secret` | `password` |
//! | `DATABASE_SECRET_ARN` | the secret in Secrets Manager: JSON with `username` and `password`, as RDS writes it; may rotate | required by `secret` |
//! | `DATABASE_CA_FILE` | a PEM file of the certificate authorities that may issue the database's certificate | those of RDS and of Amazon Trust Services |
//! | `SOURCES` | the sources that jobs may name, as JSON, see [`sources`]; a job that names none reads the first | the demo's `points` |
//! | `READ_TIMEOUT_SECONDS` | the time limit for Postgres to read a chunk, 1 to 900 | `60` |
//! | `CHUNK_VISIBILITY_SECONDS` | how long the queue hides a chunk task that a mapper has; at least `READ_TIMEOUT_SECONDS` | `43200` |
//! | `MAPPER_CONCURRENCY` | the most mappers that run at once | `10` |
//! | `MAPPER_MEMORY_MB` | the memory of a mapper | `1769` |
//! | `SUBMIT_CONCURRENCY` | the most submissions that run at once; `0` for no limit | `0` |
//! | `CONNECTION_BUDGET` | the number of connections that the database has for mappers and submissions | no limit |
//! | `MAX_ATTEMPTS` | how often the function's queue delivers a message, 1 to 1000 | `5` |
//! | `CHUNKS_QUEUE_URL` | the SQS queue of chunk tasks for mappers | required |
//! | `REDUCTIONS_QUEUE_URL` | the SQS queue of chunk tasks for reducers, whose chunks are partitions | required |
//! | `DEAD_LETTER_QUEUE_URL` | the SQS queue of chunk tasks that mappers gave up | required |
//! | `REDUCTIONS_DEAD_LETTER_QUEUE_URL` | the SQS queue of those that reducers gave up | required |
//! | `POISON_QUEUE_URL` | the SQS queue of messages that fit no job | required |
//! | `REMINDERS_QUEUE_URL` | the SQS queue of reminders of jobs whose ending must be announced; without one no ending is announced | required by the announcer |
//! | `STATE_MACHINE_ARN` | the state machines of Step Functions that may wait for jobs | none |
//! | `EVENT_BUS` | the event bus of EventBridge for endings of jobs | `default` |
//! | `STORE` | the store of jobs: `dynamodb` or `valkey` | `dynamodb` |
//! | `JOBS_TABLE` | the DynamoDB table of jobs | required by `dynamodb` |
//! | `VALKEY_URL` | `rediss://user:password@host:port`; `redis://…`, without TLS, only on this machine | required by `valkey` |
//! | `VALKEY_CLUSTER` | whether the server uses the cluster protocol, as ElastiCache Serverless does | `false` |
//! | `VALKEY_AUTH` | how connections to Valkey log in: with the `password` of the URL, if any, or an `iam` token | `password` |
//! | `VALKEY_CACHE_NAME` | the name of the cache in ElastiCache | required by `iam` |
//! | `VALKEY_SERVERLESS` | whether the cache is in ElastiCache Serverless | `true` |
//! | `VALKEY_CA_FILE` | a PEM file of the certificate authorities that may issue Valkey's certificate | those of Amazon Trust Services |
//! | `OBJECTS_BUCKET` | the S3 bucket of objects | required |
//! | `JOB_DEADLINE_SECONDS` | the time after which a job without all records has failed | `3600` |
//! | `JOB_TTL_SECONDS` | how long a job and its result are stored | `86400` |
//! | `OBJECT_DAYS` | the days after which the bucket deletes partials; at least `JOB_TTL_SECONDS` | no limit |
//! | `RESULT_DAYS` | the days after which the bucket deletes files of results; at least `JOB_TTL_SECONDS` | no limit |
//! | `DEPLOYMENT` | the name of the stack, which tells its metrics from those of others | `local` |
//!
//! Connections to PostgreSQL and Valkey use TLS with verified certificates and names, unless the
//! server is on this machine: `localhost`, a loopback address, or a Unix socket. On this machine
//! `sslmode=require` in `DATABASE_URL` also requires TLS. The addresses of other nodes of a Valkey
//! cluster that is reached without TLS on this machine are not checked.
//!
//! AWS's own variables (`AWS_REGION`, `AWS_ENDPOINT_URL`, credentials, log level) are read by its
//! SDK and by the Lambda runtime.

mod database;
mod sources;
mod valkey;
mod variable;

use std::time::Duration;

use pgfold_core::{JobPolicy, Mappers};

use self::variable::{or_default, required, seconds, whole_number};
pub use self::{
    database::{DatabaseAuth, DatabaseConfig},
    sources::{DEMO_SOURCES, sources},
    valkey::{ValkeyAuth, ValkeyConfig},
    variable::ConfigError,
};

/// The configured store of jobs. Its `Debug` form omits the password.
#[derive(Debug, Clone)]
pub enum StoreConfig {
    /// DynamoDB.
    DynamoDb {
        /// The name of the table.
        table: String,
    },
    /// Valkey or Redis.
    Valkey(Box<ValkeyConfig>),
}

impl StoreConfig {
    /// Reads `STORE`, and `JOBS_TABLE` or the variables of Valkey.
    ///
    /// # Errors
    /// If a variable is missing or wrong; names it.
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

/// Reads `CHUNKS_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn chunks_queue_url() -> Result<String, ConfigError> {
    required("CHUNKS_QUEUE_URL")
}

/// Reads `REDUCTIONS_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn reductions_queue_url() -> Result<String, ConfigError> {
    required("REDUCTIONS_QUEUE_URL")
}

/// Reads `DEAD_LETTER_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn dead_letter_queue_url() -> Result<String, ConfigError> {
    required("DEAD_LETTER_QUEUE_URL")
}

/// Reads `REDUCTIONS_DEAD_LETTER_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn reductions_dead_letter_queue_url() -> Result<String, ConfigError> {
    required("REDUCTIONS_DEAD_LETTER_QUEUE_URL")
}

/// Reads `POISON_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn poison_queue_url() -> Result<String, ConfigError> {
    required("POISON_QUEUE_URL")
}

/// Reads `REMINDERS_QUEUE_URL`.
///
/// # Errors
/// If it is not set.
pub fn reminders_queue_url() -> Result<String, ConfigError> {
    required("REMINDERS_QUEUE_URL")
}

/// Reads whether `STATE_MACHINE_ARN` and `REMINDERS_QUEUE_URL` are set: whether state machines hear
/// how their jobs ended.
pub fn answers_workflows() -> bool {
    required("STATE_MACHINE_ARN").is_ok() && reminders_queue_url().is_ok()
}

/// Reads `EVENT_BUS`.
pub fn event_bus() -> String {
    or_default("EVENT_BUS", "default")
}

/// Reads `OBJECTS_BUCKET`.
///
/// # Errors
/// If it is not set.
pub fn objects_bucket() -> Result<String, ConfigError> {
    required("OBJECTS_BUCKET")
}

/// Reads `MAX_ATTEMPTS`.
///
/// # Errors
/// If it is not a number from 1 to 1000, the most that SQS accepts.
pub fn max_attempts() -> Result<u32, ConfigError> {
    whole_number("MAX_ATTEMPTS", 5, 1000)
}

/// Checks `CHUNK_VISIBILITY_SECONDS`. If it were less than `READ_TIMEOUT_SECONDS`, a chunk would be
/// delivered again while it is read. Lambda checks this only when it creates the queue's mapping.
///
/// # Errors
/// If a variable is not a number of seconds, or the visibility is too short.
pub fn check_chunk_visibility() -> Result<(), ConfigError> {
    let read = seconds("READ_TIMEOUT_SECONDS", 60, 900)?;
    let visibility = seconds("CHUNK_VISIBILITY_SECONDS", 43_200, 43_200)?;
    if visibility < read {
        let problem = format!("is {visibility:?}, less than READ_TIMEOUT_SECONDS, {read:?}");
        return Err(ConfigError::new("CHUNK_VISIBILITY_SECONDS", problem));
    }
    Ok(())
}

/// Reads `JOB_DEADLINE_SECONDS` and `JOB_TTL_SECONDS`, and checks `OBJECT_DAYS` and `RESULT_DAYS`.
///
/// # Errors
/// If a variable is not a number of seconds or days, or a job would expire before its deadline, or
/// its objects would be deleted before it expires.
pub fn job_policy() -> Result<JobPolicy, ConfigError> {
    let deadline = seconds("JOB_DEADLINE_SECONDS", 3600, u32::MAX)?;
    let ttl = seconds("JOB_TTL_SECONDS", 86_400, u32::MAX)?;
    if ttl < deadline {
        let problem = format!("is {ttl:?}, less than JOB_DEADLINE_SECONDS, {deadline:?}");
        return Err(ConfigError::new("JOB_TTL_SECONDS", problem));
    }
    for name in ["OBJECT_DAYS", "RESULT_DAYS"] {
        let days = whole_number(name, u32::MAX, u32::MAX)?;
        let kept = Duration::from_secs(u64::from(days) * 86_400);
        if kept < ttl {
            let problem = format!("is {days}, less than JOB_TTL_SECONDS, {ttl:?}");
            return Err(ConfigError::new(name, problem));
        }
    }
    Ok(JobPolicy { deadline, ttl })
}

/// Reads `DEPLOYMENT`.
pub fn deployment() -> String {
    or_default("DEPLOYMENT", "local")
}

/// Reads `MAPPER_CONCURRENCY` and `MAPPER_MEMORY_MB`, and checks `CONNECTION_BUDGET`: each mapper
/// and each of the `SUBMIT_CONCURRENCY` submissions holds one connection.
///
/// # Errors
/// If a variable is not a number that Lambda accepts, or the budget is too small; names the
/// variable.
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
    fn the_error_of_a_wrong_catalogue_names_the_problem() {
        for (json, problem) in [
            ("points", "is not a JSON object of sources"),
            ("[]", "is not a JSON object of sources"),
            ("{}", "has no source"),
            (
                r#"{"a": {"table": "t"}}"#,
                "source \"a\" that cannot be read: missing field `columns`",
            ),
            (r#"{"a": {"table": "t", "columns": [], "filter": ""}}"#, "unknown field `filter`"),
            (
                r#"{"a": {"table": "t", "key": "id", "columns": ["x"], "expressions": {"id": "1"}}}"#,
                "an expression of the name of a column that it reads, \"id\"",
            ),
            (r#"{"a": {"table": "a.b.c", "columns": []}}"#, "\"a.b.c\" is not a table's name"),
        ] {
            let error = sources(json).unwrap_err().to_string();
            assert!(error.contains(problem), "{error} does not contain {problem}");
        }
    }
}
