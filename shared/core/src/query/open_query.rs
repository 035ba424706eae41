use super::Query;
use crate::{
    error::Result,
    kernel::{DynKernel, Measure},
    rows::{Column, Nulls},
};

/// A query whose kernels are open, ready to fold and merge.
///
/// A row of a query is its key, the values of `group_by`, and each column that a kernel reads. A
/// column that several kernels read as the same kind is there once.
pub struct OpenQuery<'q> {
    pub(super) query: &'q Query,
    pub(super) kernels: Vec<OpenKernel>,
    /// The columns that the kernels read.
    columns: Vec<Column>,
}

/// An open kernel of a query.
pub(super) struct OpenKernel {
    pub(super) kernel: Box<dyn DynKernel>,
    /// The places of its columns in a row after the key.
    pub(super) places: Vec<usize>,
}

impl Query {
    /// Opens the kernels.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an unknown kernel or a wrong parameter, which
    /// it names.
    pub fn open(&self) -> Result<OpenQuery<'_>> {
        OpenQuery::new(self)
    }
}

impl<'q> OpenQuery<'q> {
    fn new(query: &'q Query) -> Result<Self> {
        // A single kernel is sent a column twice if it reads it twice, in the order of its own.
        let (is_only, first) = (query.only_kernel().is_some(), query.group_by.len());
        let (mut kernels, mut columns) = (Vec::new(), Vec::<Column>::new());
        for (_, computed) in query.compute.iter() {
            let kernel = computed.kernel.open()?;
            // None for a kernel whose columns are not known.
            let names = computed.columns.iter().flatten().cloned();
            let kinds = kernel.columns().into_iter().map(|(_, kind)| kind);
            let mut places = Vec::new();
            for (name, kind) in names.zip(kinds) {
                let column = Column { name, kind };
                let known = columns.iter().position(|known| *known == column);
                let place = known.filter(|_| !is_only).unwrap_or(columns.len());
                if place == columns.len() {
                    columns.push(column);
                }
                places.push(first + place);
            }
            kernels.push(OpenKernel { kernel, places });
        }
        Ok(Self { query, kernels, columns })
    }

    /// Returns the query.
    pub const fn query(&self) -> &'q Query {
        self.query
    }

    /// Returns the columns that the kernels read, each once.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns what the kernels need to know of NULLs.
    pub fn nulls(&self) -> Nulls {
        match (self.query.only_kernel(), self.kernels.first()) {
            (Some(_), Some(only)) => only.kernel.nulls(),
            _ => Nulls::PerColumn,
        }
    }

    /// Returns how a database can find the few rows that the query needs; `None` if it cannot.
    pub fn measure(&self) -> Option<Measure> {
        let only = self.kernels.first().filter(|_| self.query.only_kernel().is_some())?;
        only.kernel.measure()
    }

    /// Returns the most bytes of a chunk's partial; `None` for groups, which may be any number.
    pub fn largest_partial(&self) -> Option<usize> {
        let partials = self.kernels.iter().map(|open| open.kernel.largest_partial());
        self.query.group_by.is_empty().then(|| partials.sum())
    }

    /// Returns the number of values of a row besides its key.
    pub(super) fn width(&self) -> usize {
        self.query.group_by.len() + self.columns.len()
    }

    pub(super) fn kernels(&self) -> impl Iterator<Item = &dyn DynKernel> {
        self.kernels.iter().map(|open| &*open.kernel)
    }
}
