use super::{Plan, RelationId};

/// How a table is cut, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The chunks.
    pub plan: Plan,
    /// About how many rows they have, by the database's own estimate.
    pub estimated_rows: u64,
    /// The relation that was planned, if the source tells relations apart.
    pub relation: Option<RelationId>,
    /// Whether all that is read can be seen at one instant of the database. Tables of other
    /// databases cannot.
    pub is_one_instant: bool,
    /// What whoever submits the job should know, a sentence each: why there are fewer chunks than
    /// were asked for, or why they may be uneven.
    pub warnings: Vec<String>,
}

impl Planned {
    /// A plan with nothing to warn of.
    pub const fn new(plan: Plan, estimated_rows: u64) -> Self {
        Self { plan, estimated_rows, relation: None, is_one_instant: true, warnings: Vec::new() }
    }
}
