/// The kind of a source's relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Kind {
    /// A table, partitioned or not.
    Table,
    /// A materialized view, which stores its rows.
    MaterializedView,
    /// A view, which stores no rows.
    View,
    /// A table of another database.
    ForeignTable,
}

impl Kind {
    /// Returns whether this database stores the rows. Stored rows lie in blocks and have
    /// statistics.
    pub(in crate::postgres) const fn is_stored(self) -> bool {
        matches!(self, Self::Table | Self::MaterializedView)
    }
}
