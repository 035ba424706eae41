use std::mem;

use super::{
    FoldedQuery, OpenQuery, QueryPartial, RowShapes,
    group_table::GroupTable,
    partial::StoredGroups,
    query_partials::QueryPartials,
    run::{RunCut, TakenRun},
    sorted_keys::{SortedKey, SortedKeys},
    stored_group::begin_list,
    uncombined::UncombinedRows,
};
use crate::{
    error::Result,
    kernel::{RowGroups, row_count},
    rows::{FieldIndex, RowBatch},
};

/// A fold of several kernels, or of groups.
///
/// The groups of a batch are numbered first, and then each kernel folds it. Where nearly every row is a
/// group of its own, rows are kept as they are.
pub(super) struct GroupFold<'q> {
    open: &'q OpenQuery<'q>,
    index: FieldIndex,
    groups: GroupTable,
    partials: QueryPartials<'q>,
    /// The numbers of the groups of a batch's rows.
    numbers: Vec<u32>,
    mode: Mode,
    /// The rows that are kept; `None` before the first row.
    kept: Option<UncombinedRows<'q>>,
    /// The shapes of the rows of all runs so far.
    shapes: RowShapes,
    measured: Measured,
}

/// What becomes of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// They are combined into groups.
    Combining,
    /// They are kept.
    Keeping,
    /// Both, until it is known which is better.
    Trying,
}

/// What is known of groups since they were measured.
#[derive(Debug, Default)]
struct Measured {
    /// The rows that were folded since, and their bytes.
    rows: usize,
    row_bytes: usize,
    /// The bytes of the groups' keys then.
    keys: usize,
    /// About how many bytes the groups took in memory then.
    in_memory: usize,
}

impl<'q> GroupFold<'q> {
    pub(super) fn new(open: &'q OpenQuery<'q>) -> Self {
        Self {
            open,
            index: FieldIndex::default(),
            groups: GroupTable::default(),
            partials: QueryPartials::new(open),
            numbers: Vec::new(),
            mode: Self::first_mode(open),
            kept: None,
            shapes: RowShapes::default(),
            measured: Measured::default(),
        }
    }

    const fn first_mode(open: &OpenQuery<'_>) -> Mode {
        if open.query.group_by.is_empty() { Mode::Combining } else { Mode::Trying }
    }

    /// Returns about how many bytes the groups take in memory; 0 if they are few.
    pub(super) fn in_memory(&self) -> usize {
        self.measured.in_memory + self.kept.as_ref().map_or(0, UncombinedRows::in_memory)
    }

    /// Returns whether rows are kept.
    pub(super) fn has_rows(&self) -> bool {
        self.mode == Mode::Keeping
    }

    pub(super) fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let Self { open, index, partials, mode, kept, .. } = self;
        if *mode != Mode::Combining {
            let kept = kept.get_or_insert_with(|| UncombinedRows::new(open, batch.into()));
            match (mode, kept.layout().is_of(batch)) {
                (Mode::Keeping, true) => return kept.add(batch, partials.index(index, batch)?),
                (Mode::Trying, false) => self.only_combine(),
                _ => {}
            }
        }
        let rows = self.combine(batch)?;
        self.measure_after(rows, batch.byte_len())
    }

    /// Combines rows from now on. Those that were kept besides are combined already.
    fn only_combine(&mut self) {
        self.mode = Mode::Combining;
        if let Some(kept) = &mut self.kept {
            kept.free();
        }
    }

    /// Keeps rows from now on, and in place of the groups that they have made.
    fn only_keep(&mut self) {
        self.mode = Mode::Keeping;
        let skipped = (0..self.groups.len()).map(|group| self.partials.skipped(group));
        if let Some(kept) = &mut self.kept {
            kept.skipped += skipped.sum::<u64>();
        }
        self.clear_groups();
    }

    fn clear_groups(&mut self) {
        self.groups.clear();
        self.partials.clear();
        self.measured = Measured::default();
    }

    /// Folds rows into their groups, and returns how many there were. Keeps them besides while both are
    /// tried.
    fn combine(&mut self, batch: RowBatch<'_>) -> Result<usize> {
        let Self { open, index, groups, partials, numbers, mode, kept, .. } = self;
        let indexed = partials.index(index, batch)?;
        if let Some(kept) = kept.as_mut().filter(|_| *mode == Mode::Trying) {
            kept.add_folded(batch, indexed);
        }
        let of_rows = match open.query.group_by.len() {
            0 => RowGroups::One(groups.add(&[], indexed.len() as u64) as usize),
            shared => {
                numbers.clear();
                numbers.reserve(indexed.len());
                indexed.rows().for_each(|row| numbers.push(groups.add(row.first(shared), 1)));
                RowGroups::Each(numbers)
            }
        };
        partials.fold(indexed, batch.fields(), of_rows, groups.len())?;
        Ok(indexed.len())
    }

    pub(super) fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let Self { open, index, groups, partials, numbers, .. } = self;
        let indexed = index.fill(batch, partials.aggregate_fields())?;
        let shared = open.query.group_by.len();
        numbers.clear();
        for row in indexed.rows() {
            numbers.push(groups.add(row.first(shared), row_count(row)?));
        }
        partials.fold_aggregates(indexed, numbers, groups.len())?;
        let (rows, bytes) = (indexed.len(), batch.byte_len());
        if self.mode == Mode::Trying {
            // The database combines the rows.
            self.only_combine();
        }
        self.measure_after(rows, bytes)
    }

    /// Looks how large the groups are, as often as so many rows were folded.
    fn measure_after(&mut self, rows: usize, bytes: usize) -> Result<()> {
        let Self { groups, measured, .. } = self;
        measured.rows += rows;
        measured.row_bytes += bytes;
        let are_combined = measured.rows >= TRIED_AT_LEAST && groups.len() < measured.rows / 2;
        let is_due = measured.rows >= MEASURE_EVERY && groups.len() > FEW_GROUPS;
        if self.mode == Mode::Trying && are_combined {
            self.only_combine();
        }
        if is_due || self.groups.key_bytes() - self.measured.keys >= MEASURE_EVERY_KEY_BYTES {
            self.measure()?;
        }
        Ok(())
    }

    /// Measures the groups by the size of some of them, and decides the first time what becomes of rows.
    fn measure(&mut self) -> Result<()> {
        let Self { groups, partials, measured, .. } = self;
        let count = groups.len();
        let sampled = (0..count).step_by(count.div_ceil(SAMPLED));
        let bytes: usize = sampled.map(|at| partials.stored_bytes(at)).sum::<Result<usize>>()?;
        let stored = bytes * count / count.min(SAMPLED) + groups.key_bytes();
        let are_groups = count as f64 >= measured.rows as f64 * NEARLY_ALL;
        let are_small = measured.row_bytes <= MOST_LARGER * stored;
        self.measured = Measured {
            keys: groups.key_bytes(),
            in_memory: count * (GROUP + partials.len() * PARTIAL) + 2 * stored,
            ..Measured::default()
        };
        match self.mode {
            Mode::Trying if are_groups && are_small => self.only_keep(),
            Mode::Trying => self.only_combine(),
            Mode::Combining | Mode::Keeping => {}
        }
        Ok(())
    }

    /// Takes out all groups as a run. Decides again then what becomes of rows.
    pub(super) fn take_run(&mut self, cut: RunCut) -> Result<TakenRun> {
        if self.mode == Mode::Trying {
            self.only_combine();
        }
        let Self { groups, partials, kept, shapes, .. } = self;
        // Their bytes in memory bound both.
        let (grouped, rows) = (groups.len() as u32, kept.as_ref());
        // Rows are numbered after groups.
        let key = |number: u32| match rows {
            Some(rows) if number >= grouped => rows.key((number - grouped) as usize),
            _ => (groups.key(number), 0),
        };
        let count = rows.map_or(0, UncombinedRows::len);
        let sorted = SortedKeys::of(grouped + count as u32, cut.partitions.max(1), key);
        let mut taken = TakenRun::new(cut, groups.all_rows() + count as u64);
        taken.shapes = mem::take(shapes);
        if let Some(rows) = rows.filter(|rows| rows.len() > 0) {
            taken.bytes.reserve_exact(rows.byte_len());
            taken.skipped = rows.skipped;
            taken.layout = Some(rows.layout().clone());
        }
        let mut group = Vec::new();
        for (partition, keys) in sorted.in_order(LOADED_AT_ONCE) {
            if let Some(rows) = rows {
                rows.load(keys.iter().map(|key| key.start));
            }
            for SortedKey { number, start, .. } in keys {
                match rows {
                    Some(rows) if *number >= grouped => {
                        taken.add_row(partition, rows.message(*start));
                    }
                    _ => {
                        let at = *number as usize;
                        group.clear();
                        partials.write(
                            &mut group,
                            groups.key(*number),
                            groups.rows(*number),
                            at,
                        )?;
                        taken.skipped += partials.skipped(at);
                        taken.add(partition, &group);
                    }
                }
            }
        }
        shapes.clone_from(&taken.shapes);
        if let Some(rows) = kept {
            rows.clear();
        }
        self.clear_groups();
        self.mode = Self::first_mode(self.open);
        Ok(taken)
    }

    /// Returns the partial of all rows.
    pub(super) fn finish(mut self) -> Result<FoldedQuery> {
        if self.mode == Mode::Keeping
            && let Some(rows) = self.kept.take()
        {
            self.combine(rows.batch())?;
        }
        let Self { open, groups, partials, .. } = self;
        let mut numbers: Vec<u32> = (0..groups.len() as u32).collect();
        numbers.sort_unstable_by_key(|number| groups.key(*number));
        let (mut data, mut skipped) = (Vec::new(), 0);
        begin_list(&mut data, numbers.len())?;
        for number in numbers {
            let at = number as usize;
            partials.write(&mut data, groups.key(number), groups.rows(number), at)?;
            skipped += partials.skipped(at);
        }
        let stored = StoredGroups::new(open.versions(), data);
        Ok(FoldedQuery { partial: QueryPartial::Groups(stored), rows: groups.all_rows(), skipped })
    }
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

/// How many rows of a run the processor loads at the same time.
const LOADED_AT_ONCE: usize = 32;

/// After how many rows it may be clear that they are not kept, because half of them share a group.
const TRIED_AT_LEAST: usize = 4096;

/// Rows are kept if there were this many groups a row when they were measured first, and if the rows
/// have at most so many times the bytes of the stored groups. By the first number memory has no room for
/// the groups of a chunk: rows of 300,000 groups in any order make 59,000 groups by then.
const NEARLY_ALL: f64 = 0.9;
const MOST_LARGER: usize = 2;
