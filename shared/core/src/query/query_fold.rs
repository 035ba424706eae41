use super::{
    OpenQuery, QueryPartial,
    group_table::GroupTable,
    partial::StoredGroups,
    stored_group::{StoredGroup, StoredPartial, list_header},
};
use crate::{
    error::{Error, Result},
    kernel::{ChunkFold, FoldedChunk, GroupPartials, RowGroups, row_count},
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
    /// As for [`ChunkFold::finish`]; [`Error::TooManyGroups`] if the partial is larger than that of a
    /// chunk may be.
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
    /// The rows that were folded since the size of the groups was checked.
    unchecked: usize,
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
            unchecked: 0,
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
        self.check_size_after(rows)
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
        self.check_size_after(rows)
    }

    /// Fails if the groups are too large, which is checked after so many rows were folded.
    fn check_size_after(&mut self, rows: usize) -> Result<()> {
        self.unchecked += rows;
        if self.unchecked < CHECK_EVERY || self.groups.len() <= FEW_GROUPS {
            return Ok(());
        }
        self.unchecked = 0;
        self.check_size()
    }

    /// Fails if the groups are too large, by the size of some of them.
    fn check_size(&self) -> Result<()> {
        let Self { groups, partials, .. } = self;
        let count = groups.len();
        let mut stored = 0;
        for at in (0..count).step_by(count.div_ceil(SAMPLED)) {
            for partials in partials {
                stored += partials.write(at)?.len();
            }
        }
        let stored = stored * count / count.min(SAMPLED) + groups.key_bytes();
        let in_memory = count * (GROUP + partials.len() * PARTIAL) + 2 * stored;
        match stored > MOST_STORED || in_memory > MOST_IN_MEMORY {
            true => Err(Error::TooManyGroups { groups: count, most: MOST_STORED }),
            false => Ok(()),
        }
    }

    fn finish(self) -> Result<FoldedQuery> {
        let Self { open, groups, partials, .. } = self;
        let mut numbers: Vec<u32> = (0..groups.len() as u32).collect();
        numbers.sort_unstable_by_key(|number| groups.key(*number));
        let (mut data, mut skipped) = (list_header(numbers.len()), 0);
        for number in numbers {
            let at = number as usize;
            let mut kernels = Vec::with_capacity(partials.len());
            for partials in &partials {
                let (partial, unused) = (partials.write(at)?, partials.skipped(at));
                skipped += unused;
                kernels.push(StoredPartial { skipped: unused, partial });
            }
            let (key, rows) = (groups.key(number).to_vec(), groups.rows(number));
            StoredGroup { key, rows, kernels }.write(&mut data)?;
            if data.len() > MOST_STORED {
                return Err(Error::TooManyGroups { groups: groups.len(), most: MOST_STORED });
            }
        }
        let versions = open.kernels().map(|kernel| kernel.version()).collect();
        let stored = StoredGroups::new(versions, data);
        Ok(FoldedQuery { partial: QueryPartial::Groups(stored), rows: groups.all_rows(), skipped })
    }
}

/// The most bytes of a chunk's partial. It is in memory once more while it is written.
const MOST_STORED: usize = 128_000_000;

/// The most bytes of the groups of a chunk in memory. A mapper has 1,769 MB by default.
const MOST_IN_MEMORY: usize = 1_000_000_000;

/// The bytes of a group in memory besides its key and its partials, and of a partial besides what it
/// has on the heap, which is at most twice its stored form. Both are more than they are.
const GROUP: usize = 64;
const PARTIAL: usize = 512;

/// After how many rows the size of more than a few groups is checked, and by how many of them.
const CHECK_EVERY: usize = 65_536;
const FEW_GROUPS: usize = 1000;
const SAMPLED: usize = 32;
