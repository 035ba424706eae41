//! Merges the groups of partials while the objects that have them are read.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    error::{Error, Result},
    operations::run_reader::{OpenPartition, OpenRun, Read},
    partition::Partition,
    ports::Objects,
    query::{CompleteGroups, GroupMerge, OpenQuery, QueryPartial, Reduction},
};

/// The most bytes that are read of an object at a time.
pub(crate) const MOST_AT_ONCE: u64 = 4_000_000;

/// The number of objects that are read at the same time.
pub(crate) const CONCURRENT_READS: usize = 32;

/// Groups of several partials on their way into one reduction.
pub(crate) struct Merge<'p> {
    objects: &'p dyn Objects,
    groups: GroupMerge<'p>,
    /// What is left of runs, by the number of their source.
    partitions: BTreeMap<usize, OpenPartition>,
    /// The most bytes that are read of an object at a time.
    at_once: u64,
}

impl<'p> Merge<'p> {
    /// Starts the merge of partials of a query. `runs` are those of them that are in objects, in their
    /// order; all that was opened of them is merged. Of the others `only` a partition is merged, or
    /// all. About `ahead` bytes of objects are in memory at a time.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a record has no groups.
    pub(crate) fn new(
        objects: &'p dyn Objects,
        query: &OpenQuery<'_>,
        partials: impl Iterator<Item = &'p QueryPartial>,
        runs: Vec<OpenRun>,
        only: Option<Partition>,
        ahead: u64,
    ) -> Result<Self> {
        let mut groups = GroupMerge::new(query.query().group_by.len());
        let mut partitions = BTreeMap::new();
        let mut runs = runs.into_iter();
        for partial in partials {
            match partial {
                QueryPartial::Run(_) => {
                    let Some(OpenRun { form, partitions: wanted }) = runs.next() else { break };
                    for partition in wanted {
                        partitions.insert(groups.add(Arc::clone(&form)), partition);
                    }
                }
                partial => groups.add_record(partial, only)?,
            }
        }
        let at_once = (ahead / partitions.len().max(1) as u64).min(MOST_AT_ONCE);
        Ok(Self { objects, groups, partitions, at_once })
    }

    /// Moves groups into `reduction`: all that are left, or as many as it takes at a time. Returns
    /// whether there may be more.
    ///
    /// # Errors
    /// Those of [`Reduction::take`] and of objects.
    pub(crate) async fn step(
        &mut self,
        reduction: &mut Reduction<'_, impl CompleteGroups>,
    ) -> Result<bool> {
        let Some(hungry) = reduction.take(&mut self.groups)? else { return Ok(false) };
        let (objects, at_once) = (self.objects, self.at_once);
        let reading = hungry.into_iter().filter_map(|source| {
            let mut partition = self.partitions.remove(&source)?;
            Some(async move {
                let read = partition.read(objects, at_once).await?;
                Ok::<_, Error>((source, partition, read))
            })
        });
        let reading = stream::iter(reading.collect::<Vec<_>>()).buffer_unordered(CONCURRENT_READS);
        let read: Vec<_> = reading.try_collect().await?;
        for (source, partition, Read { bytes, is_last }) in read {
            self.groups.fill(source, bytes, is_last);
            self.partitions.insert(source, partition);
        }
        Ok(true)
    }
}
