use serde::{Deserialize, Serialize};

/// What the chunks of a job together see of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consistency {
    /// Each chunk sees the instant at which its reading starts. A row is read at most once, unless
    /// its key is changed while the job runs.
    #[default]
    PerChunk,
    /// All chunks see one instant, that at which the job was planned.
    Snapshot,
}
