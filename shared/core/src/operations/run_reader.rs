//! Reads runs, the partials of chunks that are in objects.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use crate::{
    error::{Error, Result},
    job::ObjectName,
    partition::Partition,
    ports::Objects,
    query::{BlockAt, RowShapes, RunContents, SourceForm, StoredRun},
};

/// A run whose footer was read.
pub(crate) struct OpenRun {
    pub(crate) form: Arc<SourceForm>,
    pub(crate) partitions: Vec<OpenPartition>,
}

/// A partition of a run, which is read from its first block to its last.
pub(crate) struct OpenPartition {
    name: ObjectName,
    form: Arc<SourceForm>,
    shapes: Arc<RowShapes>,
    blocks: VecDeque<BlockAt>,
    /// The object, if it was read as a whole.
    object: Option<Arc<[u8]>>,
}

/// The groups and rows of the next blocks of a partition.
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    /// Whether no more blocks follow.
    pub(crate) is_last: bool,
}

impl OpenRun {
    /// Reads the footer of a run; if the object has no more than `at_once` bytes, all of it. Keeps `only`
    /// a partition of each of its sorted sequences, or all.
    ///
    /// # Errors
    /// Those of objects; [`Error::Corrupt`] if the run has other partitions.
    pub(crate) async fn new(
        objects: &dyn Objects,
        name: ObjectName,
        run: &StoredRun,
        at_once: u64,
        only: Option<Partition>,
    ) -> Result<Self> {
        let footer = run.footer();
        let (footer, object) = if run.bytes() <= at_once {
            let object = objects.read(&name, 0..run.bytes()).await?;
            let footer = object.get(footer.start as usize..).unwrap_or_default().to_vec();
            (footer, Some(Arc::from(object)))
        } else {
            (objects.read(&name, footer).await?, None)
        };
        let RunContents { form, shapes, partitions } = run.contents(&footer)?;
        let (form, shapes) = (Arc::new(form), Arc::new(shapes));
        let partition = |blocks: Vec<BlockAt>| OpenPartition {
            name: name.clone(),
            form: Arc::clone(&form),
            shapes: Arc::clone(&shapes),
            blocks: blocks.into(),
            object: object.clone(),
        };
        let partitions = wanted(partitions, only)?.map(partition).collect();
        Ok(Self { form, partitions })
    }
}

/// Returns the partitions of a run that are read.
fn wanted<P>(partitions: Vec<P>, only: Option<Partition>) -> Result<impl Iterator<Item = P>> {
    let (number, of) = only.map_or((0, 1), |only| (only.number().into(), only.of().into()));
    if !partitions.len().is_multiple_of(of) {
        let problem = format!("it has {} partitions, not {of} in each run", partitions.len());
        return Err(Error::corrupt("the run of a chunk", problem));
    }
    Ok(partitions.into_iter().skip(number).step_by(of))
}

impl OpenPartition {
    /// Reads the next blocks: at least one, and no more than `at_once` bytes of several, as they are in
    /// memory.
    pub(crate) async fn read(&mut self, objects: &dyn Objects, at_once: u64) -> Result<Read> {
        let Some(first) = self.blocks.front().map(|block| block.range.start) else {
            return Ok(Read { bytes: Vec::new(), is_last: true });
        };
        let at_once = at_once / self.shapes.expansion();
        let within = |block: &&BlockAt| block.range.end - first <= at_once;
        let count = self.blocks.iter().take_while(within).count().max(1);
        let blocks: Vec<BlockAt> = self.blocks.drain(..count).collect();
        let end = blocks.last().map_or(first, |block| block.range.end);
        let bytes = match &self.object {
            Some(object) => part(object, &(first..end)).to_vec(),
            None => objects.read(&self.name, first..end).await?,
        };
        for block in blocks {
            let Range { start, end } = block.range;
            block.check(part(&bytes, &(start - first..end - first)))?;
        }
        let bytes = self.shapes.expanded(bytes, self.form.layout.as_ref())?;
        Ok(Read { bytes, is_last: self.blocks.is_empty() })
    }
}

/// Returns a part of some bytes; nothing if they end before it does.
fn part<'b>(bytes: &'b [u8], range: &Range<u64>) -> &'b [u8] {
    bytes.get(range.start as usize..range.end as usize).unwrap_or_default()
}
