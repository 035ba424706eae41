//! The table: its rows, how they change, and how they are cut in chunks.

use pgfold_core::{ChunkCount, ChunkRange, KeyStatistics, Plan};
use pgfold_tests::Random;

/// The table grows to as many rows.
const MOST_ROWS: usize = 60;

/// The number of the table among the database's relations.
const RELATION: u32 = 1;

/// A row: its key, and its coordinates.
pub(crate) type Row = (i64, [Option<f64>; 4]);

/// The rows of a table at one instant, by ascending keys. Each row is a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(pub(crate) Vec<Row>);

impl Table {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self::of_rows(random.pick(&[0, 1, 3, 10, 10, 50, 50]), random)
    }

    pub(crate) fn of_rows(rows: usize, random: &mut Random) -> Self {
        let mut key = -(random.below(100) as i64);
        let row = |_| {
            key += random.pick(&[1, 1, 1, 7, 1000]);
            (key, coordinates(random))
        };
        Self((0..rows).map(row).collect())
    }

    /// Adds a row, takes one away, changes one, or leaves all as they are.
    pub(crate) fn change(&mut self, random: &mut Random) {
        let rows = &mut self.0;
        let place = random.below(rows.len().max(1) as u64) as usize;
        match random.below(4) {
            0 if rows.len() < MOST_ROWS => {
                let near = rows.get(place).map_or(0, |(key, _)| *key);
                let key = near + random.between(0, 10) as i64 - 5;
                if let Err(place) = rows.binary_search_by_key(&key, |(key, _)| *key) {
                    rows.insert(place, (key, coordinates(random)));
                }
            }
            1 if !rows.is_empty() => drop(rows.remove(place)),
            2 if !rows.is_empty() => rows[place].1 = coordinates(random),
            _ => {}
        }
    }

    /// Cuts the table by its keys, as evenly as `statistics` knows them.
    pub(crate) fn cut_by_keys(&self, statistics: &Table, chunks: ChunkCount) -> Plan {
        let quantiles = statistics.0.iter().map(|(key, _)| *key).collect();
        let ends = self.0.first().zip(self.0.last());
        ends.map_or(Plan::empty(), |(&(min, _), &(max, _))| {
            Plan::of_keys(&KeyStatistics { min, max, quantiles }, chunks)
        })
    }

    /// Cuts the table by its blocks.
    pub(crate) fn cut_by_blocks(&self, chunks: ChunkCount) -> Plan {
        Plan::of_blocks(&[(RELATION, self.0.len() as u32)], chunks)
    }

    /// The rows of a chunk.
    pub(crate) fn rows_of(&self, range: &ChunkRange) -> Vec<Row> {
        let holds = |block: u32, key: i64| match range {
            ChunkRange::Keys(keys) => keys.contains(key),
            ChunkRange::Blocks(blocks) => blocks.iter().any(|range| range.contains(block)),
            ChunkRange::Partition(_) => false,
        };
        let rows = (0..).zip(&self.0).filter(|(block, (key, _))| holds(*block, *key));
        rows.map(|(_, row)| *row).collect()
    }
}

fn coordinates(random: &mut Random) -> [Option<f64>; 4] {
    [(); 4].map(|()| (!random.chance(5)).then(|| random.below(1_000_000) as f64 / 10_007.0))
}
