/// What kind of relation a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Kind {
    /// A table, whole or partitioned.
    Table,
    /// The rows of a query, kept.
    MaterializedView,
    /// A query.
    View,
    /// A table of another database.
    ForeignTable,
}

impl Kind {
    /// Whether its rows are kept in this database: then they lie in blocks, and have statistics.
    pub(in crate::postgres) const fn is_stored(self) -> bool {
        matches!(self, Self::Table | Self::MaterializedView)
    }
}
