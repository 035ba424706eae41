use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    partition::Partition,
    rows::Key,
};

/// The rows of one chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkRange {
    /// The rows with keys in a range.
    Keys(KeyRange),
    /// The rows in some blocks of the table at one instant. At another instant a row may be in
    /// another block.
    Blocks(Vec<BlockRange>),
    /// The groups of a partition, which the second stage merges.
    Partition(Partition),
}

impl ChunkRange {
    /// Returns the partition if it is one.
    pub const fn partition(&self) -> Option<Partition> {
        match self {
            Self::Partition(partition) => Some(*partition),
            Self::Keys(_) | Self::Blocks(_) => None,
        }
    }
}

impl fmt::Display for ChunkRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(range) => range.fmt(f),
            Self::Partition(partition) => partition.fmt(f),
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

/// A half-open range of keys: `start <= key < end`. Without `start` it has no lower bound, without
/// `end` no upper bound.
///
/// A range of integers is never empty. Only the source knows whether a range of other keys is
/// empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedKeyRange")]
pub struct KeyRange {
    start: Option<Key>,
    end: Option<Key>,
}

impl KeyRange {
    /// Returns the range of all keys.
    pub const fn all() -> Self {
        Self { start: None, end: None }
    }

    /// Makes the range of the keys from `start` up to, and not including, `end`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if certainly no key lies between `start` and `end`, or they differ in
    /// type.
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

    /// Returns the smallest key that the range may contain; `None` if it contains every key before
    /// its end.
    pub fn start(&self) -> Option<&Key> {
        self.start.as_ref()
    }

    /// Returns the smallest key beyond the range; `None` if no key lies beyond it.
    pub fn end(&self) -> Option<&Key> {
        self.end.as_ref()
    }

    /// Splits the range into up to `parts` parts of about equally many keys, in order. A range
    /// without a bound, or with keys that are not integers, stays whole.
    pub fn split(&self, parts: u16) -> Vec<Self> {
        let (Some(Key::Integer(start)), Some(Key::Integer(end))) = (&self.start, &self.end) else {
            return vec![self.clone()];
        };
        let (start, width) = (i128::from(*start), i128::from(*end) - i128::from(*start));
        let parts = i128::from(parts.max(1)).min(width);
        // Between the ends, so it fits in an i64.
        let bound = |part: i128| Some(Key::Integer((start + width * part / parts) as i64));
        (0..parts).map(|part| Self { start: bound(part), end: bound(part + 1) }).collect()
    }

    /// Returns whether an integer key is in the range; a range of other keys contains none.
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
#[serde(deny_unknown_fields)]
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

/// Consecutive blocks of one table or partition: `start <= block < end`. Without `end` it is all
/// blocks from `start` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32, Option<u32>)", into = "(u32, u32, Option<u32>)")]
pub struct BlockRange {
    relation: u32,
    start: u32,
    end: Option<u32>,
}

impl BlockRange {
    /// Splits the range into up to `parts` parts of about equally many blocks, in order. `blocks`
    /// is the relation's present number of blocks. If the range has no end, the last part has none.
    pub fn split(self, parts: u16, blocks: u32) -> Vec<Self> {
        let end = self.end.unwrap_or(blocks.max(self.start + 1));
        let width = u64::from(end - self.start);
        let parts = u64::from(parts.max(1)).min(width);
        // Between start and end, so it fits in a u32.
        let bound = |part: u64| self.start + (width * part / parts) as u32;
        let part = |part: u64| {
            let end = if part + 1 == parts { self.end } else { Some(bound(part + 1)) };
            Self { start: bound(part), end, ..self }
        };
        (0..parts).map(part).collect()
    }

    /// Makes the range of the blocks of `relation` from `start` up to, and not including, `end`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the range is empty.
    pub fn new(relation: u32, start: u32, end: Option<u32>) -> Result<Self> {
        let range = Self { relation, start, end };
        if end.is_some_and(|end| end <= start) {
            return Err(Error::Invalid(format!("there is no block in {range}")));
        }
        Ok(range)
    }

    /// Returns the number of the table or partition in the database.
    pub const fn relation(self) -> u32 {
        self.relation
    }

    /// Returns the first block.
    pub const fn start(self) -> u32 {
        self.start
    }

    /// Returns the first block beyond the range; `None` if the range has no end.
    pub const fn end(self) -> Option<u32> {
        self.end
    }

    /// Returns whether a block of its relation is in the range.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_of_a_key_range_cover_it_once(a in any::<i64>(), b in any::<i64>(), parts in 0..40_u16) {
            prop_assume!(a != b);
            let range = KeyRange::new(Some(a.min(b).into()), Some(a.max(b).into())).unwrap();
            let split = range.split(parts);
            prop_assert!(split.len() <= usize::from(parts.max(1)));
            prop_assert_eq!((split[0].start(), split.last().unwrap().end()), (range.start(), range.end()));
            for (one, next) in split.iter().zip(&split[1..]) {
                prop_assert_eq!(one.end(), next.start());
            }
            prop_assert!(split.iter().all(|part| part.start() < part.end()));
        }

        #[test]
        fn parts_of_a_block_range_cover_it_once(
            start in 0..1000_u32, length in 1..1000_u32, open in any::<bool>(),
            blocks in any::<u32>(), parts in 0..40_u16,
        ) {
            let range = BlockRange::new(7, start, (!open).then_some(start + length)).unwrap();
            let split = range.split(parts, blocks);
            prop_assert!(split.len() <= usize::from(parts.max(1)));
            prop_assert_eq!((split[0].start(), split.last().unwrap().end()), (start, range.end()));
            for (one, next) in split.iter().zip(&split[1..]) {
                prop_assert_eq!(one.end(), Some(next.start()));
                prop_assert!(one.start() < next.start());
            }
        }
    }

    #[test]
    fn open_ranges_and_ranges_of_texts_stay_whole() {
        let texts = KeyRange::new(Some(Key::Text("a".to_owned())), None).unwrap();
        assert_eq!(texts.split(9), std::slice::from_ref(&texts));
        let open = KeyRange::new(Some(1.into()), None).unwrap();
        assert_eq!(open.split(9), [open]);
    }
}
