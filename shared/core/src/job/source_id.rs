use serde::{Deserialize, Serialize};

/// A source as jobs and messages name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceId {
    /// Its name in the catalogue.
    pub name: String,
    /// What that name stood for, see [`Source::definition`](crate::Source::definition): a mapper that is configured
    /// otherwise than submit was must not read something else in its place.
    pub definition: String,
}
