use serde::{Deserialize, Serialize};

/// The name of a source in jobs and messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceId {
    /// Its name in the catalogue.
    pub name: String,
    /// What that name stood for, see [`Source::definition`](crate::Source::definition): a mapper
    /// whose configuration differs from that of submit must not read another table instead.
    pub definition: String,
}
