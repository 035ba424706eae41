use super::{
    OpenQuery, QueryPartial,
    group_table::GroupTable,
    partial::StoredGroups,
    run::TakenRun,
    stored_group::{StoredGroup, StoredPartial, list_header},
};
use crate::{
    error::Result,
    kernel::{ChunkFold, FoldedChunk, GroupPartials, RowGroups, row_count},
    partition::Partition,
    rows::{FieldIndex, FoldAggregates, FoldRows, RowBatch},
};

/// The fold of a chunk by a query: its state while rows arrive.
pub struct QueryFold<'q>(State<'q>);

enum State<'q> {
    /// One kernel folds rows where they lie.
    One(Box<dyn ChunkFold + 'q>),
    Groups(Box<GroupFold<'q>>),
}

/// A chunk whose rows have all been folded by a query.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedQuery {
    /// The query's partial.
    pub partial: QueryPartial,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that kernels skipped, a row once for each of them.
    pub skipped: u64,
}

impl OpenQuery<'_> {
    /// Starts a fold over no rows.
    pub fn fold(&self) -> QueryFold<'_> {
        QueryFold::new(self)
    }
}

impl<'q> QueryFold<'q> {
    fn new(open: &'q OpenQuery<'q>) -> Self {
        Self(match (open.query.only_kernel(), open.kernels.first()) {
            (Some(_), Some(only)) => State::One(only.kernel.fold()),
            _ => State::Groups(Box::new(GroupFold::new(open))),
        })
    }

    /// Returns the partial of all rows, after checking that it has an answer.
    ///
    /// # Errors
    /// As for [`ChunkFold::finish`].
    pub fn finish(self) -> Result<FoldedQuery> {
        match self.0 {
            State::One(fold) => {
                let FoldedChunk { partial, rows, skipped } = fold.finish()?;
                Ok(FoldedQuery { partial: QueryPartial::One(partial), rows, skipped })
            }
            State::Groups(fold) => fold.finish(),
        }
    }
}

impl QueryFold<'_> {
    /// Returns about how many bytes the groups take in memory; 0 if they are few.
    pub(crate) fn in_memory(&self) -> usize {
        match &self.0 {
            State::One(_) => 0,
            State::Groups(fold) => fold.in_memory,
        }
    }

    /// Takes out all groups as a run of so many partitions; `None` if the query makes none.
    ///
    /// # Errors
    /// As for [`finish`](Self::finish).
    pub(crate) fn take_run(&mut self, partitions: u16) -> Result<Option<TakenRun>> {
        match &mut self.0 {
            State::One(_) => Ok(None),
            State::Groups(fold) => fold.take_run(partitions).map(Some),
        }
    }
}

impl FoldRows for QueryFold<'_> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        match &mut self.0 {
            State::One(fold) => fold.fold(batch),
            State::Groups(fold) => fold.fold(batch),
        }
    }
}

impl FoldAggregates for QueryFold<'_> {
    fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()> {
        match &mut self.0 {
            State::One(fold) => fold.fold_aggregates(batch),
            State::Groups(fold) => fold.fold_aggregates(batch),
        }
    }
}

/// A fold of several kernels, or of groups.
///
/// The groups of a batch are numbered first. Then each kernel folds the batch in a loop of its own,
/// so that a row costs one search for its group however many kernels there are.
struct GroupFold<'q> {
    open: &'q OpenQuery<'q>,
    index: FieldIndex,
    groups: GroupTable,
    partials: Vec<Box<dyn GroupPartials + 'q>>,
    /// The numbers of the groups of a batch's rows.
    numbers: Vec<u32>,
    /// The places of a kernel's columns in the rows of a batch.
    places: Vec<usize>,
    /// The rows that were folded since the groups were measured.
    unmeasured: usize,
    /// About how many bytes the groups took in memory then.
    in_memory: usize,
    /// The bytes of their keys then.
    measured_keys: usize,
}

impl<'q> GroupFold<'q> {
    fn new(open: &'q OpenQuery<'q>) -> Self {
        Self {
            open,
            index: FieldIndex::default(),
            groups: GroupTable::default(),
            partials: open.kernels().map(|kernel| kernel.groups()).collect(),
            numbers: Vec::new(),
            places: Vec::new(),
            unmeasured: 0,
            in_memory: 0,
            measured_keys: 0,
        }
    }

    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let Self { open, index, groups, partials, numbers, places, .. } = self;
        let shared = open.query.group_by.len();
        let field = |column: usize| match batch.fields() {
            [] => Some(column),
            fields => fields.get(column).copied(),
        };
        let fields = (0..open.columns.len()).filter_map(field).max().map_or(0, |last| last + 1);
        let indexed = index.fill(batch, shared + fields)?;
        let of_rows = match shared {
            0 => RowGroups::One(groups.add(&[], indexed.len() as u64) as usize),
            _ => {
                numbers.clear();
                numbers.reserve(indexed.len());
                indexed.rows().for_each(|row| numbers.push(groups.add(row.first(shared), 1)));
                RowGroups::Each(numbers)
            }
        };
        for (open, partials) in open.kernels.iter().zip(partials) {
            places.clear();
            places.extend(open.columns.clone().filter_map(field).map(|field| shared + field));
            partials.grow(groups.len())?;
            partials.fold(indexed, places, of_rows)?;
        }
        let rows = indexed.len();
        self.measure_after(rows)
    }

    fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let Self { open, index, groups, partials, numbers, places, .. } = self;
        let shared = open.query.group_by.len();
        let widths = open.kernels().map(|kernel| kernel.aggregates().map_or(0, |of| of.width()));
        let widths: Vec<usize> = widths.collect();
        let batch = index.fill(batch, shared + widths.iter().sum::<usize>())?;
        numbers.clear();
        for row in batch.rows() {
            numbers.push(groups.add(row.first(shared), row_count(row)?));
        }
        let mut first = shared;
        for (width, partials) in widths.into_iter().zip(partials) {
            places.clear();
            places.extend(first..first + width);
            first += width;
            partials.grow(groups.len())?;
            partials.fold_aggregates(batch, places, numbers)?;
        }
        let rows = batch.len();
        self.measure_after(rows)
    }

    /// Looks how large the groups are, as often as so many rows were folded.
    fn measure_after(&mut self, rows: usize) -> Result<()> {
        self.unmeasured += rows;
        let keys = self.groups.key_bytes();
        let is_due = self.unmeasured >= MEASURE_EVERY && self.groups.len() > FEW_GROUPS;
        if is_due || keys - self.measured_keys >= MEASURE_EVERY_KEY_BYTES {
            (self.unmeasured, self.measured_keys) = (0, keys);
            self.in_memory = self.measure()?;
        }
        Ok(())
    }

    /// Returns about how many bytes the groups take in memory, by the size of some of them.
    fn measure(&self) -> Result<usize> {
        let Self { groups, partials, .. } = self;
        let count = groups.len();
        let mut stored = 0;
        for at in (0..count).step_by(count.div_ceil(SAMPLED)) {
            for partials in partials {
                stored += partials.write(at)?.len();
            }
        }
        let stored = stored * count / count.min(SAMPLED) + groups.key_bytes();
        Ok(count * (GROUP + partials.len() * PARTIAL) + 2 * stored)
    }

    /// Takes out all groups as a run of so many partitions.
    fn take_run(&mut self, partitions: u16) -> Result<TakenRun> {
        let Self { groups, partials, .. } = self;
        let of = |number: u32| Partition::number_of(groups.key(number), partitions.max(1));
        let mut numbers: Vec<(u16, u32)> =
            (0..groups.len() as u32).map(|number| (of(number), number)).collect();
        numbers.sort_unstable_by_key(|(partition, number)| (*partition, groups.key(*number)));
        let mut taken = TakenRun::new(partitions, groups.all_rows());
        for (partition, number) in numbers {
            let group = stored(groups, partials, number)?;
            taken.skipped += group.kernels.iter().map(|kernel| kernel.skipped).sum::<u64>();
            taken.add(partition, &group)?;
        }
        groups.clear();
        partials.iter_mut().for_each(|partials| partials.clear());
        (self.unmeasured, self.in_memory, self.measured_keys) = (0, 0, 0);
        Ok(taken)
    }

    fn finish(self) -> Result<FoldedQuery> {
        let Self { open, groups, partials, .. } = self;
        let mut numbers: Vec<u32> = (0..groups.len() as u32).collect();
        numbers.sort_unstable_by_key(|number| groups.key(*number));
        let (mut data, mut skipped) = (list_header(numbers.len()), 0);
        for number in numbers {
            let group = stored(&groups, &partials, number)?;
            skipped += group.kernels.iter().map(|kernel| kernel.skipped).sum::<u64>();
            group.write(&mut data)?;
        }
        let stored = StoredGroups::new(open.versions(), data);
        Ok(FoldedQuery { partial: QueryPartial::Groups(stored), rows: groups.all_rows(), skipped })
    }
}

/// Returns a group as it is stored.
fn stored(
    groups: &GroupTable,
    partials: &[Box<dyn GroupPartials + '_>],
    number: u32,
) -> Result<StoredGroup> {
    let at = number as usize;
    let mut kernels = Vec::with_capacity(partials.len());
    for partials in partials {
        kernels.push(StoredPartial { skipped: partials.skipped(at), partial: partials.write(at)? });
    }
    Ok(StoredGroup { key: groups.key(number).to_vec(), rows: groups.rows(number), kernels })
}

/// The bytes of a group in memory besides its key and its partials, and of a partial besides what it
/// has on the heap, which is at most twice its stored form. Both are more than they are.
const GROUP: usize = 64;
const PARTIAL: usize = 512;

/// After how many rows the size of more than a few groups is measured, or after how many bytes of
/// keys that of any number; and by how many of them.
const MEASURE_EVERY: usize = 65_536;
const MEASURE_EVERY_KEY_BYTES: usize = 16_000_000;
const FEW_GROUPS: usize = 1000;
const SAMPLED: usize = 32;
