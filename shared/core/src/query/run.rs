use super::{
    QueryPartial, RowShapes, StoredRun,
    group_cursor::GroupCursor,
    stored_group::{Stored, StoredGroup, StoredPartial},
    stored_run::{Block, Footer, corrupt},
};
use crate::{error::Result, kernel::Partial, partition::Partition, rows::RowLayout};

/// How a run is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCut {
    /// The number of partitions; without any a run has one.
    pub partitions: u16,
    /// The bytes of a block, at least; the last group may exceed them, and the last block has fewer.
    pub block: usize,
}

impl RunCut {
    /// Returns how the runs of a job with so many chunks and partitions are cut.
    ///
    /// A reader has a block of each run in memory at least, so blocks are the smaller the more chunks
    /// there are. Each takes a hundred bytes of the footer.
    pub const fn of(chunks: u16, partitions: u16) -> Self {
        let block = match chunks {
            0..=1000 => 64 * 1024,
            chunks => 64_000_000 / chunks as usize,
        };
        Self { partitions, block }
    }
}

/// A run: the partial of a chunk as one object, which a reader need not have in memory as a whole.
///
/// It has groups sorted by their keys, in blocks, and then a footer with the length and the checksum
/// of each block. The partial of a kernel over all rows is one group with an empty key. The blocks
/// are in partitions, so that several readers can share the groups. An object may have several runs, one
/// after the other, each with all partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What the record has of the object.
    pub stored: StoredRun,
    /// The bytes of the object.
    pub bytes: Vec<u8>,
}

impl Run {
    /// Makes the run of a partial.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the partial does not read back, or is in an
    /// object.
    pub fn of(partial: QueryPartial, cut: RunCut) -> Result<Self> {
        let (kernels, bytes) = match partial {
            QueryPartial::One(partial) => {
                let (version, partial) = partial.into_stored();
                let mut bytes = Vec::new();
                StoredGroup::begin(&mut bytes, &[], 0, 1)?;
                StoredPartial { skipped: 0, partial: &partial }.write(&mut bytes)?;
                (vec![version], bytes)
            }
            QueryPartial::Groups(groups) => groups.into_groups()?,
            QueryPartial::Run(_) | QueryPartial::Part(_) => {
                return Err(corrupt("it is in an object already"));
            }
        };
        let partitions = match cut.partitions {
            0 | 1 => vec![bytes],
            partitions => split(&bytes, partitions)?,
        };
        Self::of_partitions(kernels, partitions, cut.block)
    }

    /// Makes the run of partitions, each of groups one after the other.
    fn of_partitions(kernels: Vec<u16>, partitions: Vec<Vec<u8>>, block: usize) -> Result<Self> {
        let (mut bytes, mut blocks) = (Vec::new(), Vec::with_capacity(partitions.len()));
        for partition in partitions {
            blocks.push(blocks_of(&partition, block)?);
            match bytes.is_empty() {
                true => bytes = partition,
                false => bytes.extend_from_slice(&partition),
            }
        }
        let footer = Footer::new(kernels, None, RowShapes::default(), blocks).write()?;
        bytes.extend_from_slice(&footer);
        Ok(Self { stored: StoredRun::new(bytes.len() as u64, &footer), bytes })
    }
}

/// Groups that a fold took out: those of each partition, one partition after the other, sorted and in
/// blocks.
pub(crate) struct TakenRun {
    /// The blocks, one after the other.
    pub(crate) bytes: Vec<u8>,
    /// The blocks of each partition.
    blocks: Vec<Vec<Block>>,
    /// Where the block starts that is not complete.
    start: usize,
    /// The partition of that block.
    partition: usize,
    /// The bytes of a block, at least.
    block: usize,
    /// Rows that were folded, skipped ones included.
    pub(crate) rows: u64,
    /// Rows that kernels skipped, a row once for each of them.
    pub(crate) skipped: u64,
    /// The layout of rows that are not combined into groups.
    pub(super) layout: Option<RowLayout>,
    /// The shapes of these rows.
    pub(super) shapes: RowShapes,
}

impl TakenRun {
    pub(super) fn new(RunCut { partitions, block }: RunCut, rows: u64) -> Self {
        Self {
            bytes: Vec::new(),
            blocks: (0..partitions.max(1)).map(|_| Vec::new()).collect(),
            start: 0,
            partition: 0,
            block,
            rows,
            skipped: 0,
            layout: None,
            shapes: RowShapes::default(),
        }
    }

    /// Adds the stored form of the next group, of the same partition or a later one.
    pub(super) fn add(&mut self, partition: u16, stored: &[u8]) {
        self.begin(partition);
        self.bytes.extend_from_slice(stored);
        self.end_block_if_large();
    }

    /// Adds the next row, of the same partition or a later one.
    #[inline]
    pub(super) fn add_row(&mut self, partition: u16, message: &[u8]) {
        self.begin(partition);
        self.shapes.write(&mut self.bytes, message);
        self.end_block_if_large();
    }

    #[inline]
    fn begin(&mut self, partition: u16) {
        if usize::from(partition) != self.partition {
            self.end_block();
            self.partition = partition.into();
        }
    }

    #[inline]
    fn end_block_if_large(&mut self) {
        if self.bytes.len() - self.start >= self.block {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        let block = &self.bytes[self.start..];
        if !block.is_empty() {
            self.blocks[self.partition].push(Block::of(block));
            self.start = self.bytes.len();
        }
    }
}

/// The contents of an object to which one run after the other is added.
pub(crate) struct RunIndex {
    kernels: Vec<u16>,
    layout: Option<RowLayout>,
    shapes: RowShapes,
    blocks: Vec<Vec<Block>>,
}

impl RunIndex {
    /// Starts without runs. `kernels` are the versions of the partials.
    pub(crate) fn new(kernels: Vec<u16>) -> Self {
        Self { kernels, layout: None, shapes: RowShapes::default(), blocks: Vec::new() }
    }

    /// Adds a run, and returns its bytes. All runs of a fold have rows of the same layout, or none, and
    /// each has the shapes of those before it.
    pub(crate) fn add(&mut self, mut run: TakenRun) -> Vec<u8> {
        run.end_block();
        self.layout = run.layout.take().or(self.layout.take());
        self.shapes = run.shapes;
        self.blocks.append(&mut run.blocks);
        run.bytes
    }

    /// Returns the footer of the object.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if it cannot be written.
    pub(crate) fn footer(self) -> Result<Vec<u8>> {
        Footer::new(self.kernels, self.layout, self.shapes, self.blocks).write()
    }
}

/// Cuts sorted groups into partitions, which are sorted as well.
fn split(groups: &[u8], partitions: u16) -> Result<Vec<Vec<u8>>> {
    let mut split = vec![Vec::new(); usize::from(partitions)];
    let (mut cursor, mut start) = (GroupCursor::new(groups), 0);
    while let Some(group) = cursor.peek(None, 0)? {
        let number = Partition::number_of(group.key(), partitions);
        cursor.advance();
        split[usize::from(number)].extend_from_slice(&groups[start..cursor.at()]);
        start = cursor.at();
    }
    Ok(split)
}

/// Cuts sorted groups into blocks.
fn blocks_of(groups: &[u8], block: usize) -> Result<Vec<Block>> {
    let (mut blocks, mut start) = (Vec::new(), 0);
    let mut cursor = GroupCursor::new(groups);
    while cursor.peek(None, 0)?.is_some() {
        cursor.advance();
        if cursor.at() - start >= block || cursor.left() == 0 {
            blocks.push(Block::of(&groups[start..cursor.at()]));
            start = cursor.at();
        }
    }
    Ok(blocks)
}

/// Reads the partial of one kernel over all rows from the blocks of its run.
///
/// # Errors
/// [`Error::Corrupt`](crate::Error::Corrupt) if they are not of such a run.
pub(crate) fn partial_of_one(versions: &[u16], bytes: &[u8]) -> Result<Partial> {
    let wrong = || corrupt("it is not of one kernel over all rows");
    let mut cursor = GroupCursor::new(bytes);
    let (Some(Stored::Group(mut group)), [version]) = (cursor.peek(None, 0)?, versions) else {
        return Err(wrong());
    };
    match (group.key, group.kernels.len(), group.kernels.next()) {
        ([], 1, Some(stored)) => Ok(Partial::from_stored(*version, stored?.partial.to_vec())),
        _ => Err(wrong()),
    }
}
