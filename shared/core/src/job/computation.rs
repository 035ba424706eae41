use serde::{Deserialize, Serialize};

use crate::{
    job::{Consistency, Execution, SnapshotId, SourceId},
    kernel::KernelSpec,
    plan::RelationId,
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
    /// The source's columns, in the order in which the kernel reads them.
    pub columns: Vec<String>,
    /// What is computed.
    pub kernel: KernelSpec,
    /// Who looks at every row.
    #[serde(default, skip_serializing_if = "Execution::is_streaming")]
    pub execution: Execution,
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
