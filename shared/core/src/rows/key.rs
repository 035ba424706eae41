use std::fmt;

use serde::{Deserialize, Serialize};

/// The key of a row. A table is cut by its keys, and an answer names a row by its key.
///
/// In JSON it is a number or a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// A key of an integer type.
    Integer(i64),
    /// A key of any other type, as the source spells it. The source may order such keys
    /// differently from their texts.
    Text(String),
}

impl Key {
    /// The most bytes of a key's text. Answers contain keys, and messages contain bounds of keys,
    /// so their size is limited.
    pub const LONGEST: usize = 256;

    /// Borrows the key.
    pub fn as_ref(&self) -> KeyRef<'_> {
        match self {
            Self::Integer(key) => KeyRef::Integer(*key),
            Self::Text(key) => KeyRef::Text(key),
        }
    }
}

impl From<i64> for Key {
    fn from(key: i64) -> Self {
        Self::Integer(key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(key) => key.fmt(f),
            Self::Text(key) => key.fmt(f),
        }
    }
}

/// How the keys of a source are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// As integers.
    Integer,
    /// As the database spells them.
    Text,
    /// Not at all: rows are without keys, because no kernel reads them. [`KeyRef`] is then 0.
    Unsent,
}

impl KeyKind {
    /// Returns the number of fields of a row's key.
    pub(crate) const fn fields(self) -> usize {
        match self {
            Self::Integer | Self::Text => 1,
            Self::Unsent => 0,
        }
    }
}

/// A borrowed [`Key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyRef<'a> {
    /// A key of an integer type.
    Integer(i64),
    /// A key of any other type.
    Text(&'a str),
}

impl KeyRef<'_> {
    /// Copies the key.
    pub fn to_key(self) -> Key {
        match self {
            Self::Integer(key) => Key::Integer(key),
            Self::Text(key) => Key::Text(key.to_owned()),
        }
    }
}

impl From<i64> for KeyRef<'_> {
    fn from(key: i64) -> Self {
        Self::Integer(key)
    }
}

impl<'a> From<&'a str> for KeyRef<'a> {
    fn from(key: &'a str) -> Self {
        Self::Text(key)
    }
}
