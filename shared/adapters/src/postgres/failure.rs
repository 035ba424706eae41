use pgfold_core::{Error, SnapshotId};
use tokio_postgres::error::SqlState;

use super::SERVICE;

/// What a caller can do about an error of Postgres or its client, by the class of its SQLSTATE:
/// <https://www.postgresql.org/docs/18/errcodes-appendix.html>.
///
/// Some classes stay until somebody changes table, role or settings; all others may be over the
/// next time.
pub(super) fn from_postgres(error: tokio_postgres::Error) -> Error {
    let Some(db) = error.as_db_error() else { return Error::unavailable(SERVICE, error) };
    let code = db.code().code();
    match &code[..2] {
        // Its words name role, host and database.
        "28" | "3D" => {
            tracing::error!(error = db.message(), "postgres refuses the connection");
            let refused = "postgres refuses the configured role or database";
            Error::Misconfigured(format!("{refused} (SQLSTATE {code})"))
        }
        // Not supported, a value that does not cast, no such schema, no such table or column,
        // no privilege on it.
        "0A" | "22" | "3F" | "42" => {
            Error::Misconfigured(format!("postgres: {} (SQLSTATE {code})", db.message()))
        }
        _ => Error::unavailable(SERVICE, error),
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
