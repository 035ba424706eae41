use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    ChunkCount, ChunkIndex, Error, KeyRange, Result, TaskId, Timestamp, kernel::KernelSpec,
};

/// What is known of a table's keys without reading the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatistics {
    /// The smallest key, exactly.
    pub min: i64,
    /// The largest key, exactly.
    pub max: i64,
    /// Keys in ascending order with about as many rows between any two neighbours. The first
    /// and the last stand for the two ends, where `min` and `max` know better. They may be out
    /// of date, and may be none.
    pub quantiles: Vec<i64>,
}

/// How a source is cut: chunks that follow each other without gap or overlap.
///
/// A plan of an empty table has no chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedPlan")]
pub struct Plan {
    /// Where each chunk starts, strictly ascending.
    starts: Vec<i64>,
    /// Where the last chunk ends; `None` where no key lies beyond it, or there is no chunk.
    end: Option<i64>,
}

impl Plan {
    /// Cuts the keys from `min` to `max` in `chunks` chunks with about equally many rows, or
    /// in fewer where there are too few different keys.
    pub fn new(statistics: Option<&KeyStatistics>, chunks: ChunkCount) -> Self {
        let Some(KeyStatistics { min, max, quantiles }) = statistics else {
            return Self { starts: Vec::new(), end: None };
        };
        let edges = edges(*min, *max, quantiles);
        let mut starts = vec![*min];
        for cut in 1..chunks.get() {
            let start = at(&edges, cut, chunks.get());
            // Skewed rows or few keys can put two cuts on one key.
            if starts.last().is_some_and(|&last| last < start) && start <= *max {
                starts.push(start);
            }
        }
        Self { starts, end: max.checked_add(1) }
    }

    /// The number of chunks.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is no chunk, as for an empty table.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The chunks in the order of their keys.
    pub fn chunks(&self) -> impl Iterator<Item = (ChunkIndex, KeyRange)> {
        let ends = self.starts.iter().skip(1).copied().map(Some).chain([self.end]);
        self.starts.iter().zip(ends).enumerate().map(|(index, (&start, end))| {
            #[expect(clippy::expect_used, reason = "starts ascend, end lies beyond the last")]
            let range = KeyRange::new(start, end).expect("chunks of a plan hold keys");
            (ChunkIndex(index as u16), range)
        })
    }

    /// The plan as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::corrupt("a plan", error))
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is none.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a plan", error))
    }

    /// The keys of a chunk; `None` if there is no such chunk.
    pub fn range(&self, ChunkIndex(index): ChunkIndex) -> Option<KeyRange> {
        let start = *self.starts.get(usize::from(index))?;
        let end = self.starts.get(usize::from(index) + 1).copied().or(self.end);
        KeyRange::new(start, end).ok()
    }

    /// How many chunks stores keep together.
    ///
    /// A record has some 450 bytes, so 16 of them are 8 KB, of which DynamoDB bills a write by
    /// 4 on average. With more, each write bills more; with fewer, a job has more pieces to be
    /// counted, each by another write.
    pub const PIECE: u16 = 16;

    /// The plan in pieces of [`PIECE`](Plan::PIECE) chunks, the last perhaps of fewer: plans that
    /// follow each other. A plan without a chunk is one piece.
    pub fn pieces(&self) -> Vec<Plan> {
        if self.is_empty() {
            return vec![self.clone()];
        }
        let width = usize::from(Self::PIECE);
        let ends = self.starts.iter().skip(width).step_by(width).copied().map(Some);
        let pieces = self.starts.chunks(width).zip(ends.chain([self.end]));
        pieces.map(|(starts, end)| Plan { starts: starts.to_vec(), end }).collect()
    }

    /// The plan whose [`pieces`](Plan::pieces) these are, in their order.
    ///
    /// # Errors
    /// [`Error::Invalid`] if one does not start where the one before it ends.
    pub fn joined(pieces: impl IntoIterator<Item = Plan>) -> Result<Self> {
        let mut joined: Option<Self> = None;
        for piece in pieces {
            match &mut joined {
                None => joined = Some(piece),
                Some(plan) if plan.end.is_some() && piece.starts.first() == plan.end.as_ref() => {
                    plan.starts.extend(piece.starts);
                    plan.end = piece.end;
                }
                Some(plan) => {
                    let (end, start) = (plan.end, piece.starts.first());
                    return Err(Error::Invalid(format!(
                        "a piece of a plan that starts at {start:?} after one that ends at {end:?}"
                    )));
                }
            }
        }
        joined.ok_or_else(|| Error::Invalid("a plan without a piece".to_owned()))
    }
}

/// `min`, the inner quantiles that lie between, and the key after `max`: the edges of ranges
/// that hold about equally many rows each.
fn edges(min: i64, max: i64, quantiles: &[i64]) -> Vec<i128> {
    let inner = quantiles.get(1..quantiles.len().saturating_sub(1)).unwrap_or_default();
    let inner = inner.iter().copied().filter(|&key| min < key && key < max);
    let mut edges = vec![i128::from(min)];
    edges.extend(inner.map(i128::from));
    edges.push(i128::from(max) + 1);
    edges
}

/// The key below which `part` of `whole` rows lie, if rows are spread evenly between edges.
fn at(edges: &[i128], part: u16, whole: u16) -> i64 {
    let ranges = edges.len() - 1;
    let position = usize::from(part) * ranges;
    let (index, rest) = (position / usize::from(whole), position % usize::from(whole));
    let (low, high) = (edges[index], edges[index + 1]);
    // Widths are below 2^65 and rest below 2^16: an i128 holds the product.
    let key = low + (high - low) * rest as i128 / i128::from(whole);
    // The key lies from min up to max + 1, which is one too far for an i64 only.
    i64::try_from(key).unwrap_or(i64::MAX)
}

#[derive(Deserialize)]
struct UncheckedPlan {
    starts: Vec<i64>,
    end: Option<i64>,
}

impl TryFrom<UncheckedPlan> for Plan {
    type Error = Error;

    fn try_from(UncheckedPlan { starts, end }: UncheckedPlan) -> Result<Self> {
        let ascend = starts.windows(2).all(|pair| pair[0] < pair[1]);
        let ends = match (starts.last(), end) {
            (Some(last), Some(end)) => *last < end,
            (Some(_), None) => true,
            (None, end) => end.is_none(),
        };
        if ascend && ends && starts.len() <= usize::from(ChunkCount::MAX) {
            Ok(Self { starts, end })
        } else {
            let count = starts.len();
            Err(Error::Invalid(format!(
                "{count} chunks up to {end:?} that do not follow each other"
            )))
        }
    }
}

/// A fingerprint of a job's chunks: 16 hexadecimal digits of SHA-256 over its id, when it was
/// planned, its kernel and its plan. A chunk is recorded only on the job it was cut for, even if
/// that was lost and its id has been given to another since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(String);

impl PlanHash {
    /// The fingerprint of a job that runs `kernel` over the chunks of `plan`.
    pub(crate) fn new(
        task_id: TaskId,
        planned_at: Timestamp,
        kernel: &KernelSpec,
        plan: &Plan,
    ) -> Self {
        let what = serde_json::json!([task_id, planned_at, kernel, plan.starts, plan.end]);
        let digest = Sha256::digest(what.to_string().as_bytes());
        Self(digest[..8].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(min: i64, max: i64, quantiles: &[i64], chunks: u64) -> Plan {
        let statistics = KeyStatistics { min, max, quantiles: quantiles.to_vec() };
        Plan::new(Some(&statistics), ChunkCount::new(chunks).unwrap())
    }

    fn ranges(plan: &Plan) -> Vec<String> {
        plan.chunks().map(|(_, range)| range.to_string()).collect()
    }

    #[test]
    fn without_quantiles_chunks_are_equally_wide() {
        let plan = plan(1, 1_000_000, &[], 4);
        assert_eq!(
            ranges(&plan),
            ["1..250001", "250001..500001", "500001..750001", "750001..1000001"]
        );
    }

    #[test]
    fn quantiles_outweigh_gaps() {
        // Three quarters of the rows have ids up to 300; the last quarter lies beyond.
        let quantiles = [1, 100, 200, 300, 5_000_000_000];
        let plan = plan(1, 5_000_000_100, &quantiles, 2);
        assert_eq!(ranges(&plan), ["1..200", "200..5000000101"]);
    }

    #[test]
    fn no_row_has_no_chunk_and_one_row_has_one() {
        assert!(Plan::new(None, ChunkCount::default()).is_empty());
        assert_eq!(ranges(&plan(7, 7, &[], 4)), ["7..8"]);
        assert_eq!(ranges(&plan(-2, 0, &[-2, -1, 0], 4)), ["-2..-1", "-1..0", "0..1"]);
    }

    #[test]
    fn the_full_range_of_keys_has_an_open_end() {
        let plan = plan(i64::MIN, i64::MAX, &[], 2);
        assert_eq!(ranges(&plan), ["-9223372036854775808..0", "0.."]);
        let last = plan.chunks().last().unwrap().1;
        assert!(last.contains(i64::MAX));
    }

    #[test]
    fn a_plan_reads_back_and_a_broken_one_does_not() {
        let plan = plan(i64::MIN, i64::MAX, &[5, 6, 7], 4);
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
        for broken in [
            r#"{"starts":[1,1],"end":9}"#,
            r#"{"starts":[2,1],"end":9}"#,
            r#"{"starts":[1,9],"end":9}"#,
            r#"{"starts":[],"end":9}"#,
        ] {
            assert!(serde_json::from_str::<Plan>(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn pieces_that_do_not_follow_each_other_are_no_plan() {
        let pieces = plan(1, 1000, &[], 40).pieces();
        let swapped = [pieces[0].clone(), pieces[2].clone()];
        let open = [plan(0, i64::MAX, &[], 2), pieces[0].clone()];
        for wrong in [&[][..], &swapped, &open] {
            assert!(Plan::joined(wrong.iter().cloned()).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_plans_and_join_again(keys in 0_i64..200, chunks in 1..99_u64) {
            let statistics = KeyStatistics { min: 1, max: keys, quantiles: Vec::new() };
            let statistics = Some(&statistics).filter(|_| keys > 0);
            let plan = Plan::new(statistics, ChunkCount::new(chunks).unwrap());
            let pieces = plan.pieces();
            prop_assert_eq!(pieces.len(), plan.len().div_ceil(16).max(1));
            for (ChunkIndex(chunk), range) in plan.chunks() {
                let piece = &pieces[usize::from(chunk / Plan::PIECE)];
                prop_assert_eq!(piece.range(ChunkIndex(chunk % Plan::PIECE)), Some(range));
            }
            prop_assert_eq!(Plan::joined(pieces).unwrap(), plan);
        }

        #[test]
        fn chunks_cover_every_key_exactly_once(
            bounds: (i64, i64),
            mut quantiles in prop::collection::vec(any::<i64>(), 0..120),
            chunks in 1..=200_u64,
            probes: [i64; 16],
        ) {
            quantiles.sort_unstable();
            let (min, max) = (bounds.0.min(bounds.1), bounds.0.max(bounds.1));
            let plan = plan(min, max, &quantiles, chunks);
            prop_assert!(plan.len() <= usize::try_from(chunks).unwrap());
            let ranges: Vec<KeyRange> = plan.chunks().map(|(_, range)| range).collect();
            prop_assert_eq!(ranges[0].start(), min);
            prop_assert_eq!(ranges[ranges.len() - 1].end(), max.checked_add(1));
            for pair in ranges.windows(2) {
                prop_assert_eq!(pair[0].end(), Some(pair[1].start()));
            }
            for (chunk, range) in plan.chunks() {
                prop_assert_eq!(plan.range(chunk), Some(range));
            }
            prop_assert_eq!(plan.range(ChunkIndex(plan.len() as u16)), None);
            for key in probes.into_iter().chain(quantiles).chain([min, max]) {
                let holders = ranges.iter().filter(|range| range.contains(key)).count();
                prop_assert_eq!(holders, usize::from(min <= key && key <= max));
            }
        }

        #[test]
        fn small_ranges_are_cut_in_as_many_chunks_as_there_are_keys(
            min in -100_i64..100,
            width in 0_i64..70,
            chunks in 1..=64_u64,
        ) {
            let plan = plan(min, min + width, &[], chunks);
            let keys = u64::try_from(width).unwrap() + 1;
            prop_assert_eq!(plan.len() as u64, chunks.min(keys));
        }

        #[test]
        fn chunks_hold_equally_many_rows_in_spite_of_skew(
            mut keys in prop::collection::btree_set(
                prop_oneof![any::<i64>(), -1000_i64..1000, (1_i64 << 40)..(1 << 40) + 5000],
                400..1200,
            ),
            chunks in 1..9_u64,
        ) {
            let keys: Vec<i64> = std::mem::take(&mut keys).into_iter().collect();
            // As in pg_stats: the smallest, the largest and 99 between at equal distances.
            let quantiles: Vec<i64> = (0..=100).map(|i| keys[i * (keys.len() - 1) / 100]).collect();
            let plan = plan(keys[0], keys[keys.len() - 1], &quantiles, chunks);
            let share = keys.len() / usize::try_from(chunks).unwrap();
            let slack = keys.len() / 100 + 2;
            for (_, range) in plan.chunks() {
                let rows = keys.iter().filter(|&&key| range.contains(key)).count();
                prop_assert!(rows.abs_diff(share) <= 2 * slack, "{rows} rows, not {share}");
            }
        }
    }
}
