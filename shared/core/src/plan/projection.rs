use crate::{
    plan::RelationId,
    query::{Condition, GroupBy, OpenQuery},
    rows::{Column, Nulls},
};

/// What is read of a source: the rows that meet the filter, and of each its key, the values of its
/// group, and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    /// The conditions. A row must meet them all.
    pub filter: Vec<Condition>,
    /// The values that make groups, in the order of the fields of a row.
    pub groups: Vec<GroupBy>,
    /// The columns. Their fields are after those of the groups, in their order unless they share
    /// fields.
    pub columns: Vec<Column>,
    /// What the kernels need to know of NULLs.
    pub nulls: Nulls,
    /// Whether a kernel reads the keys of rows. If not, they may be unsent.
    pub reads_key: bool,
    /// Whether one field of a row may stand for several columns, as
    /// [`RowBatch::with_fields`](crate::RowBatch::with_fields) says.
    pub may_share_fields: bool,
    /// The column by whose values chunks are cut, if it is not the source's key. `None` while
    /// planning.
    pub cut_by: Option<String>,
    /// The relation that was planned; no rows of another relation may be read. `None` while
    /// planning.
    pub relation: Option<RelationId>,
}

impl Projection {
    /// Returns what a query reads, whose columns are all named.
    pub fn of(opened: &OpenQuery<'_>) -> Self {
        let query = opened.query();
        Self {
            filter: query.filter.clone(),
            groups: query.group_by.clone(),
            columns: opened.columns().to_vec(),
            nulls: opened.nulls(),
            reads_key: opened.reads_key(),
            may_share_fields: opened.may_share_fields(),
            cut_by: None,
            relation: None,
        }
    }

    /// Returns the projection of columns alone, of all rows.
    pub const fn of_columns(columns: Vec<Column>, nulls: Nulls) -> Self {
        Self {
            filter: Vec::new(),
            groups: Vec::new(),
            columns,
            nulls,
            reads_key: true,
            may_share_fields: false,
            cut_by: None,
            relation: None,
        }
    }
}
