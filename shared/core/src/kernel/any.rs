use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{Folded, Kernel, Measure};
use crate::{Columns, Error, Kind, Nulls, Result, RowBatch};

/// A [`Kernel`] whose types are hidden, as the rest of pgfold sees it.
///
/// Calls are dispatched once a chunk or a batch; the loop over rows is compiled for the kernel.
pub trait AnyKernel: Send + Sync {
    /// The columns that the kernel reads, by the part they play and what they are read as, in
    /// the order that rows give them.
    fn columns(&self) -> Vec<(&'static str, Kind)>;

    /// What the kernel wants to know of NULLs.
    fn nulls(&self) -> Nulls;

    /// The most bytes of a partial.
    fn largest_partial(&self) -> usize;

    /// How a database can find the rows that the kernel needs, if it can.
    fn measure(&self) -> Option<Measure>;

    /// A fold that has seen no row.
    fn fold(&self) -> Box<dyn ChunkFold + '_>;

    /// The partial of the chunks whose partials these are.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a partial does not read back.
    fn merge(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Partial>;

    /// The answer over the chunks whose partials these are, a JSON object.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a partial does not read back.
    fn answer(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Value>;
}

/// The state of one chunk while its rows pass by.
pub trait ChunkFold: Send {
    /// Takes in the rows of a batch.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if they have not the kernel's columns; [`Error::Misconfigured`] if one has
    /// no key, or too long a one. Some rows have been folded then.
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()>;

    /// What all the rows came to.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the kernel's partial cannot be written as JSON, or is larger than the
    /// kernel says.
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

/// A kernel's partial as JSON text, which only that kernel can read, in the form of a version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Partial {
    v: u16,
    json: Box<RawValue>,
}

impl Partial {
    fn new<K: Kernel>(kernel: &K, partial: &K::Partial) -> Result<Self> {
        let what = || format!("a partial of {}", K::NAME);
        let json = serde_json::value::to_raw_value(partial)
            .map_err(|error| Error::corrupt(what(), error))?;
        let (bytes, most) = (json.get().len(), kernel.largest_partial());
        if bytes > most {
            return Err(Error::corrupt(what(), format!("{bytes} bytes, more than {most}")));
        }
        Ok(Self { v: K::VERSION, json })
    }

    fn read<K: Kernel>(&self) -> Result<K::Partial> {
        let what = || format!("a partial of {}", K::NAME);
        if self.v != K::VERSION {
            let other = format!("it is of version {}, not {}", self.v, K::VERSION);
            return Err(Error::corrupt(what(), other));
        }
        serde_json::from_str(self.json.get()).map_err(|error| Error::corrupt(what(), error))
    }
}

impl PartialEq for Partial {
    fn eq(&self, other: &Self) -> bool {
        self.v == other.v && self.json.get() == other.json.get()
    }
}

/// A kernel in the list of kernels.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) open: fn(&Value) -> Result<Box<dyn AnyKernel>>,
    pub(super) describe: fn() -> Value,
    /// The parameters of the kernel's examples.
    #[cfg(test)]
    pub(super) examples: fn() -> Vec<Value>,
}

pub(super) const fn entry<K: Kernel>() -> Entry {
    Entry {
        name: K::NAME,
        open: open::<K>,
        describe: describe::<K>,
        #[cfg(test)]
        examples: examples::<K>,
    }
}

fn examples<K: Kernel>() -> Vec<Value> {
    K::examples().iter().map(|params| json!(params)).collect()
}

fn describe<K: Kernel>() -> Value {
    let kinds = <K::Row<'_> as Columns<'_>>::KINDS;
    let column = |(part, kind): (&&str, &Kind)| json!({ "name": part, "type": kind.name() });
    let has_measure = |params| K::new(params).is_ok_and(|kernel| kernel.measure().is_some());
    json!({
        "kernel": K::NAME,
        "about": K::ABOUT,
        "columns": K::COLUMNS.iter().zip(kinds).map(column).collect::<Vec<_>>(),
        "params": K::schema(),
        "example": examples::<K>().into_iter().next(),
        "pushdown": K::examples().into_iter().any(has_measure),
    })
}

fn open<K: Kernel>(params: &Value) -> Result<Box<dyn AnyKernel>> {
    // Of which serde would read an array, too, field by field.
    if !params.is_object() {
        let name = K::NAME;
        return Err(Error::Invalid(format!("parameters of {name}: an object, not {params}")));
    }
    let params = K::Params::deserialize(params)
        .map_err(|error| Error::Invalid(format!("parameters of {}: {error}", K::NAME)))?;
    Ok(Box::new(K::new(params)?))
}

impl<K: Kernel> AnyKernel for K {
    fn columns(&self) -> Vec<(&'static str, Kind)> {
        let kinds = <K::Row<'_> as Columns<'_>>::KINDS;
        K::COLUMNS.iter().copied().zip(kinds.iter().copied()).collect()
    }

    fn nulls(&self) -> Nulls {
        <K::Row<'_> as Columns<'_>>::NULLS
    }

    fn largest_partial(&self) -> usize {
        Kernel::largest_partial(self)
    }

    fn measure(&self) -> Option<Measure> {
        Kernel::measure(self)
    }

    fn fold(&self) -> Box<dyn ChunkFold + '_> {
        Box::new(KernelFold { kernel: self, partial: self.identity(), rows: 0, skipped: 0 })
    }

    fn merge(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Partial> {
        Partial::new(self, &merged(self, partials)?)
    }

    fn answer(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Value> {
        Ok(Kernel::answer(self, merged(self, partials)?))
    }
}

fn merged<K: Kernel>(
    kernel: &K,
    partials: &mut dyn Iterator<Item = &Partial>,
) -> Result<K::Partial> {
    let mut merged = kernel.identity();
    for partial in partials {
        merged = kernel.merge(merged, partial.read::<K>()?);
    }
    Ok(merged)
}

struct KernelFold<'a, K: Kernel> {
    kernel: &'a K,
    partial: K::Partial,
    rows: u64,
    skipped: u64,
}

impl<K: Kernel> ChunkFold for KernelFold<'_, K> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let (mut rows, mut skipped) = (0, 0);
        batch.for_each(|key, row| {
            rows += 1;
            if self.kernel.fold(&mut self.partial, key, row) == Folded::Skipped {
                skipped += 1;
            }
        })?;
        self.rows += rows;
        self.skipped += skipped;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<FoldedChunk> {
        let partial = Partial::new(self.kernel, &self.partial)?;
        Ok(FoldedChunk { partial, rows: self.rows, skipped: self.skipped })
    }
}
