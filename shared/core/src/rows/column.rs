use crate::rows::Kind;

/// A column of a source, and the kind of value that it is read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column's name, as it was created.
    pub name: String,
    /// The kind of value that it is read as.
    pub kind: Kind,
}
