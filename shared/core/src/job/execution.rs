use serde::{Deserialize, Serialize};

/// Who looks at every row of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// The mapper: all rows are sent to it.
    #[default]
    Streaming,
    /// The database: it sends the mapper what it computes of each group, or only the rows that may
    /// matter, as the query's [`Pushdown`](crate::Pushdown) says.
    Pushdown,
}

impl Execution {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) const fn is_streaming(&self) -> bool {
        matches!(self, Self::Streaming)
    }
}
