use std::num::NonZeroU16;

use pgfold_core::{Consistency, Mappers, Usage};

use super::cost_usd;

/// What a job will take, before it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Seconds from the first message to the last record.
    pub seconds: f64,
    /// Connections to the database at once.
    pub connections: u16,
    /// US dollars at list price, see [`cost_usd`].
    pub cost_usd: f64,
}

impl Estimate {
    /// Rows that a mapper of one vCPU reads and folds a second. Over a local connection it is more
    /// for the Euclidean distance (`make bench`); over a network, with a slower kernel or a busier
    /// database it is less.
    pub const ROWS_PER_SECOND: f64 = 1e6;

    /// Seconds that a chunk takes besides its rows: delivery, connecting, the store.
    const OVERHEAD: f64 = 0.1;

    /// Milliseconds until all mappers have attached to a snapshot.
    const HELD_MS: u64 = 200;

    /// Bytes of a record.
    const RECORD: u64 = 480;

    /// Megabytes of memory with which a function has one vCPU.
    const ONE_VCPU: f64 = 1769.0;

    /// Estimates a job of about `rows` rows in `chunks` chunks, of which the store keeps `piece`
    /// together.
    pub fn new(
        rows: u64,
        chunks: usize,
        piece: NonZeroU16,
        consistency: Consistency,
        mappers: Mappers,
    ) -> Self {
        let count = chunks as f64;
        let speed = (f64::from(mappers.memory_mb) / Self::ONE_VCPU).min(1.0);
        let chunk = rows as f64 / count.max(1.0) / (Self::ROWS_PER_SECOND * speed) + Self::OVERHEAD;
        let at_once = chunks.min(usize::from(mappers.concurrency));
        let at_snapshot = consistency == Consistency::Snapshot;
        let usage = Usage {
            chunks: chunks as u64,
            piece: piece.get().into(),
            attempts: chunks as u64,
            failed_attempts: 0,
            megabyte_ms: (chunk * count * 1000.0) as u64 * u64::from(mappers.memory_mb),
            held_ms: if at_snapshot { Self::HELD_MS } else { 0 },
            attached: if at_snapshot { chunks as u64 } else { 0 },
            record_bytes: Self::RECORD * chunks as u64,
            objects: 0,
            partitions: 0,
        };
        Self {
            seconds: chunk * (count / f64::from(mappers.concurrency.max(1))).ceil(),
            connections: (at_once + usize::from(at_snapshot)) as u16,
            cost_usd: cost_usd(usage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: NonZeroU16 = NonZeroU16::new(16).unwrap();
    const MAPPERS: Mappers = Mappers { concurrency: 10, memory_mb: 1769 };

    #[test]
    fn a_job_takes_as_many_rounds_as_its_mappers_need() {
        let estimate =
            |rows, chunks| Estimate::new(rows, chunks, PIECE, Consistency::PerChunk, MAPPERS);
        let four = estimate(10_000_000, 4);
        assert!((four.seconds - 2.6).abs() < 1e-9 && four.connections == 4, "{four:?}");
        let forty = estimate(10_000_000, 40);
        assert!((forty.seconds - 4.0 * 0.35).abs() < 1e-9, "{forty:?}");
        assert_eq!(forty.connections, 10);
        let none = estimate(0, 0);
        assert_eq!((none.seconds, none.connections), (0.0, 0));
        assert!(0.0 < none.cost_usd && none.cost_usd < four.cost_usd);
    }

    #[test]
    fn a_snapshot_takes_a_connection_and_less_memory_takes_time() {
        let small = Mappers { memory_mb: 128, ..MAPPERS };
        let estimate = Estimate::new(1_000_000, 4, PIECE, Consistency::Snapshot, small);
        assert_eq!(estimate.connections, 5);
        assert!(estimate.seconds > 3.0, "{estimate:?}");
    }
}
