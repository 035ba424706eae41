use super::{Plan, RelationId};

/// How a table is cut, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The chunks.
    pub plan: Plan,
    /// About how many rows the chunks have, by the database's own estimate.
    pub estimated_rows: u64,
    /// The relation that was planned, if the source tells relations apart.
    pub relation: Option<RelationId>,
    /// Whether all that is read can be seen at one instant of the database. Tables of other
    /// databases cannot.
    pub is_one_instant: bool,
    /// Warnings for the caller that submits the job, a sentence each: why the plan has fewer chunks
    /// than were asked for, or why they may be uneven.
    pub warnings: Vec<String>,
}

impl Planned {
    /// Makes a plan without warnings.
    pub const fn new(plan: Plan, estimated_rows: u64) -> Self {
        Self { plan, estimated_rows, relation: None, is_one_instant: true, warnings: Vec::new() }
    }
}
