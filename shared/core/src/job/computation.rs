use serde::{Deserialize, Serialize};

use crate::{
    job::{Consistency, Execution, SnapshotId, SourceId},
    output::Output,
    plan::RelationId,
    query::{GroupType, Query},
};

/// What is read and computed: the same for every chunk of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computation {
    /// What is read.
    pub source: SourceId,
    /// The relation that the source was when the job was planned, if the source tells relations apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<RelationId>,
    /// What is computed: every column is named, and every value has the form of its column's type.
    pub query: Query,
    /// The types of the values of `group_by`, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_types: Vec<GroupType>,
    /// The column by whose values chunks are cut, if it is not the source's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_by: Option<String>,
    /// Who looks at every row.
    #[serde(default, skip_serializing_if = "Execution::is_streaming")]
    pub execution: Execution,
    /// The files that are written instead of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// The one instant that all chunks see; without it each chunk sees an instant of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotId>,
}

impl Computation {
    /// Returns what the chunks together see of the source.
    pub const fn consistency(&self) -> Consistency {
        match self.snapshot {
            Some(_) => Consistency::Snapshot,
            None => Consistency::PerChunk,
        }
    }
}
