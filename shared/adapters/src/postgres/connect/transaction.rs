//! The transactions of pgfold. Every statement is in a transaction, and settings are set for the
//! transaction only, because the session may belong to a pooler that lends it to others afterwards.

use std::time::Duration;

/// The first version of PostgreSQL that limits the time of transactions.
const LIMITS_TRANSACTIONS: u32 = 17;

/// The settings of every transaction, which override those of the role, the database and the
/// server.
///
/// - Values have the same text in every session, because keys are sent as texts.
/// - A scan starts at the first block, so that rows without an order are returned in the same order
///   each time; and an index returns all rows that it finds.
/// - A chunk uses one backend, because the connection budget does not include parallel workers.
/// - The only time limits are pgfold's own. A statement ends soon after its caller has gone, even
///   if it waits for a lock, and so does a transaction between two statements.
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
    /// Each statement sees its own instant.
    ReadCommitted,
    /// All statements see one instant.
    RepeatableRead,
}

/// Returns the SQL that opens a read-only transaction on a server of major version `version`, and
/// limits each of its statements to `timeout`.
pub(in crate::postgres) fn begin(isolation: Isolation, version: u32, timeout: Duration) -> String {
    let isolation = match isolation {
        Isolation::ReadCommitted => "READ COMMITTED",
        Isolation::RepeatableRead => "REPEATABLE READ",
    };
    let mut sql = format!("BEGIN ISOLATION LEVEL {isolation} READ ONLY");
    // Set first, because the transaction's time is already running.
    if version >= LIMITS_TRANSACTIONS {
        sql += &set("transaction_timeout", "0");
    }
    for (name, value) in SETTINGS {
        sql += &set(name, value);
    }
    sql + &set("statement_timeout", &timeout.as_millis().to_string())
}

/// Returns the SQL that sets a setting until the end of the transaction. It follows another
/// statement.
pub(in crate::postgres) fn set(name: &str, value: &str) -> String {
    format!("; SET LOCAL {name} = '{value}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_ends_with_the_transaction() {
        let sql = begin(Isolation::RepeatableRead, 18, Duration::from_secs(7));
        let (first, settings) = sql.split_once("; ").unwrap();
        assert_eq!(first, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        assert!(settings.split("; ").all(|setting| setting.starts_with("SET LOCAL ")), "{sql}");
        assert!(settings.ends_with("SET LOCAL statement_timeout = '7000'"), "{sql}");
    }

    #[test]
    fn settings_unknown_to_a_server_version_are_not_set() {
        let sets = |version| {
            begin(Isolation::ReadCommitted, version, Duration::ZERO).contains("transaction_timeout")
        };
        assert_eq!([0, 16, 17, 18].map(sets), [false, false, true, true]);
    }
}
