use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::range::BlockRange;
use crate::rows::Key;

/// The cuts of a source, in the form in which plans are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cuts {
    Keys {
        /// The first key of each chunk, in the source's order. Only the first may be `None`: that
        /// chunk starts before every key.
        starts: Vec<Option<Key>>,
        /// The first key beyond the last chunk; `None` if the chunk has no upper bound, or there is
        /// no chunk.
        end: Option<Key>,
    },
    /// The blocks of each chunk.
    Blocks(Vec<Vec<BlockRange>>),
}

impl Cuts {
    /// Returns the number of chunks.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Keys { starts, .. } => starts.len(),
            Self::Blocks(chunks) => chunks.len(),
        }
    }

    /// Returns the chunks at these places, which exist.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        match self {
            Self::Keys { starts, end } => {
                let end = starts.get(range.end).unwrap_or(end);
                let end = if range.is_empty() { None } else { end.clone() };
                Self::Keys { starts: starts[range].to_vec(), end }
            }
            Self::Blocks(chunks) => Self::Blocks(chunks[range].to_vec()),
        }
    }

    /// Adds the chunks that follow. Returns whether they do.
    pub(super) fn join(&mut self, next: Self) -> bool {
        match (self, next) {
            (Self::Keys { starts, end }, Self::Keys { starts: next, end: next_end })
                if end.is_some() && next.first() == Some(&*end) =>
            {
                starts.extend(next);
                *end = next_end;
                true
            }
            (Self::Blocks(chunks), Self::Blocks(next))
                if blocks_follow(chunks.last().into_iter().chain(&next)) =>
            {
                chunks.extend(next);
                true
            }
            _ => false,
        }
    }
}

/// Returns whether chunks of blocks follow each other: every relation's blocks once and in order.
pub(super) fn blocks_follow<'a>(chunks: impl IntoIterator<Item = &'a Vec<BlockRange>>) -> bool {
    let mut last: Option<BlockRange> = None;
    for chunk in chunks {
        if chunk.is_empty() {
            return false;
        }
        for &next in chunk {
            let follows = last.is_none_or(|last| match last.end() {
                Some(end) => next.relation() == last.relation() && next.start() == end,
                None => next.relation() != last.relation() && next.start() == 0,
            });
            if !follows {
                return false;
            }
            last = Some(next);
        }
    }
    true
}

/// Returns whether chunks that start at these keys follow each other up to `end`. Only integers are
/// checked for their order, because only the source knows the order of other keys.
pub(super) fn keys_follow(starts: &[Option<Key>], end: Option<&Key>) -> bool {
    let Some((first, others)) = starts.split_first() else { return end.is_none() };
    let bounds: Vec<Option<&Key>> = others.iter().map(Option::as_ref).collect();
    if bounds.contains(&None) {
        return false;
    }
    let bounds: Vec<&Key> = first.iter().chain(bounds.into_iter().flatten()).chain(end).collect();
    bounds.windows(2).all(|pair| match (pair[0], pair[1]) {
        (Key::Integer(before), Key::Integer(after)) => before < after,
        (Key::Text(before), Key::Text(after)) => before != after,
        _ => false,
    })
}
