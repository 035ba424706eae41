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
}

impl Compute {
    /// The most kernels of a query.
    pub const MOST: usize = 16;

    /// Returns each kernel with its name; a single kernel has its own.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Computed)> {
        let (one, named) = match self {
            Self::One(computed) => (Some((computed.kernel.name.as_str(), computed)), None),
            Self::Named(named) => (None, Some(named)),
        };
        let named = named.into_iter().flatten().map(|(name, computed)| (name.as_str(), computed));
        one.into_iter().chain(named)
    }

    /// Returns each kernel, in the order of [`iter`](Compute::iter).
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Computed> {
        let (one, named) = match self {
            Self::One(computed) => (Some(computed), None),
            Self::Named(named) => (None, Some(named.values_mut())),
        };
        one.into_iter().chain(named.into_iter().flatten())
    }
}
