use super::QueryPartial;

/// A chunk whose rows have all been folded by a query.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedQuery {
    /// The query's partial.
    pub partial: QueryPartial,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that kernels skipped, a row once for each of them.
    pub skipped: u64,
}
