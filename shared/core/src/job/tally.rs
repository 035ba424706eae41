use std::{iter::Sum, ops::Add};

use crate::{
    job::{ChunkRecord, Timestamp},
    query::QueryPartial,
};

/// The sums over the chunks of a job that count: its progress and its cost, without its records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number of chunks.
    pub chunks: u64,
    /// Rows read of the source, skipped ones included.
    pub rows: u64,
    /// Rows that the kernel skipped.
    pub skipped: u64,
    /// Deliveries up to the records, redeliveries included.
    pub attempts: u64,
    /// Milliseconds of the mappers' work.
    pub map_ms: u64,
    /// Those milliseconds times the mappers' megabytes of memory.
    pub megabyte_ms: u64,
    /// Bytes of the records as JSON.
    pub record_bytes: u64,
    /// Objects that records name: partials that are too large for a record, and files.
    pub objects: u64,
    /// When one of the last records was made.
    pub recorded_at: Option<Timestamp>,
}

impl Tally {
    /// Returns the tally of one chunk from its record, which has so many bytes as JSON.
    pub fn new(record: &ChunkRecord, record_bytes: usize) -> Self {
        let ChunkRecord { partial, receipt } = record;
        // The groups of a partition are no rows of the source.
        let of_source = if receipt.range.partition().is_none() { 1 } else { 0 };
        Self {
            chunks: 1,
            rows: receipt.rows * of_source,
            skipped: receipt.skipped * of_source,
            attempts: receipt.attempts.into(),
            map_ms: receipt.map_ms,
            megabyte_ms: receipt.map_ms * u64::from(receipt.memory_mb),
            record_bytes: record_bytes as u64,
            objects: matches!(partial, QueryPartial::Run(_) | QueryPartial::Part(_)).into(),
            recorded_at: Some(receipt.recorded_at),
        }
    }

    /// The names under which stores keep the sums.
    pub const SUMS: [&str; 8] = [
        "counted",
        "rows",
        "skipped",
        "attempts",
        "map_ms",
        "megabyte_ms",
        "record_bytes",
        "objects",
    ];

    /// Returns each sum with the name under which stores keep it, in the order of [`Self::SUMS`].
    pub fn sums(mut self) -> [(&'static str, u64); 8] {
        let sums = self.sums_mut().map(|sum| *sum);
        std::array::from_fn(|at| (Self::SUMS[at], sums[at]))
    }

    /// Returns the sums in the order of [`Self::SUMS`].
    const fn sums_mut(&mut self) -> [&mut u64; 8] {
        let Self {
            chunks,
            rows,
            skipped,
            attempts,
            map_ms,
            megabyte_ms,
            record_bytes,
            objects,
            recorded_at: _,
        } = self;
        [chunks, rows, skipped, attempts, map_ms, megabyte_ms, record_bytes, objects]
    }

    /// Reads a tally from sums by these names; a sum that is not stored is 0.
    ///
    /// # Errors
    /// Those of `sum`.
    pub fn from_sums<E>(
        recorded_at: Option<Timestamp>,
        sum: impl Fn(&str) -> Result<Option<u64>, E>,
    ) -> Result<Self, E> {
        let mut tally = Self { recorded_at, ..Self::default() };
        for (name, kept) in Self::SUMS.into_iter().zip(tally.sums_mut()) {
            *kept = sum(name)?.unwrap_or_default();
        }
        Ok(tally)
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            chunks: self.chunks + other.chunks,
            rows: self.rows + other.rows,
            skipped: self.skipped + other.skipped,
            attempts: self.attempts + other.attempts,
            map_ms: self.map_ms + other.map_ms,
            megabyte_ms: self.megabyte_ms + other.megabyte_ms,
            record_bytes: self.record_bytes + other.record_bytes,
            objects: self.objects + other.objects,
            recorded_at: self.recorded_at.max(other.recorded_at),
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_reads_back_from_its_sums() {
        let tally = Tally {
            chunks: 1,
            rows: 2,
            skipped: 3,
            attempts: 4,
            map_ms: 5,
            megabyte_ms: 6,
            record_bytes: 7,
            objects: 8,
            recorded_at: Some(Timestamp::from_millis(9)),
        };
        let sums = tally.sums();
        let sum = |name: &str| -> Result<Option<u64>, ()> {
            Ok(sums.iter().find(|(kept, _)| *kept == name).map(|(_, sum)| *sum))
        };
        assert_eq!(Tally::from_sums(tally.recorded_at, sum), Ok(tally));
    }
}
