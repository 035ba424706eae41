use super::{Plan, cuts::Cuts};
use crate::plan::{BlockRange, ChunkCount};

impl Plan {
    /// Cuts relations into `chunks` chunks of equally many blocks, or into fewer chunks if there
    /// are too few blocks. `relations` are the relations' numbers and their numbers of blocks. A
    /// chunk may have blocks of several relations.
    ///
    /// Blocks that are added to a relation after the count belong to the chunk with the relation's
    /// last counted block.
    pub fn of_blocks(relations: &[(u32, u32)], chunks: ChunkCount) -> Self {
        let total: u64 = relations.iter().map(|&(_, blocks)| u64::from(blocks)).sum();
        // Every chunk has at least one block.
        let chunks = u64::from(chunks.get()).min(total);
        let mut cut = vec![Vec::new(); chunks as usize];
        let mut before = 0_u64;
        for &(relation, blocks) in relations.iter().filter(|(_, blocks)| *blocks > 0) {
            let after = before + u64::from(blocks);
            for (chunk, ranges) in (0..).zip(&mut cut) {
                let start = (chunk * total / chunks).max(before);
                let end = ((chunk + 1) * total / chunks).min(after);
                if start < end {
                    let open = end == after;
                    // At most `blocks`, so it fits in a u32.
                    let [start, end] = [start, end].map(|block| (block - before) as u32);
                    ranges.extend(BlockRange::new(relation, start, (!open).then_some(end)));
                }
            }
            before = after;
        }
        Self::of_source(Cuts::Blocks(cut))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::ChunkRange;
    use crate::plan::cuts::blocks_follow;

    fn cut(relations: &[(u32, u32)], chunks: u64) -> Vec<String> {
        let plan = Plan::of_blocks(relations, ChunkCount::new(chunks).unwrap());
        plan.chunks().map(|(_, range)| range.to_string()).collect()
    }

    #[test]
    fn a_table_is_cut_evenly_and_its_last_chunk_is_open() {
        assert_eq!(
            cut(&[(7, 10)], 4),
            [
                "blocks 0..2 of relation 7",
                "blocks 2..5 of relation 7",
                "blocks 5..7 of relation 7",
                "blocks 7.. of relation 7"
            ]
        );
        assert_eq!(cut(&[(7, 0)], 4), [""; 0]);
        assert_eq!(cut(&[(7, 1)], 4), ["blocks 0.. of relation 7"]);
    }

    #[test]
    fn a_chunk_may_hold_blocks_of_several_partitions() {
        assert_eq!(
            cut(&[(7, 1), (8, 0), (9, 5)], 2),
            ["blocks 0.. of relation 7 and 0..2 of relation 9", "blocks 2.. of relation 9"]
        );
    }

    #[test]
    fn the_largest_tables_are_cut() {
        let relations = [(1, u32::MAX), (2, u32::MAX)];
        let plan = Plan::of_blocks(&relations, ChunkCount::new(10_000).unwrap());
        assert_eq!(plan.len(), 10_000);
    }

    proptest! {
        #[test]
        fn every_block_is_in_one_chunk_and_chunks_are_even(
            sizes in prop::collection::vec(0_u32..40, 0..6),
            chunks in 1..40_u64,
        ) {
            let relations: Vec<(u32, u32)> = (10..).zip(sizes.iter().copied()).collect();
            let total: u64 = sizes.iter().copied().map(u64::from).sum();
            let plan = Plan::of_blocks(&relations, ChunkCount::new(chunks).unwrap());
            prop_assert_eq!(plan.len() as u64, chunks.min(total));
            let ranges: Vec<Vec<BlockRange>> = plan.chunks().map(|(_, range)| match range {
                ChunkRange::Blocks(ranges) => ranges,
                ChunkRange::Keys(_) | ChunkRange::Partition(_) => Vec::new(),
            }).collect();
            prop_assert!(blocks_follow(&ranges));
            for &(relation, size) in &relations {
                for block in 0..size + 3 {
                    let holds = |range: &&BlockRange| {
                        range.relation() == relation && range.contains(block)
                    };
                    let holders = ranges.iter().flatten().filter(holds).count();
                    prop_assert_eq!(holders, usize::from(size > 0));
                }
            }
            let size = |range: &BlockRange| {
                let (_, whole) = relations[range.relation() as usize - 10];
                u64::from(range.end().unwrap_or(whole) - range.start())
            };
            for ranges in &ranges {
                let blocks: u64 = ranges.iter().map(size).sum();
                let share = total / plan.len() as u64;
                prop_assert!((share..=share + 1).contains(&blocks), "{} of {}", blocks, share);
            }
        }
    }
}
