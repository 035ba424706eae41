use super::{
    OpenQuery, QueryPartial,
    group_table::GroupTable,
    partial::{StoredGroup, StoredGroups, StoredPartial},
};
use crate::{
    error::{Error, Result},
    kernel::{ChunkFold, FoldedChunk, GroupPartials, LARGEST_PARTIAL, RowGroups},
    rows::{FieldIndex, FoldAggregates, FoldRows, KeyRef, RowBatch, malformed},
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
    /// As for [`ChunkFold::finish`]; [`Error::TooManyGroups`] if the partial does not fit in a
    /// record.
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
        }
    }

    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let Self { open, index, groups, partials, numbers, places } = self;
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
        check_room(groups, partials.len())?;
        for (open, partials) in open.kernels.iter().zip(partials) {
            places.clear();
            places.extend(open.columns.clone().filter_map(field).map(|field| shared + field));
            partials.grow(groups.len())?;
            partials.fold(indexed, places, of_rows)?;
        }
        Ok(())
    }

    fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let Self { open, index, groups, partials, numbers, places } = self;
        let shared = open.query.group_by.len();
        let widths = open.kernels().map(|kernel| kernel.aggregates().map_or(0, |of| of.width()));
        let widths: Vec<usize> = widths.collect();
        let batch = index.fill(batch, shared + widths.iter().sum::<usize>())?;
        numbers.clear();
        for row in batch.rows() {
            let KeyRef::Integer(rows) = row.key() else {
                return Err(malformed("it lacks a count"));
            };
            let rows = u64::try_from(rows).map_err(|_| malformed("it has a negative count"))?;
            numbers.push(groups.add(row.first(shared), rows));
        }
        check_room(groups, partials.len())?;
        let mut first = shared;
        for (width, partials) in widths.into_iter().zip(partials) {
            places.clear();
            places.extend(first..first + width);
            first += width;
            partials.grow(groups.len())?;
            partials.fold_aggregates(batch, places, numbers)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<FoldedQuery> {
        let Self { open, groups, partials, .. } = self;
        let mut numbers: Vec<u32> = (0..groups.len() as u32).collect();
        numbers.sort_unstable_by_key(|number| groups.key(*number));
        let (mut stored, mut skipped) = (Vec::with_capacity(numbers.len()), 0);
        for number in numbers {
            let at = number as usize;
            let mut kernels = Vec::with_capacity(partials.len());
            for partials in &partials {
                let (partial, unused) = (partials.write(at)?, partials.skipped(at));
                skipped += unused;
                kernels.push(StoredPartial { skipped: unused, partial });
            }
            let (key, rows) = (groups.key(number).to_vec(), groups.rows(number));
            stored.push(StoredGroup { key, rows, kernels });
        }
        let versions = open.kernels().map(|kernel| kernel.version()).collect();
        let stored = StoredGroups::new(versions, &stored)?;
        if stored.len() > LARGEST_PARTIAL {
            return Err(too_many(groups.len()));
        }
        Ok(FoldedQuery { partial: QueryPartial::Groups(stored), rows: groups.all_rows(), skipped })
    }
}

/// Fails as soon as groups of this many kernels cannot fit in a record, however small their partials
/// are.
fn check_room(groups: &GroupTable, kernels: usize) -> Result<()> {
    // The lengths, the rows and the skipped rows of a group take a byte each at least, and so does a
    // partial.
    let least = groups.key_bytes() + groups.len() * (4 + 4 * kernels);
    if least > LARGEST_PARTIAL { Err(too_many(groups.len())) } else { Ok(()) }
}

fn too_many(groups: usize) -> Error {
    Error::TooManyGroups { groups, most: LARGEST_PARTIAL }
}
