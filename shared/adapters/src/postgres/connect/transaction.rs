//! What a transaction of pgfold is. Every statement is in one, and settings are set in it alone: the
//! session may belong to a pooler, which lends it to others afterwards.

use std::time::Duration;

/// The first version of PostgreSQL that limits the time of transactions.
const LIMITS_TRANSACTIONS: u32 = 17;

/// Settings that every transaction has, whatever the role, the database or the server says.
///
/// - Values are spelled the same in every session: keys travel as texts.
/// - A scan begins at the first block, so that rows without an order come in the same one each time;
///   and an index returns all rows that it finds.
/// - A chunk takes one backend: parallel workers are not in the connection budget.
/// - The only time limits are pgfold's own. A statement ends soon after its caller has gone, even one
///   that waits for a lock, and so does a transaction between two statements.
const SETTINGS: [(&str, &str); 13] = [
    ("bytea_output", "hex"),
    ("client_connection_check_interval", "1s"),
    ("datestyle", "ISO"),
    ("extra_float_digits", "1"),
    ("gin_fuzzy_search_limit", "0"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("intervalstyle", "postgres"),
    ("lock_timeout", "0"),
    ("max_parallel_workers_per_gather", "0"),
    ("quote_all_identifiers", "off"),
    ("standard_conforming_strings", "on"),
    ("synchronize_seqscans", "off"),
    ("timezone", "UTC"),
];

/// The isolation of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Isolation {
    /// Each statement sees an instant of its own.
    ReadCommitted,
    /// All statements see one instant.
    RepeatableRead,
}

/// SQL that opens a transaction which only reads, on a server of this major version, and limits
/// each of its statements to `timeout`.
pub(in crate::postgres) fn begin(isolation: Isolation, version: u32, timeout: Duration) -> String {
    let isolation = match isolation {
        Isolation::ReadCommitted => "READ COMMITTED",
        Isolation::RepeatableRead => "REPEATABLE READ",
    };
    let mut sql = format!("BEGIN ISOLATION LEVEL {isolation} READ ONLY");
    // First, because its time runs already.
    if version >= LIMITS_TRANSACTIONS {
        sql += &set("transaction_timeout", "0");
    }
    for (name, value) in SETTINGS {
        sql += &set(name, value);
    }
    sql + &set("statement_timeout", &timeout.as_millis().to_string())
}

/// SQL that sets a setting up to the end of the transaction, to follow another statement.
pub(in crate::postgres) fn set(name: &str, value: &str) -> String {
    format!("; SET LOCAL {name} = '{value}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_set_beyond_the_end_of_the_transaction() {
        let sql = begin(Isolation::RepeatableRead, 18, Duration::from_secs(7));
        let (first, settings) = sql.split_once("; ").unwrap();
        assert_eq!(first, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        assert!(settings.split("; ").all(|setting| setting.starts_with("SET LOCAL ")), "{sql}");
        assert!(settings.ends_with("SET LOCAL statement_timeout = '7000'"), "{sql}");
    }

    #[test]
    fn a_server_is_not_asked_for_settings_that_it_does_not_know() {
        let sets = |version| {
            begin(Isolation::ReadCommitted, version, Duration::ZERO).contains("transaction_timeout")
        };
        assert_eq!([0, 16, 17, 18].map(sets), [false, false, true, true]);
    }
}
