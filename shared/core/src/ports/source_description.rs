use crate::{job::Timestamp, rows::Kind};

/// What jobs may read of a source, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceDescription {
    /// The table, as the source's configuration names it.
    pub table: String,
    /// The column that identifies a row; `None` if none is configured.
    pub key: Option<ColumnType>,
    /// The condition that a row must meet, as configured.
    pub filter: Option<String>,
    /// The columns by which rows may be filtered, in the order of
    /// [`Source::filters`](crate::Source::filters).
    pub filters: Vec<ColumnType>,
    /// The columns that may be read, in the order of [`Source::columns`](crate::Source::columns).
    pub columns: Vec<ReadableColumn>,
    /// The database's estimate of the number of rows; `None` if it has no statistics.
    pub estimated_rows: Option<u64>,
    /// When the statistics were made; `None` if that is not known.
    pub analyzed_at: Option<Timestamp>,
    /// Why no job can read the source, in the sentence that planning would return; `None` if jobs
    /// can read it.
    pub problem: Option<String>,
}

/// A column and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// The column's name.
    pub column: String,
    /// The database's name of its type; `None` if there is no such column.
    pub type_name: Option<String>,
}

/// A column that jobs may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableColumn {
    /// The column.
    pub column: ColumnType,
    /// Its SQL, if it is a named expression of the configuration.
    pub expression: Option<String>,
    /// The kinds of value that it can be read as.
    pub reads_as: Vec<Kind>,
}
