//! How a source is cut into chunks, and which columns are read of each row.
//!
//! May use: `output`, `query`, `rows`.

mod blocks;
mod chunk;
mod cuts;
mod keys;
mod partitions;
mod planned;
mod projection;
mod range;
mod relation_id;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
pub use chunk::{ChunkCount, ChunkIndex};
use cuts::Cuts;
pub use keys::KeyStatistics;
use partitions::Partitions;
pub use planned::Planned;
pub use projection::Projection;
pub use range::{BlockRange, ChunkRange, KeyRange};
pub use relation_id::RelationId;

/// The plan of a job: the chunks of a source, without gap or overlap, and after them the partitions
/// of its groups, if it has a second stage. The plan of an empty table has neither, but a job that
/// writes files has at least one chunk.
///
/// A partition is planned, recorded and counted as a chunk is, so where a chunk is named by its
/// index, the indexes after those of the source's chunks are those of partitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredPlan", into = "StoredPlan")]
pub struct Plan {
    cuts: Cuts,
    partitions: Partitions,
}

impl Plan {
    /// Makes the plan of an empty table.
    pub const fn empty() -> Self {
        Self::of_source(Cuts::Keys { starts: Vec::new(), end: None })
    }

    /// Makes the plan of one chunk that has all rows, whatever their keys are, and whether or not there
    /// are any.
    pub fn whole() -> Self {
        Self::of_cuts(Vec::new())
    }

    const fn of_source(cuts: Cuts) -> Self {
        Self { cuts, partitions: Partitions::NONE }
    }

    /// Returns the plan with a second stage of so many partitions. A plan without a chunk gets none.
    pub fn with_partitions(self, of: u16) -> Self {
        let of = if self.cuts.len() == 0 { 0 } else { of };
        Self { partitions: Partitions { start: 0, end: of, of }, ..self }
    }

    /// Returns the number of chunks, partitions included.
    pub fn len(&self) -> usize {
        self.cuts.len() + self.partitions.len()
    }

    /// Returns the number of partitions.
    pub fn partitions(&self) -> u16 {
        self.partitions.len() as u16
    }

    /// Returns whether the plan has no chunk, as that of an empty table.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the chunks in their order.
    pub fn chunks(&self) -> impl Iterator<Item = (ChunkIndex, ChunkRange)> {
        let index = (0..self.len() as u16).map(ChunkIndex);
        index.filter_map(|chunk| Some((chunk, self.range(chunk)?)))
    }

    /// Returns the rows of a chunk, or a partition; `None` if the plan has no such chunk.
    pub fn range(&self, ChunkIndex(index): ChunkIndex) -> Option<ChunkRange> {
        let index = usize::from(index);
        match &self.cuts {
            _ if index >= self.cuts.len() => {
                self.partitions.get(index - self.cuts.len()).map(ChunkRange::Partition)
            }
            Cuts::Keys { starts, end } => {
                let start = starts.get(index)?.clone();
                let end = starts.get(index + 1).unwrap_or(end).clone();
                KeyRange::new(start, end).ok().map(ChunkRange::Keys)
            }
            Cuts::Blocks(chunks) => chunks.get(index).cloned().map(ChunkRange::Blocks),
        }
    }

    /// Returns the plan as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::corrupt("a plan", error))
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the JSON is not a plan.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a plan", error))
    }

    /// Splits the plan into consecutive plans of `width` chunks each; the last may have fewer. A
    /// `width` of 0 counts as 1. A plan without a chunk is one piece.
    pub fn pieces(&self, width: u16) -> Vec<Plan> {
        let starts = (0..self.len().max(1)).step_by(usize::from(width.max(1)));
        starts.map(|start| self.slice(start..start + usize::from(width.max(1)))).collect()
    }

    /// Returns the plan of those of its chunks that are in a range of indexes.
    pub fn slice(&self, range: Range<usize>) -> Plan {
        let of_source = self.cuts.len();
        let cuts = range.start.min(of_source)..range.end.min(of_source);
        let partitions =
            range.start.max(of_source) - of_source..range.end.max(of_source) - of_source;
        Self { cuts: self.cuts.slice(cuts), partitions: self.partitions.slice(partitions) }
    }

    /// Joins the [`pieces`](Plan::pieces) of a plan, in their order.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a piece does not start where the one before it ends.
    pub fn joined(pieces: impl IntoIterator<Item = Plan>) -> Result<Self> {
        let mut pieces = pieces.into_iter();
        let nothing = || Error::Invalid("a plan without a piece".to_owned());
        let mut joined = pieces.next().ok_or_else(nothing)?;
        for piece in pieces {
            let before = joined.clone();
            let follows = joined.partitions.join(piece.partitions)
                && (piece.cuts.len() == 0
                    || before.partitions.len() == 0 && joined.cuts.join(piece.cuts.clone()));
            if !follows {
                let ends = before.chunks().last().map(|(_, range)| range.to_string());
                let starts = piece.chunks().next().map(|(_, range)| range.to_string());
                return Err(Error::Invalid(format!(
                    "a piece of a plan that starts with {starts:?} after one that ends with {ends:?}"
                )));
            }
        }
        Ok(joined)
    }
}

/// The form in which plans are stored.
#[derive(Serialize, Deserialize)]
struct StoredPlan {
    #[serde(flatten)]
    cuts: Cuts,
    #[serde(default, skip_serializing_if = "Partitions::is_none")]
    partitions: Partitions,
}

impl TryFrom<StoredPlan> for Plan {
    type Error = Error;

    fn try_from(StoredPlan { cuts, partitions }: StoredPlan) -> Result<Self> {
        let follow = match &cuts {
            Cuts::Keys { starts, end } => cuts::keys_follow(starts, end.as_ref()),
            Cuts::Blocks(chunks) => cuts::blocks_follow(chunks),
        };
        if follow && cuts.len() <= usize::from(ChunkCount::MAX) {
            Ok(Self { cuts, partitions })
        } else {
            let count = cuts.len();
            Err(Error::Invalid(format!("{count} chunks that do not follow each other")))
        }
    }
}

impl From<Plan> for StoredPlan {
    fn from(Plan { cuts, partitions }: Plan) -> Self {
        Self { cuts, partitions }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(min: i64, max: i64, chunks: u64) -> Plan {
        let statistics = KeyStatistics { min, max, quantiles: Vec::new() };
        Plan::of_keys(&statistics, ChunkCount::new(chunks).unwrap())
    }

    #[test]
    fn a_plan_reads_back_and_a_broken_plan_is_an_error() {
        let texts: Vec<String> = ["a", "k", "z"].map(str::to_owned).into();
        let chunks = ChunkCount::default();
        for plan in [
            Plan::empty(),
            keys(i64::MIN, i64::MAX, 4),
            Plan::of_texts(&texts, chunks),
            Plan::of_blocks(&[(7, 3), (8, 900)], chunks),
        ] {
            assert_eq!(Plan::from_json(&plan.to_json().unwrap()).unwrap(), plan);
        }
        for broken in [
            r#"{"keys":{"starts":[1,1],"end":9}}"#,
            r#"{"keys":{"starts":[2,1],"end":9}}"#,
            r#"{"keys":{"starts":[1,9],"end":9}}"#,
            r#"{"keys":{"starts":[],"end":9}}"#,
            r#"{"keys":{"starts":[1,null],"end":9}}"#,
            r#"{"keys":{"starts":[1,"b"],"end":"c"}}"#,
            r#"{"keys":{"starts":["b","b"],"end":null}}"#,
            r#"{"blocks":[[[7,0,5]],[[7,6,9]]]}"#,
            r#"{"blocks":[[[7,0,5]],[[8,0,9]]]}"#,
            r#"{"blocks":[[[7,0,null]],[[8,1,9]]]}"#,
            r#"{"blocks":[[[7,5,5]]]}"#,
            r#"{"blocks":[[]]}"#,
        ] {
            assert!(Plan::from_json(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn pieces_that_do_not_follow_each_other_cannot_be_joined() {
        let pieces = keys(1, 1000, 40).pieces(16);
        let swapped = [pieces[0].clone(), pieces[2].clone()];
        let open = [keys(0, i64::MAX, 2), pieces[0].clone()];
        let blocks = Plan::of_blocks(&[(7, 100)], ChunkCount::new(40).unwrap()).pieces(16);
        let skipped = [blocks[0].clone(), blocks[2].clone()];
        let mixed = [pieces[0].clone(), blocks[1].clone()];
        for wrong in [&[][..], &swapped, &open, &skipped, &mixed] {
            assert!(Plan::joined(wrong.iter().cloned()).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_join_to_the_same_plan(
            rows in 0_u32..200,
            chunks in 1..99_u64,
            width in 1..20_u16,
            partitions in 0..40_u16,
        ) {
            let texts: Vec<String> = (0..=rows).map(|key| format!("{key:05}")).collect();
            let count = ChunkCount::new(chunks).unwrap();
            for plan in [
                if rows == 0 { Plan::empty() } else { keys(1, rows.into(), chunks) },
                Plan::of_texts(&texts, count),
                Plan::of_blocks(&[(1, rows / 3), (2, rows / 2), (3, 0), (4, rows)], count),
            ] {
                let plan = plan.with_partitions(partitions);
                let stored = Plan::from_json(&plan.to_json().unwrap()).unwrap();
                prop_assert_eq!(&stored, &plan);
                let pieces = plan.pieces(width);
                prop_assert_eq!(pieces.len(), plan.len().div_ceil(width.into()).max(1));
                for (ChunkIndex(chunk), range) in plan.chunks() {
                    let piece = &pieces[usize::from(chunk / width)];
                    prop_assert_eq!(piece.range(ChunkIndex(chunk % width)), Some(range));
                }
                prop_assert_eq!(plan.range(ChunkIndex(plan.len() as u16)), None);
                prop_assert_eq!(Plan::joined(pieces).unwrap(), plan);
            }
        }
    }
}
