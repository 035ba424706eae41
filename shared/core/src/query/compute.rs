use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kernel::KernelSpec;

/// A kernel over some columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computed {
    /// The kernel.
    pub kernel: KernelSpec,
    /// The columns for those of the kernel, in their order; `None`, which no planned job has, for
    /// the source's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
}

/// The kernels of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compute {
    /// One kernel, whose answer is that of the query.
    One(Computed),
    /// Kernels by the names of their answers.
    Named(BTreeMap<String, Computed>),
    /// None: the rows themselves are written into files.
    Rows(RowsOut),
}

/// The columns of rows that are written into files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowsOut {
    /// The columns; `None`, which no planned job has, for all that may be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
}

impl RowsOut {
    /// The name by which a request asks for rows where it names a kernel.
    pub const NAME: &str = "rows";

    /// The most columns of a file.
    pub const MOST_COLUMNS: usize = 500;
}

impl Compute {
    /// The most kernels of a query.
    pub const MOST: usize = 16;

    /// Returns each kernel with its name; a single kernel has its own.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Computed)> {
        let (one, named) = match self {
            Self::One(computed) => (Some((computed.kernel.name.as_str(), computed)), None),
            Self::Named(named) => (None, Some(named)),
            Self::Rows(_) => (None, None),
        };
        let named = named.into_iter().flatten().map(|(name, computed)| (name.as_str(), computed));
        one.into_iter().chain(named)
    }

    /// Returns each kernel, in the order of [`iter`](Compute::iter).
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Computed> {
        let (one, named) = match self {
            Self::One(computed) => (Some(computed), None),
            Self::Named(named) => (None, Some(named.values_mut())),
            Self::Rows(_) => (None, None),
        };
        one.into_iter().chain(named.into_iter().flatten())
    }
}
