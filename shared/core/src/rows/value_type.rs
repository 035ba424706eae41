use serde::{Deserialize, Serialize};

/// The type of a column's values, as files have them, and the form in which a source sends them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// A boolean: one byte, 0 or 1.
    Boolean,
    /// A whole number of 16 bits, sent as an `i64`, big-endian.
    Smallint,
    /// A whole number of 32 bits, sent as an `i64`, big-endian.
    Integer,
    /// A whole number of 64 bits: an `i64`, big-endian.
    Bigint,
    /// A float of 32 bits, sent as an `f64`, big-endian.
    Real,
    /// A float: an `f64`, big-endian.
    Double,
    /// A decimal of at most so many digits, of which so many are after the point, in PostgreSQL's
    /// binary form.
    Numeric {
        /// The most digits, from 1 to [`ValueType::MOST_DIGITS`].
        precision: u8,
        /// The digits after the point, at most `precision`.
        scale: u8,
    },
    /// A text, as UTF-8.
    Text,
    /// Bytes.
    Bytes,
    /// A day: an `i32` of days since 2000-01-01, big-endian. The least is minus infinity, the
    /// greatest is infinity.
    Date,
    /// A time of day: an `i64` of microseconds since midnight, big-endian.
    Time,
    /// A time without a time zone: an `i64` of microseconds since 2000-01-01T00:00:00, big-endian.
    /// The least is minus infinity, the greatest is infinity.
    Timestamp,
    /// An instant: as a timestamp, in UTC.
    Timestamptz,
    /// A UUID: its 16 bytes.
    Uuid,
    /// JSON, as text.
    Json,
    /// A number in decimal digits, or another value that no type above has, as text.
    Other,
}

impl ValueType {
    /// The most digits of a decimal in a file; a decimal of more is sent as text.
    pub const MOST_DIGITS: u8 = 38;
}
