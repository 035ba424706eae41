use super::Query;
use crate::{
    error::Result,
    kernel::{DynKernel, LARGEST_PARTIAL, Measure, in_base64},
    rows::{Column, Nulls},
};

/// A query whose kernels are open, ready to fold and merge.
///
/// A row of a query is its key, the values of `group_by`, and each column that a kernel reads. A
/// column that several kernels read as the same kind is there once.
pub struct OpenQuery<'q> {
    pub(super) query: &'q Query,
    pub(super) kernels: Vec<OpenKernel>,
    /// The number of columns that the kernels read.
    columns: usize,
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
        let mut kernels = Vec::new();
        for (_, computed) in query.compute.iter() {
            kernels.push(OpenKernel { kernel: computed.kernel.open()?, places: Vec::new() });
        }
        let mut opened = Self { query, kernels, columns: 0 };
        let columns = opened.columns();
        opened.columns = columns.len();
        let first = query.group_by.len();
        let read = opened.reads();
        for (open, read) in opened.kernels.iter_mut().zip(read) {
            let place = |wanted: &Column| columns.iter().position(|column| column == wanted);
            open.places = read.iter().filter_map(place).map(|place| first + place).collect();
        }
        Ok(opened)
    }

    /// Returns the columns that each kernel reads; none for a kernel whose columns are not known.
    fn reads(&self) -> Vec<Vec<Column>> {
        let computed = self.query.compute.iter().map(|(_, computed)| computed);
        let read = |(computed, open): (&super::Computed, &OpenKernel)| {
            let names = computed.columns.iter().flatten().cloned();
            let kinds = open.kernel.columns().into_iter().map(|(_, kind)| kind);
            names.zip(kinds).map(|(name, kind)| Column { name, kind }).collect()
        };
        computed.zip(&self.kernels).map(read).collect()
    }

    /// Returns the columns that the kernels read, each once.
    pub fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for column in self.reads().into_iter().flatten() {
            // A single kernel is sent a column twice if it reads it twice, in the order of its own.
            if self.query.only_kernel().is_some() || !columns.contains(&column) {
                columns.push(column);
            }
        }
        columns
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

    /// Returns the most bytes that a chunk's partial takes in its record.
    pub fn largest_in_record(&self) -> usize {
        match self.query.group_by.is_empty() {
            true => {
                let partials = self.kernels.iter().map(|open| open.kernel.largest_partial());
                in_base64(partials.sum::<usize>().min(LARGEST_PARTIAL))
            }
            false => in_base64(LARGEST_PARTIAL),
        }
    }

    /// Returns the number of values of a row besides its key.
    pub(super) fn width(&self) -> usize {
        self.query.group_by.len() + self.columns
    }

    pub(super) fn kernels(&self) -> impl Iterator<Item = &dyn DynKernel> {
        self.kernels.iter().map(|open| &*open.kernel)
    }
}
