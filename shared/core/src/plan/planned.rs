use super::{Plan, RelationId};

/// The plan of a table, and what the planner learned about the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The chunks.
    pub plan: Plan,
    /// The database's estimate of the number of rows.
    pub estimated_rows: u64,
    /// The relation that was planned; `None` if the source does not distinguish relations.
    pub relation: Option<RelationId>,
    /// Whether one instant of the database covers all rows. It does not cover tables of other
    /// databases.
    pub is_one_instant: bool,
    /// Warnings for the caller that submits the job, one sentence each: why the plan has fewer
    /// chunks than requested, or why the chunks may be uneven.
    pub warnings: Vec<String>,
}

impl Planned {
    /// Makes a plan without warnings.
    pub const fn new(plan: Plan, estimated_rows: u64) -> Self {
        Self { plan, estimated_rows, relation: None, is_one_instant: true, warnings: Vec::new() }
    }
}
