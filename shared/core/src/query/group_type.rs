use serde::{Deserialize, Serialize};

/// The type of the values of a group, which decides their order and how JSON has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupType {
    /// Booleans, one byte, 0 or 1.
    Boolean,
    /// Whole numbers, an `i64`, big-endian.
    Integer,
    /// Decimals, as texts without trailing zeros after the point.
    Numeric,
    /// Texts, and labels of an enum, as UTF-8. They are ordered by their bytes.
    Text,
    /// Days, sent as instants at midnight UTC.
    Date,
    /// Times without a time zone, sent as instants in UTC.
    Timestamp,
    /// Instants: an `i64` of microseconds since 2000-01-01T00:00:00Z, big-endian.
    TimestampTz,
    /// UUIDs, 16 bytes.
    Uuid,
}
