use pgfold_core::Error;

use super::SERVICE;

/// What a caller can do about an error of Postgres or its client.
pub(super) fn from_postgres(error: tokio_postgres::Error) -> Error {
    match error.as_db_error() {
        Some(db) if is_permanent(db.code().code()) => Error::Misconfigured(format!(
            "postgres: {} (SQLSTATE {})",
            db.message(),
            db.code().code()
        )),
        Some(db) => Error::unavailable(SERVICE, format!("{} ({})", db.message(), db.code().code())),
        None => Error::unavailable(SERVICE, error),
    }
}

/// Whether an error of this SQLSTATE stays until somebody changes table, role or settings.
///
/// Classes: 0A feature not supported, 22 data exception (a value that does not cast), 28
/// invalid authorization, 3D and 3F no such database or schema, 42 no such table or column, or
/// no privilege. <https://www.postgresql.org/docs/18/errcodes-appendix.html>
fn is_permanent(sqlstate: &str) -> bool {
    ["0A", "22", "28", "3D", "3F", "42"].iter().any(|class| sqlstate.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_heals_by_itself_is_tried_again() {
        let heals = ["08006", "40001", "40P01", "53300", "55P03", "57014", "57P01", "57P03"];
        assert!(heals.iter().all(|code| !is_permanent(code)));
        let stays = ["22P02", "28P01", "3D000", "3F000", "42501", "42703", "42P01"];
        assert!(stays.iter().all(|code| is_permanent(code)));
    }
}
