use super::GroupType;

/// The type of a column that rows are filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterType {
    /// Booleans.
    Boolean,
    /// Whole numbers of this many bits, 16, 32 or 64, with a sign.
    Integer(u8),
    /// Floating-point numbers of 32 or 64 bits.
    Float(u8),
    /// Decimals of any size.
    Numeric,
    /// Texts.
    Text,
    /// Days.
    Date,
    /// Days and times of day, without a time zone.
    Timestamp,
    /// Instants.
    TimestampTz,
    /// UUIDs.
    Uuid,
    /// One of these labels.
    Enum(Vec<String>),
}

impl FilterType {
    /// The SQL names of the types that rows may be filtered by.
    pub const NAMES: &str = "boolean, smallint, integer, bigint, real, double precision, numeric, \
                             text, character varying, character, name, date, timestamp, uuid, enum";

    /// Returns the type of the groups that values of this type make; `None` for floating-point
    /// numbers, which make none.
    pub fn group_type(&self) -> Option<GroupType> {
        Some(match self {
            Self::Boolean => GroupType::Boolean,
            Self::Integer(_) => GroupType::Integer,
            Self::Float(_) => return None,
            Self::Numeric => GroupType::Numeric,
            Self::Text | Self::Enum(_) => GroupType::Text,
            Self::Date => GroupType::Date,
            Self::Timestamp => GroupType::Timestamp,
            Self::TimestampTz => GroupType::TimestampTz,
            Self::Uuid => GroupType::Uuid,
        })
    }

    /// Returns what a value of this type must be, as the end of a sentence: `must be …`.
    pub fn must_be(&self) -> String {
        match self {
            Self::Boolean => "must be true or false".to_owned(),
            Self::Integer(bits) => {
                let most = i64::MAX >> (64 - u32::from(*bits));
                format!("must be a whole number from {} to {most}", -most - 1)
            }
            Self::Float(32) => "must be 0, a number from 1e-45 to 3.4028235e38 or its negative, \
                                \"NaN\", \"Infinity\" or \"-Infinity\""
                .to_owned(),
            Self::Float(_) => "must be a number, \"NaN\", \"Infinity\" or \"-Infinity\"".to_owned(),
            Self::Numeric => {
                "must be a number of at most 15 digits, or a text of a decimal number \
                              such as \"12.50\""
                    .to_owned()
            }
            Self::Text => "must be a text without the character U+0000".to_owned(),
            Self::Date => "must be a day such as \"2026-11-01\"".to_owned(),
            Self::Timestamp => "must be a day such as \"2026-11-01\", or a day and time without a \
                                time zone such as \"2026-11-01T12:00:00.5\""
                .to_owned(),
            Self::TimestampTz => "must be an instant such as \"2026-11-01T12:00:00Z\" or \
                                  \"2026-11-01T12:00:00+01:00\", or a day such as \"2026-11-01\", \
                                  which starts at midnight UTC"
                .to_owned(),
            Self::Uuid => {
                "must be a UUID such as \"0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d\"".to_owned()
            }
            Self::Enum(labels) => format!("must be one of {}", labels.join(", ")),
        }
    }
}
