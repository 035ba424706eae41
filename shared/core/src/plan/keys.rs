use super::{Plan, cuts::Cuts};
use crate::{plan::ChunkCount, rows::Key};

/// Statistics of a table's integer keys, known without reading the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatistics {
    /// The exact smallest key.
    pub min: i64,
    /// The exact largest key.
    pub max: i64,
    /// Keys in ascending order, with about equally many rows between neighbours. The first and the
    /// last are the ends at the time of the statistics; `min` and `max` replace them. The keys may
    /// be out of date, and the list may be empty.
    pub quantiles: Vec<i64>,
}

impl KeyStatistics {
    /// Returns the keys at which those from `min` to `max` are cut in at most `chunks` chunks with
    /// about equally many rows.
    ///
    /// `min` and `max` may be any part of what the quantiles cover: rows are taken to be spread
    /// evenly between two quantiles, and beyond the quantiles as between the nearest two.
    pub fn cuts(&self, chunks: ChunkCount) -> Vec<i64> {
        let Self { min, max, quantiles } = self;
        let mut edges: Vec<f64> = quantiles.iter().map(|&edge| edge as f64).collect();
        if edges.len() < 2 || edges.first() == edges.last() {
            edges = vec![*min as f64, (*max as f64).max(*min as f64 + 1.0)];
        }
        let (first, last) = (rank(&edges, *min as f64), rank(&edges, *max as f64));
        let mut cuts: Vec<i64> = Vec::new();
        for cut in 1..chunks.get() {
            let part = f64::from(cut) / f64::from(chunks.get());
            let key = value(&edges, first + (last - first) * part) as i64;
            let before = cuts.last().copied().unwrap_or(*min);
            if before < key && key <= *max {
                cuts.push(key);
            }
        }
        cuts
    }
}

/// Returns the place of a key among edges, counted in ranges between two of them.
fn rank(edges: &[f64], key: f64) -> f64 {
    let index = edges.partition_point(|&edge| edge <= key).clamp(1, edges.len() - 1);
    // Equal edges, where a key has many rows, are the end of a range.
    let (low, high) = (edges[index - 1], edges[index]);
    let part = if high > low { (key - low) / (high - low) } else { 0.0 };
    (index - 1) as f64 + part
}

/// Returns the key at a place among edges.
fn value(edges: &[f64], rank: f64) -> f64 {
    let index = (rank.floor().max(0.0) as usize).min(edges.len() - 2);
    let (low, high) = (edges[index], edges[index + 1]);
    low + (high - low) * (rank - index as f64)
}

impl Plan {
    /// Makes the plan whose chunks begin at these keys, in ascending order; the first has no lower
    /// bound and the last no upper bound.
    pub fn of_cuts(cuts: Vec<Key>) -> Self {
        let starts = std::iter::once(None).chain(cuts.into_iter().map(Some)).collect();
        Self::of_source(Cuts::Keys { starts, end: None })
    }

    /// Cuts the integer keys from `min` to `max` into `chunks` chunks with about equally many rows,
    /// or into fewer chunks if there are too few different keys.
    pub fn of_keys(statistics: &KeyStatistics, chunks: ChunkCount) -> Self {
        let KeyStatistics { min, max, quantiles } = statistics;
        let edges = edges(*min, *max, quantiles);
        let mut starts = vec![*min];
        for cut in 1..chunks.get() {
            let start = at(&edges, cut, chunks.get());
            // Two cuts may fall on one key if rows are skewed or keys are few.
            if starts.last().is_some_and(|&last| last < start) && start <= *max {
                starts.push(start);
            }
        }
        let starts = starts.into_iter().map(|start| Some(Key::Integer(start))).collect();
        Self::of_source(Cuts::Keys { starts, end: max.checked_add(1).map(Key::Integer) })
    }

    /// Returns the same cuts without the outer bounds: the first chunk starts before every key and
    /// the last has no end. This covers keys outside of `min` to `max` and rows without a key.
    #[must_use]
    pub fn with_open_ends(self) -> Self {
        match self.cuts {
            Cuts::Keys { mut starts, .. } if !starts.is_empty() => {
                starts[0] = None;
                Self::of_source(Cuts::Keys { starts, end: None })
            }
            cuts => Self::of_source(cuts),
        }
    }

    /// Cuts keys that are not integers into at most `chunks` chunks, at some of `quantiles`.
    ///
    /// `quantiles` are in the source's order, with about equally many rows between neighbours; the
    /// first and the last are the ends. Cuts lie only at quantiles, so chunks may differ by the
    /// rows between two neighbours.
    pub fn of_texts(quantiles: &[String], chunks: ChunkCount) -> Self {
        let ranges = quantiles.len().saturating_sub(1);
        let mut starts: Vec<Option<Key>> = vec![None];
        let mut last = quantiles.first();
        for cut in 1..usize::from(chunks.get()) {
            // The index of the nearest quantile.
            let place =
                (2 * cut * ranges + usize::from(chunks.get())) / (2 * usize::from(chunks.get()));
            let start = quantiles.get(place).filter(|_| (1..ranges).contains(&place));
            if let Some(start) = start.filter(|start| last != Some(*start)) {
                starts.push(Some(Key::Text(start.clone())));
                last = Some(start);
            }
        }
        Self::of_source(Cuts::Keys { starts, end: None })
    }
}

/// Returns the edges of ranges with about equally many rows each: `min`, the inner quantiles
/// between `min` and `max`, and the key after `max`.
fn edges(min: i64, max: i64, quantiles: &[i64]) -> Vec<i128> {
    let inner = quantiles.get(1..quantiles.len().saturating_sub(1)).unwrap_or_default();
    let inner = inner.iter().copied().filter(|&key| min < key && key < max);
    let mut edges = vec![i128::from(min)];
    edges.extend(inner.map(i128::from));
    edges.push(i128::from(max) + 1);
    edges
}

/// Returns the key below which about `part` / `whole` of the rows lie. Assumes that rows are spread
/// evenly between two edges.
fn at(edges: &[i128], part: u16, whole: u16) -> i64 {
    let ranges = edges.len() - 1;
    let position = usize::from(part) * ranges;
    let (index, rest) = (position / usize::from(whole), position % usize::from(whole));
    let (low, high) = (edges[index], edges[index + 1]);
    // Widths are below 2^65 and `rest` is below 2^16, so the product fits in an i128.
    let key = low + (high - low) * rest as i128 / i128::from(whole);
    // Keys reach from `min` to `max` + 1, which may exceed the greatest i64 by one.
    i64::try_from(key).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::{ChunkRange, KeyRange};

    fn plan(min: i64, max: i64, quantiles: &[i64], chunks: u64) -> Plan {
        let statistics = KeyStatistics { min, max, quantiles: quantiles.to_vec() };
        Plan::of_keys(&statistics, ChunkCount::new(chunks).unwrap())
    }

    fn key_ranges(plan: &Plan) -> Vec<KeyRange> {
        let keys = |range| match range {
            ChunkRange::Keys(keys) => keys,
            other => panic!("{other:?}"),
        };
        plan.chunks().map(|(_, range)| keys(range)).collect()
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
    fn cuts_follow_quantiles_not_gaps_between_keys() {
        // Three quarters of the rows have ids up to 300, the last quarter has greater ids.
        let quantiles = [1, 100, 200, 300, 5_000_000_000];
        let plan = plan(1, 5_000_000_100, &quantiles, 2);
        assert_eq!(ranges(&plan), ["1..200", "200..5000000101"]);
    }

    #[test]
    fn an_empty_table_has_no_chunk_and_one_row_has_one() {
        assert!(Plan::empty().is_empty());
        assert_eq!(ranges(&plan(7, 7, &[], 4)), ["7..8"]);
        assert_eq!(ranges(&plan(-2, 0, &[-2, -1, 0], 4)), ["-2..-1", "-1..0", "0..1"]);
    }

    #[test]
    fn ends_can_be_open() {
        assert_eq!(ranges(&plan(1, 20, &[], 2).with_open_ends()), ["..11", "11.."]);
        assert!(Plan::empty().with_open_ends().is_empty());
    }

    #[test]
    fn keys_that_are_not_integers_are_cut_at_quantiles() {
        let cut = |quantiles: &[&str], chunks| {
            let quantiles: Vec<String> = quantiles.iter().map(|key| (*key).to_owned()).collect();
            ranges(&Plan::of_texts(&quantiles, ChunkCount::new(chunks).unwrap()))
        };
        assert_eq!(cut(&["a", "b", "c", "d", "e"], 2), ["..c", "c.."]);
        assert_eq!(cut(&["a", "b", "c", "d", "e"], 3), ["..b", "b..d", "d.."]);
        assert_eq!(cut(&["a", "b", "c"], 9), ["..b", "b.."]);
        // The quantiles are skewed, and in an order that differs from ours.
        assert_eq!(cut(&["b", "b", "b", "A", "z"], 4), ["..A", "A.."]);
        for few in [&[][..], &["a"], &["a", "z"]] {
            assert_eq!(cut(few, 4), [".."]);
        }
    }

    #[test]
    fn the_full_range_of_keys_has_an_open_end() {
        let plan = plan(i64::MIN, i64::MAX, &[], 2);
        assert_eq!(ranges(&plan), ["-9223372036854775808..0", "0.."]);
        assert!(key_ranges(&plan).last().unwrap().contains(i64::MAX));
    }

    proptest! {
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
            let ranges = key_ranges(&plan);
            prop_assert_eq!(ranges[0].start(), Some(&min.into()));
            let beyond = max.checked_add(1).map(Key::Integer);
            prop_assert_eq!(ranges[ranges.len() - 1].end(), beyond.as_ref());
            for pair in ranges.windows(2) {
                prop_assert_eq!(pair[0].end(), pair[1].start());
            }
            for key in probes.into_iter().chain(quantiles).chain([min, max]) {
                let holders = ranges.iter().filter(|range| range.contains(key)).count();
                prop_assert_eq!(holders, usize::from(min <= key && key <= max));
            }
        }

        #[test]
        fn a_small_range_has_at_most_one_chunk_for_each_key(
            min in -100_i64..100,
            width in 0_i64..70,
            chunks in 1..=64_u64,
        ) {
            let plan = plan(min, min + width, &[], chunks);
            let keys = u64::try_from(width).unwrap() + 1;
            prop_assert_eq!(plan.len() as u64, chunks.min(keys));
        }

        #[test]
        fn chunks_of_skewed_keys_have_equally_many_rows(
            mut keys in prop::collection::btree_set(
                prop_oneof![any::<i64>(), -1000_i64..1000, (1_i64 << 40)..(1 << 40) + 5000],
                400..1200,
            ),
            chunks in 1..9_u64,
        ) {
            let keys: Vec<i64> = std::mem::take(&mut keys).into_iter().collect();
            // As in pg_stats: the smallest key, the largest, and 99 keys at equal distances
            // between.
            let quantiles: Vec<i64> = (0..=100).map(|i| keys[i * (keys.len() - 1) / 100]).collect();
            let plan = plan(keys[0], keys[keys.len() - 1], &quantiles, chunks);
            let share = keys.len() / usize::try_from(chunks).unwrap();
            let slack = keys.len() / 100 + 2;
            for range in key_ranges(&plan) {
                let rows = keys.iter().filter(|&&key| range.contains(key)).count();
                prop_assert!(rows.abs_diff(share) <= 2 * slack, "{rows} rows, not {share}");
            }
        }
    }
}
