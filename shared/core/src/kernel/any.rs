use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{Folded, Kernel};
use crate::{Error, Result, RowBatch};

/// A [`Kernel`] whose types are hidden, as the rest of pgfold sees it.
///
/// Calls are dispatched once a chunk or a batch; the loop over rows is compiled for the kernel.
pub trait AnyKernel: Send + Sync {
    /// The parts that the source's columns play, in the order that rows give them.
    fn columns(&self) -> &'static [&'static str];

    /// A fold that has seen no row.
    fn fold(&self) -> Box<dyn ChunkFold + '_>;

    /// The answer over the chunks whose partials these are, a JSON object.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a partial does not read back.
    fn answer(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Value>;
}

/// The state of one chunk while its rows pass by.
pub trait ChunkFold: Send {
    /// Takes in the rows of a batch.
    fn fold(&mut self, batch: &RowBatch);

    /// What all the rows came to.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the kernel's partial cannot be written as JSON.
    fn finish(self: Box<Self>) -> Result<FoldedChunk>;
}

/// What the rows of a chunk came to.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedChunk {
    /// The kernel's partial.
    pub partial: Partial,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that said nothing to the kernel.
    pub skipped: u64,
}

/// A kernel's partial as JSON text, which only that kernel can read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Partial(Box<RawValue>);

impl PartialEq for Partial {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// A kernel in the list of kernels.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) open: fn(&Value) -> Result<Box<dyn AnyKernel>>,
}

pub(super) const fn entry<K: Kernel>() -> Entry {
    Entry { name: K::NAME, open: open::<K> }
}

fn open<K: Kernel>(params: &Value) -> Result<Box<dyn AnyKernel>> {
    let params = K::Params::deserialize(params)
        .map_err(|error| Error::Invalid(format!("parameters of {}: {error}", K::NAME)))?;
    Ok(Box::new(K::new(params)?))
}

impl<K: Kernel> AnyKernel for K {
    fn columns(&self) -> &'static [&'static str] {
        K::COLUMNS
    }

    fn fold(&self) -> Box<dyn ChunkFold + '_> {
        Box::new(KernelFold { kernel: self, partial: self.identity(), rows: 0, skipped: 0 })
    }

    fn answer(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Value> {
        let mut merged = self.identity();
        for Partial(json) in partials {
            let partial = serde_json::from_str(json.get())
                .map_err(|error| Error::corrupt(format!("a partial of {}", K::NAME), error))?;
            merged = self.merge(merged, partial);
        }
        Ok(Kernel::answer(self, merged))
    }
}

struct KernelFold<'a, K: Kernel> {
    kernel: &'a K,
    partial: K::Partial,
    rows: u64,
    skipped: u64,
}

impl<K: Kernel> ChunkFold for KernelFold<'_, K> {
    fn fold(&mut self, batch: &RowBatch) {
        for row in batch.rows() {
            self.rows += 1;
            if self.kernel.fold(&mut self.partial, row) == Folded::Skipped {
                self.skipped += 1;
            }
        }
    }

    fn finish(self: Box<Self>) -> Result<FoldedChunk> {
        let partial = serde_json::value::to_raw_value(&self.partial)
            .map_err(|error| Error::corrupt(format!("a partial of {}", K::NAME), error))?;
        Ok(FoldedChunk { partial: Partial(partial), rows: self.rows, skipped: self.skipped })
    }
}
