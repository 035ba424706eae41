use serde::{Deserialize, Serialize};

use super::{StoredRun, stored_group::groups_of_list};
use crate::{
    error::{Error, Result},
    kernel::{Base64, Partial},
    output::StoredPart,
};

/// A query's partial over the rows of a chunk, as its record has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryPartial {
    /// That of one kernel over rows that make no groups.
    One(Partial),
    /// Those of each group.
    Groups(StoredGroups),
    /// Either of them in an object, because it is too large for a record.
    Run(StoredRun),
    /// A file of the job's result, instead of a partial.
    Part(StoredPart),
}

impl QueryPartial {
    /// Returns the bytes of the partial. In a record they take a third more, as base64.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::One(partial) => partial.bytes().len() as u64,
            Self::Groups(groups) => groups.data.0.len() as u64,
            Self::Run(run) => run.bytes(),
            Self::Part(part) => part.bytes,
        }
    }
}

/// The partials of groups, in MessagePack and base64: a list, sorted by the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredGroups {
    /// The version of the form, [`StoredGroups::VERSION`].
    v: u16,
    /// The versions of the kernels' partials.
    kernels: Vec<u16>,
    data: Base64,
}

impl StoredGroups {
    const VERSION: u16 = 1;

    /// Makes the form of groups, which `data` has one after the other after a list's header.
    pub(super) const fn new(kernels: Vec<u16>, data: Vec<u8>) -> Self {
        Self { v: Self::VERSION, kernels, data: Base64(data) }
    }

    /// Returns the versions of the kernels' partials.
    pub(super) fn kernels(&self) -> &[u16] {
        &self.kernels
    }

    /// Returns the groups, one after the other without the header of a list.
    ///
    /// # Errors
    /// [`Error::OtherVersion`]; [`Error::Corrupt`] if it is no list.
    pub(super) fn groups(&self) -> Result<&[u8]> {
        self.check()?;
        groups_of_list(&self.data.0)
    }

    /// Returns the versions of the kernels' partials, and what [`groups`](Self::groups) returns.
    ///
    /// # Errors
    /// As for [`groups`](Self::groups).
    pub(super) fn into_groups(self) -> Result<(Vec<u16>, Vec<u8>)> {
        let header = self.data.0.len() - self.groups()?.len();
        let mut data = self.data.0;
        data.drain(..header);
        Ok((self.kernels, data))
    }

    fn check(&self) -> Result<()> {
        Error::check_version("the list of a chunk's groups", self.v, Self::VERSION)
    }
}
