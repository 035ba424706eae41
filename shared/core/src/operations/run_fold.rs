use std::task::{Context, Poll};

use crate::{
    error::{Error, Result},
    job::NewObject,
    operations::{
        outbox::{Outbox, Sent},
        partials::MOST_BYTES,
    },
    ports::Files,
    query::{FoldedQuery, OpenQuery, QueryFold, QueryPartial, RunCut, RunIndex, StoredRun},
    rows::{FoldAggregates, FoldRows, RowBatch},
};

/// About the most bytes of groups in memory. By how they are measured they are fewer.
pub(crate) const MOST_IN_MEMORY: usize = 200_000_000;

/// Of how many bytes of a function's memory groups may take one. As much is for their bytes while they are
/// sent.
const SHARE_OF_MEMORY: usize = 4;

/// Returns about the most bytes of groups in a function with so many megabytes of memory.
pub(crate) const fn most_in_memory(megabytes: u32) -> usize {
    let share = megabytes as usize * 1_000_000 / SHARE_OF_MEMORY;
    if share < MOST_IN_MEMORY { share } else { MOST_IN_MEMORY }
}

/// The fold of a chunk whose groups may be more than memory has room for. Then they go into an object,
/// one sorted run after the other.
///
/// A group may so be in several runs; whoever reads the object merges it. Memory is that of one run, and
/// of its bytes while they are sent.
pub(crate) struct RunFold<'a> {
    fold: QueryFold<'a>,
    /// The versions of the kernels' partials.
    kernels: Vec<u16>,
    /// How each run is cut.
    cut: RunCut,
    /// The most bytes of groups in memory.
    most: usize,
    files: &'a dyn Files,
    object: NewObject,
    /// The object, once there is one.
    spilled: Option<Spilled<'a>>,
}

struct Spilled<'a> {
    index: RunIndex,
    outbox: Outbox<'a>,
    rows: u64,
    skipped: u64,
}

impl<'a> RunFold<'a> {
    /// Starts a fold over no rows, with about `most` bytes of groups in memory.
    pub(crate) fn new(
        query: &'a OpenQuery<'a>,
        files: &'a dyn Files,
        object: NewObject,
        cut: RunCut,
        most: usize,
    ) -> Self {
        let (fold, kernels) = (query.fold(), query.versions());
        Self { fold, kernels, cut, most, files, object, spilled: None }
    }

    /// Returns the partial of all rows.
    ///
    /// # Errors
    /// As for [`QueryFold::finish`]; those of [`Upload`](crate::Upload).
    pub(crate) async fn finish(mut self) -> Result<FoldedQuery> {
        if self.spilled.is_none() && !self.fold.has_rows() {
            return self.fold.finish();
        }
        self.spill()?;
        let Some(Spilled { index, mut outbox, rows, skipped }) = self.spilled else {
            return self.fold.finish();
        };
        let footer = index.footer()?;
        outbox.add(footer.clone());
        let Sent { name, bytes } = outbox.finish().await?;
        let partial = QueryPartial::Run(StoredRun::named(bytes, &footer, name));
        Ok(FoldedQuery { partial, rows, skipped })
    }

    /// Moves the groups into the object if they are too many.
    fn spill_if_large(&mut self) -> Result<()> {
        if self.fold.in_memory() > self.most { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<()> {
        let Some(run) = self.fold.take_run(self.cut)? else { return Ok(()) };
        let (files, object, kernels) = (self.files, self.object, &self.kernels);
        let spilled = self.spilled.get_or_insert_with(|| Spilled {
            index: RunIndex::new(kernels.clone()),
            outbox: Outbox::new(files.create(object)),
            rows: 0,
            skipped: 0,
        });
        spilled.rows += run.rows;
        spilled.skipped += run.skipped;
        spilled.outbox.add(spilled.index.add(run));
        let bytes = spilled.outbox.bytes();
        match self.cut.partitions {
            // One function would have to merge them all.
            0 if bytes > MOST_BYTES => Err(Error::PartialsTooLarge { bytes, most: MOST_BYTES }),
            _ => Ok(()),
        }
    }
}

impl FoldRows for RunFold<'_> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        self.fold.fold(batch)?;
        self.spill_if_large()
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        match &mut self.spilled {
            Some(spilled) => spilled.outbox.poll_ready(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl FoldAggregates for RunFold<'_> {
    fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()> {
        self.fold.fold_aggregates(batch)?;
        self.spill_if_large()
    }
}
