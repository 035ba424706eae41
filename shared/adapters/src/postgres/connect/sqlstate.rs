//! The meaning of each SQLSTATE: whether the error is retryable, and whether callers may read
//! Postgres' own message.

/// The meaning of an SQLSTATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) struct Meaning {
    /// Whether the same query may succeed later although nobody changes anything.
    pub(in crate::postgres) is_retryable: bool,
    /// The words that a caller may read.
    pub(in crate::postgres) words: Words,
}

/// The words that a caller may read about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Words {
    /// Postgres' own message and hint. They contain names that the database's owner chose, and no
    /// values of rows.
    Own,
    /// These words, because Postgres' message may quote values, roles or hosts.
    Ours(&'static str),
}

/// The meanings by prefix of the code. The longest matching prefix counts.
///
/// Classes and conditions: <https://www.postgresql.org/docs/18/errcodes-appendix.html>
const MEANINGS: &[(&str, bool, Words)] = {
    use Words::{Ours, Own};
    const LASTING: bool = false;
    const RETRYABLE: bool = true;
    &[
        ("03", RETRYABLE, Own),
        ("08", RETRYABLE, Ours("the connection failed")),
        ("08P01", RETRYABLE, Ours("the server or a pooler before it refused the conversation")),
        ("0A", LASTING, Own),
        ("20", LASTING, Ours("a function met a case that it does not handle")),
        ("21", LASTING, Ours("a subquery returned more than one row")),
        ("22", LASTING, Ours("a value is not what the query needs")),
        ("22003", LASTING, Ours("a number is out of range")),
        ("22007", LASTING, Ours("a text is not a date or time")),
        ("22008", LASTING, Ours("a date or time is out of range")),
        ("22012", LASTING, Ours("division by zero")),
        ("22021", LASTING, Ours("a text is not valid in its encoding")),
        ("22023", LASTING, Ours("a setting or an argument is not valid")),
        ("22P02", LASTING, Ours("a text is not a value of the type that it is read as")),
        ("22P05", LASTING, Ours("a character does not exist in the client's encoding")),
        ("23", LASTING, Ours("a constraint is violated")),
        ("25", LASTING, Own),
        ("25P02", RETRYABLE, Own),
        ("25P03", RETRYABLE, Own),
        ("25P04", RETRYABLE, Own),
        ("26", RETRYABLE, Own),
        ("28", LASTING, Ours("it refuses the configured role or database")),
        ("2F", LASTING, Ours("a function of the source failed")),
        ("38", LASTING, Ours("a function of the source failed")),
        ("39", LASTING, Ours("a function of the source failed")),
        ("3B", LASTING, Own),
        ("3D", LASTING, Ours("it refuses the configured role or database")),
        ("3F", LASTING, Own),
        ("40", RETRYABLE, Own),
        ("42", LASTING, Own),
        ("44", LASTING, Ours("a constraint is violated")),
        ("53", RETRYABLE, Own),
        ("53300", RETRYABLE, Ours("it has too many connections")),
        ("53400", LASTING, Own),
        ("54", LASTING, Own),
        ("55", LASTING, Own),
        ("55006", RETRYABLE, Own),
        ("55P03", RETRYABLE, Own),
        ("57", RETRYABLE, Own),
        ("57P04", LASTING, Ours("its database was dropped")),
        ("58", LASTING, Own),
        ("58000", RETRYABLE, Own),
        ("58030", RETRYABLE, Own),
        ("72", RETRYABLE, Own),
        ("F0", LASTING, Own),
        ("HV", LASTING, Ours("a foreign server or its wrapper failed")),
        ("HV001", RETRYABLE, Ours("a foreign server or its wrapper is out of memory")),
        ("HV00N", RETRYABLE, Ours("a foreign server cannot be reached")),
        ("P0", LASTING, Ours("a function of the source raised an error")),
        ("XX", RETRYABLE, Ours("an internal error")),
        ("XX001", LASTING, Own),
        ("XX002", LASTING, Own),
    ]
};

impl Meaning {
    /// Returns the meaning of an SQLSTATE. A code that Postgres does not define, which a function
    /// may raise, is retryable.
    pub(in crate::postgres) fn of(code: &str) -> Self {
        let fits = MEANINGS.iter().filter(|(beginning, ..)| code.starts_with(beginning));
        match fits.max_by_key(|(beginning, ..)| beginning.len()) {
            Some(&(_, is_retryable, words)) => Self { is_retryable, words },
            None => Self { is_retryable: true, words: Words::Ours("an error of its own kind") },
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::error::SqlState;

    use super::*;

    #[test]
    fn only_errors_that_may_be_over_next_time_are_retryable() {
        for (code, is_retryable) in [
            (SqlState::ADMIN_SHUTDOWN, true),
            (SqlState::CANNOT_CONNECT_NOW, true),
            (SqlState::CONFIGURATION_LIMIT_EXCEEDED, false),
            (SqlState::DATA_CORRUPTED, false),
            (SqlState::DATABASE_DROPPED, false),
            (SqlState::DISK_FULL, true),
            (SqlState::DIVISION_BY_ZERO, false),
            (SqlState::FDW_UNABLE_TO_ESTABLISH_CONNECTION, true),
            (SqlState::FEATURE_NOT_SUPPORTED, false),
            (SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT, true),
            (SqlState::INSUFFICIENT_PRIVILEGE, false),
            (SqlState::INVALID_PASSWORD, false),
            (SqlState::IO_ERROR, true),
            (SqlState::LOCK_NOT_AVAILABLE, true),
            (SqlState::OBJECT_IN_USE, true),
            (SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, false),
            (SqlState::OUT_OF_MEMORY, true),
            (SqlState::PROGRAM_LIMIT_EXCEEDED, false),
            (SqlState::QUERY_CANCELED, true),
            (SqlState::RAISE_EXCEPTION, false),
            (SqlState::READ_ONLY_SQL_TRANSACTION, false),
            (SqlState::STATEMENT_TOO_COMPLEX, false),
            (SqlState::T_R_DEADLOCK_DETECTED, true),
            (SqlState::T_R_SERIALIZATION_FAILURE, true),
            (SqlState::TOO_MANY_CONNECTIONS, true),
            (SqlState::UNDEFINED_FILE, false),
            (SqlState::UNDEFINED_TABLE, false),
        ] {
            assert_eq!(Meaning::of(code.code()).is_retryable, is_retryable, "{}", code.code());
        }
    }

    #[test]
    fn messages_that_quote_rows_roles_or_hosts_are_not_passed_on() {
        for code in
            ["22P02", "22003", "23505", "28P01", "3D000", "53300", "HV000", "P0001", "XX000"]
        {
            assert!(matches!(Meaning::of(code).words, Words::Ours(_)), "{code}");
        }
        for code in ["40001", "42501", "42P01", "55000", "57014", "57P03", "25P04"] {
            assert_eq!(Meaning::of(code).words, Words::Own, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_retryable() {
        for code in ["", "ZZ001", "é"] {
            let Meaning { is_retryable, words } = Meaning::of(code);
            assert!(is_retryable && matches!(words, Words::Ours(_)), "{code}");
        }
    }
}
