use pgfold_core::{Error, SnapshotId};
use tokio_postgres::error::SqlState;

use super::SERVICE;

/// What a caller can do about an error of Postgres or its client.
pub(super) fn from_postgres(error: tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(db) => lasting(db.code().code(), db.message())
            .unwrap_or_else(|| Error::unavailable(SERVICE, error)),
        None => Error::unavailable(SERVICE, error),
    }
}

/// The same for what Postgres answers to a query.
pub(super) fn from_response(code: &str, message: String) -> Error {
    lasting(code, &message)
        .unwrap_or_else(|| Error::unavailable(SERVICE, format!("{message} (SQLSTATE {code})")))
}

/// An error that stays until somebody changes table, role or settings, by the class of its
/// SQLSTATE; all others may be over the next time.
/// <https://www.postgresql.org/docs/18/errcodes-appendix.html>
fn lasting(code: &str, message: &str) -> Option<Error> {
    match code.get(..2)? {
        // Its words name role, host and database.
        "28" | "3D" => {
            tracing::error!(error = message, "postgres refuses the connection");
            let refused = "postgres refuses the configured role or database";
            Some(Error::Misconfigured(format!("{refused} (SQLSTATE {code})")))
        }
        // Not supported, a value that does not cast, no such schema, no such table or column,
        // no privilege on it.
        "0A" | "22" | "3F" | "42" => {
            Some(Error::Misconfigured(format!("postgres: {message} (SQLSTATE {code})")))
        }
        _ => None,
    }
}

/// The same for the beginning of a reading at a snapshot: Postgres knows no such snapshot, or its
/// holder is no more.
pub(super) fn from_import(error: tokio_postgres::Error, snapshot: Option<&SnapshotId>) -> Error {
    // PostgreSQL up to 16 says that the name is invalid; later ones, that there is none such.
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
