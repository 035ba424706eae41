//! The table as an actor has it: the database is slow, away, or gone in the middle of a read.

use std::time::Duration;

use async_trait::async_trait;
use pgfold_adapters::memory::MemorySource;
use pgfold_core::{KeyRange, KeyStatistics, Result, Source, kernel::ChunkFold};

use crate::{
    fate::{Call, Service},
    site::{Extent, Site},
};

/// The table, over a database that is sometimes away.
pub(crate) struct SimulatedSource<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) table: &'a MemorySource,
}

#[async_trait]
impl Source for SimulatedSource<'_> {
    async fn statistics(&self, columns: &[&str]) -> Result<Option<KeyStatistics>> {
        let call = Call::new(Service::Postgres, "statistics");
        self.site.call(call, |_| self.table.statistics(columns)).await
    }

    async fn read(
        &self,
        range: KeyRange,
        columns: &[&str],
        fold: &mut dyn ChunkFold,
    ) -> Result<String> {
        let taking = {
            let state = &mut *self.site.world.lock();
            state.random.below(state.setting.slow_reads + 1)
        };
        if taking > 0 {
            self.site.sleep(Duration::from_millis(taking)).await;
        }
        let call = Call::new(Service::Postgres, "read").divisible(true);
        let read = self.site.call(call, |extent| {
            let range = match extent {
                Extent::Whole => range,
                Extent::Half => first_keys(range),
            };
            self.table.read(range, columns, fold)
        });
        read.await
    }
}

/// About half of a range's keys.
fn first_keys(range: KeyRange) -> KeyRange {
    let start = range.start();
    let end = range.end().map_or(start + 1, |end| start + (end - start).div_euclid(2).max(1));
    KeyRange::new(start, Some(end)).unwrap()
}
