use super::{Plan, RelationId};
use crate::{
    output::OutputColumn,
    query::{Condition, GroupType},
};

/// The plan of a table, and what the planner learned about the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The chunks.
    pub plan: Plan,
    /// The database's estimate of the number of rows that meet the filter.
    pub estimated_rows: u64,
    /// The relation that was planned; `None` if the source does not distinguish relations.
    pub relation: Option<RelationId>,
    /// Whether one instant of the database covers all rows. It does not cover tables of other
    /// databases.
    pub is_one_instant: bool,
    /// The conditions of the projection, with each value in the one form of its column's type.
    pub filter: Vec<Condition>,
    /// The types of the values that make groups, in the projection's order.
    pub group_types: Vec<GroupType>,
    /// The columns of the projection with their types, in its order.
    pub columns: Vec<OutputColumn>,
    /// The column by whose values the plan is cut, if it is not the source's key.
    pub cut_by: Option<String>,
    /// The index by which the database finds the rows that meet the filter, as far as it says so.
    pub index: Option<String>,
    /// The database's estimate of the number of rows without the projection's filter.
    pub all_rows: u64,
    /// Warnings for the caller that submits the job, one sentence each: why the plan has fewer
    /// chunks than requested, or why the chunks may be uneven.
    pub warnings: Vec<String>,
}

impl Planned {
    /// Makes a plan of all rows, without warnings.
    pub const fn new(plan: Plan, estimated_rows: u64) -> Self {
        Self {
            plan,
            estimated_rows,
            relation: None,
            is_one_instant: true,
            filter: Vec::new(),
            group_types: Vec::new(),
            columns: Vec::new(),
            cut_by: None,
            index: None,
            all_rows: estimated_rows,
            warnings: Vec::new(),
        }
    }
}
