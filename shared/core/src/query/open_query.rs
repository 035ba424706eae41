use std::ops::Range;

use super::{Compute, Query};
use crate::{
    error::Result,
    kernel::{Aggregates, DynKernel, KernelSpec, Measure},
    rows::{Column, Kind, Nulls},
};

/// A query whose kernels are open, ready to fold and merge.
///
/// A row of a query is its key, the values of `group_by`, and the columns of each kernel. A source
/// may send one field for several columns.
pub struct OpenQuery<'q> {
    pub(super) query: &'q Query,
    pub(super) kernels: Vec<OpenKernel>,
    /// The columns that the kernels read, one kernel's after another's.
    pub(super) columns: Vec<Column>,
}

/// What a database can do of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Pushdown {
    /// Find the few rows that the query's only kernel needs.
    Narrow(Measure),
    /// Compute these aggregates of each group, a list for each kernel.
    Aggregate(Vec<Aggregates>),
}

/// An open kernel of a query.
pub(super) struct OpenKernel {
    pub(super) kernel: Box<dyn DynKernel>,
    /// Its columns among those of the query.
    pub(super) columns: Range<usize>,
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
        let (mut kernels, mut columns) = (Vec::new(), Vec::new());
        for (_, computed) in query.compute.iter() {
            let kernel = computed.kernel.open()?;
            // None for a kernel whose columns are not known.
            let names = computed.columns.iter().flatten().cloned();
            let kinds = kernel.columns().into_iter().map(|(_, kind)| kind);
            let first = columns.len();
            columns.extend(names.zip(kinds).map(|(name, kind)| Column { name, kind }));
            kernels.push(OpenKernel { kernel, columns: first..columns.len() });
        }
        if let Compute::Rows(rows) = &query.compute {
            let names = rows.columns.iter().flatten().cloned();
            columns.extend(names.map(|name| Column { name, kind: Kind::Value }));
        }
        Ok(Self { query, kernels, columns })
    }

    /// Returns the query.
    pub const fn query(&self) -> &'q Query {
        self.query
    }

    /// Returns the columns that the kernels read, one kernel's after another's.
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

    /// Returns whether a kernel reads the keys of rows.
    pub fn reads_key(&self) -> bool {
        self.kernels().any(DynKernel::reads_key)
    }

    /// Returns whether one field of a row may stand for several columns. A single kernel reads the
    /// fields of a row one after the other.
    pub fn may_share_fields(&self) -> bool {
        self.query.only_kernel().is_none() && !self.is_of_rows()
    }

    /// Returns whether the query is for the rows themselves.
    pub const fn is_of_rows(&self) -> bool {
        matches!(self.query.compute, Compute::Rows(_))
    }

    /// Returns what a database can do of the query, whose columns are all named; `None` if nothing.
    pub fn pushdown(&self) -> Option<Pushdown> {
        if self.is_of_rows() {
            return None;
        }
        if let Some(aggregates) = self.aggregates() {
            return Some(Pushdown::Aggregate(aggregates));
        }
        let only = self.kernels.first().filter(|_| self.query.only_kernel().is_some())?;
        only.kernel.measure().map(Pushdown::Narrow)
    }

    /// Returns the aggregates of each kernel, over the columns of the query; `None` if a kernel has
    /// none.
    pub(super) fn aggregates(&self) -> Option<Vec<Aggregates>> {
        let of_kernel = |OpenKernel { kernel, columns }: &OpenKernel| {
            let are_named = columns.len() == kernel.columns().len();
            let aggregates = kernel.aggregates().filter(|_| are_named)?;
            Some(aggregates.shifted_by(columns.start))
        };
        self.kernels.iter().map(of_kernel).collect()
    }

    /// Returns the first kernel without aggregates.
    pub(crate) fn without_aggregates(&self) -> Option<(&'q KernelSpec, &dyn DynKernel)> {
        let specs = self.query.compute.iter().map(|(_, computed)| &computed.kernel);
        specs.zip(self.kernels()).find(|(_, kernel)| kernel.aggregates().is_none())
    }

    /// Returns the most bytes of a chunk's partial; `None` for groups, which may be any number, and for
    /// rows, which have none.
    pub fn largest_partial(&self) -> Option<usize> {
        let partials = self.kernels.iter().map(|open| open.kernel.largest_partial());
        let has_one = self.query.group_by.is_empty() && !self.is_of_rows();
        has_one.then(|| partials.sum())
    }

    /// Returns the versions of the kernels' partials.
    pub(crate) fn versions(&self) -> Vec<u16> {
        self.kernels().map(DynKernel::version).collect()
    }

    pub(super) fn kernels(&self) -> impl Iterator<Item = &dyn DynKernel> {
        self.kernels.iter().map(|open| &*open.kernel)
    }
}
