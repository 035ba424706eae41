use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Key, Result};

/// The rows of one chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkRange {
    /// Those whose key is in a range.
    Keys(KeyRange),
    /// Those in some blocks of the table, as one instant has them: a row may be elsewhere at any
    /// other.
    Blocks(Vec<BlockRange>),
}

impl fmt::Display for ChunkRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(range) => range.fmt(f),
            Self::Blocks(ranges) => {
                let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
                write!(f, "blocks {}", ranges.join(" and "))
            }
        }
    }
}

impl From<KeyRange> for ChunkRange {
    fn from(range: KeyRange) -> Self {
        Self::Keys(range)
    }
}

/// Half-open range of keys: `start <= key < end`. Without `start` it begins before every key,
/// without `end` it reaches beyond every key.
///
/// A range of integers is never empty; whether one of other keys is, only the source knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedKeyRange")]
pub struct KeyRange {
    start: Option<Key>,
    end: Option<Key>,
}

impl KeyRange {
    /// The keys from `start` up to but not including `end`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is plain that no key lies between them.
    pub fn new(start: Option<Key>, end: Option<Key>) -> Result<Self> {
        let holds_keys = match (&start, &end) {
            (Some(Key::Integer(start)), Some(Key::Integer(end))) => start < end,
            (Some(Key::Text(start)), Some(Key::Text(end))) => start != end,
            (Some(_), Some(_)) => false,
            (None, _) | (_, None) => true,
        };
        let range = Self { start, end };
        if holds_keys {
            Ok(range)
        } else {
            Err(Error::Invalid(format!("the key range {range} holds no key")))
        }
    }

    /// The smallest key that the range may hold; `None` if every key before its end is in it.
    pub fn start(&self) -> Option<&Key> {
        self.start.as_ref()
    }

    /// The smallest key beyond the range; `None` if there is none.
    pub fn end(&self) -> Option<&Key> {
        self.end.as_ref()
    }

    /// Whether an integer key is in the range; none is in a range of other keys.
    pub fn contains(&self, key: i64) -> bool {
        let key = Key::Integer(key);
        let kind = |bound: &Key| matches!(bound, Key::Integer(_));
        self.start.as_ref().is_none_or(|start| kind(start) && *start <= key)
            && self.end.as_ref().is_none_or(|end| kind(end) && key < *end)
    }
}

impl fmt::Display for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(start) = &self.start {
            start.fmt(f)?;
        }
        f.write_str("..")?;
        self.end.iter().try_for_each(|end| end.fmt(f))
    }
}

#[derive(Deserialize)]
struct UncheckedKeyRange {
    start: Option<Key>,
    end: Option<Key>,
}

impl TryFrom<UncheckedKeyRange> for KeyRange {
    type Error = Error;

    fn try_from(range: UncheckedKeyRange) -> Result<Self> {
        Self::new(range.start, range.end)
    }
}

/// Consecutive blocks of one table, or of one partition: `start <= block < end`, without `end`
/// all from `start` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32, Option<u32>)", into = "(u32, u32, Option<u32>)")]
pub struct BlockRange {
    relation: u32,
    start: u32,
    end: Option<u32>,
}

impl BlockRange {
    /// The blocks of `relation` from `start` up to but not including `end`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is none.
    pub fn new(relation: u32, start: u32, end: Option<u32>) -> Result<Self> {
        let range = Self { relation, start, end };
        if end.is_some_and(|end| end <= start) {
            return Err(Error::Invalid(format!("there is no block in {range}")));
        }
        Ok(range)
    }

    /// The table or partition, as the database numbers it.
    pub const fn relation(self) -> u32 {
        self.relation
    }

    /// The first block.
    pub const fn start(self) -> u32 {
        self.start
    }

    /// The first block beyond; `None` if the range has all blocks from its start on.
    pub const fn end(self) -> Option<u32> {
        self.end
    }

    /// Whether a block of its relation is in the range.
    pub fn contains(self, block: u32) -> bool {
        self.start <= block && self.end.is_none_or(|end| block < end)
    }
}

impl fmt::Display for BlockRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..", self.start)?;
        self.end.iter().try_for_each(|end| end.fmt(f))?;
        write!(f, " of relation {}", self.relation)
    }
}

impl TryFrom<(u32, u32, Option<u32>)> for BlockRange {
    type Error = Error;

    fn try_from((relation, start, end): (u32, u32, Option<u32>)) -> Result<Self> {
        Self::new(relation, start, end)
    }
}

impl From<BlockRange> for (u32, u32, Option<u32>) {
    fn from(BlockRange { relation, start, end }: BlockRange) -> Self {
        (relation, start, end)
    }
}
