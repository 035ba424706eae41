use std::{borrow::Cow, io, sync::Arc};

use pgfold_core::{Error, SnapshotId, bounded};
use tokio_postgres::error::SqlState;

use crate::postgres::{
    connect::sqlstate::{Meaning, Words},
    service::SERVICE,
    turn::Refusal,
};

/// The fields of an error of Postgres.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Failure<'a> {
    /// The SQLSTATE.
    pub(in crate::postgres) code: Cow<'a, str>,
    pub(in crate::postgres) message: Cow<'a, str>,
    pub(in crate::postgres) detail: Option<Cow<'a, str>>,
    pub(in crate::postgres) hint: Option<Cow<'a, str>>,
    /// The function of Postgres that reported the error.
    pub(in crate::postgres) routine: Option<Cow<'a, str>>,
}

impl Failure<'_> {
    /// Makes an error whose text any caller may read. The whole message of Postgres goes to the
    /// log, cut to the usual length, because it may quote a value of any length.
    pub(in crate::postgres) fn into_error(self) -> Error {
        let Self { code, message, detail, .. } = &self;
        let all = match detail {
            Some(detail) => format!("{message}: {detail} (SQLSTATE {code})"),
            None => format!("{message} (SQLSTATE {code})"),
        };
        let said = bounded(&all);
        let words = format!("{} (SQLSTATE {code}){}", self.words(), self.advice());
        if Meaning::of(code).is_retryable {
            let refusal = Refusal { code: code.to_string(), said };
            return Error::unavailable_because(SERVICE, words, refusal);
        }
        tracing::error!(error = said, "postgres refuses what it is asked for");
        Error::Misconfigured(format!("{SERVICE}: {words}"))
    }

    /// Returns Postgres' message, or the words that replace it.
    fn words(&self) -> String {
        match Meaning::of(&self.code).words {
            // A function that raises an error chooses code and message freely.
            _ if self.is_raised() => "a function of the source raised an error".to_owned(),
            Words::Ours(words) => words.to_owned(),
            Words::Own => self.message.to_string(),
        }
    }

    /// Returns the hint; for a query that a standby cancelled in a conflict with recovery, also the
    /// reason.
    fn advice(&self) -> String {
        if self.is_raised() || matches!(Meaning::of(&self.code).words, Words::Ours(_)) {
            return String::new();
        }
        // These details are fixed sentences; those of other errors quote keys and processes.
        let is_conflict = *self.code == *SqlState::T_R_SERIALIZATION_FAILURE.code();
        let detail = self.detail.iter().filter(|_| is_conflict);
        detail.chain(&self.hint).map(|more| format!(": {more}")).collect()
    }

    fn is_raised(&self) -> bool {
        self.routine.as_deref() == Some("exec_stmt_raise")
    }
}

/// Why a call failed. Several calls may fail because of one error.
pub(in crate::postgres) type CallError = Arc<tokio_postgres::Error>;

/// Makes the error of a call from that of Postgres or its client.
pub(in crate::postgres) fn from_postgres(error: impl Into<CallError>) -> Error {
    let error = error.into();
    match error.as_db_error() {
        Some(db) => Failure {
            code: db.code().code().into(),
            message: db.message().into(),
            detail: db.detail().map(Into::into),
            hint: db.hint().map(Into::into),
            routine: db.routine().map(Into::into),
        }
        .into_error(),
        None if error.is_closed() => {
            Error::unavailable_because(SERVICE, "it closed the connection", error)
        }
        None => Error::unavailable_because(SERVICE, "the connection failed", error),
    }
}

/// Makes the error of a stream that cannot be read or written.
pub(in crate::postgres) fn from_stream(error: io::Error) -> Error {
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it closed the connection",
        _ => "the connection failed",
    };
    Error::unavailable_because(SERVICE, reason, error)
}

/// Makes the error of importing a snapshot: [`Error::SnapshotGone`] if Postgres does not know the
/// snapshot or its holder has ended.
pub(in crate::postgres) fn from_import(error: CallError, snapshot: Option<&SnapshotId>) -> Error {
    // PostgreSQL up to 16 reports an invalid name, later versions an undefined object.
    let gone = [
        SqlState::INVALID_PARAMETER_VALUE,
        SqlState::UNDEFINED_OBJECT,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
    ];
    match (snapshot, error.code()) {
        (Some(id), Some(code)) if gone.contains(code) => Error::SnapshotGone(id.clone()),
        _ => from_postgres(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure<'a>(code: &'a str, message: &'a str) -> Failure<'a> {
        Failure { code: code.into(), message: message.into(), ..Failure::default() }
    }

    #[test]
    fn the_error_of_a_query_that_a_standby_cancelled_has_the_reason() {
        let conflict = Failure {
            detail: Some("User query might have needed to see row versions.".into()),
            ..failure("40001", "canceling statement due to conflict with recovery")
        };
        assert_eq!(
            conflict.into_error().to_string(),
            "postgres is unavailable: canceling statement due to conflict with recovery \
             (SQLSTATE 40001): User query might have needed to see row versions."
        );
    }

    #[test]
    fn an_error_that_is_not_retryable_has_its_hint() {
        let unfilled = Failure {
            hint: Some("Use the REFRESH MATERIALIZED VIEW command.".into()),
            ..failure("55000", "materialized view \"daily\" has not been populated")
        };
        let error = unfilled.into_error();
        assert!(matches!(error, Error::Misconfigured(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            "postgres: materialized view \"daily\" has not been populated (SQLSTATE 55000): Use \
             the REFRESH MATERIALIZED VIEW command."
        );
    }

    #[test]
    fn no_value_of_a_row_reaches_a_caller() {
        let secret = "s3cret ".repeat(100_000);
        let cast = format!("invalid input syntax for type integer: \"{secret}\"");
        let raised = Failure {
            routine: Some("exec_stmt_raise".into()),
            hint: Some("s3cret".into()),
            ..failure("42P01", &secret)
        };
        let detailed = Failure {
            detail: Some("Process 7 of s3cret".into()),
            ..failure("40P01", "deadlock detected")
        };
        for failure in [failure("22P02", &cast), failure("P0001", &secret), raised, detailed] {
            let error = failure.into_error();
            assert!(!error.to_string().contains("s3cret"), "{error}");
            assert!(error.with_causes().len() < 2000, "the log entry is bounded");
        }
    }

    #[test]
    fn no_role_host_or_database_reaches_a_caller() {
        for failure in [
            failure("53300", "too many connections for role \"s3cret\""),
            failure("28P01", "password authentication failed for user \"s3cret\""),
            failure("3D000", "database \"s3cret\" does not exist"),
            failure("HV00N", "could not connect to server \"s3cret\""),
        ] {
            let error = failure.into_error();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
