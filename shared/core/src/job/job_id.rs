use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bounded::shown;

const PREFIX: &str = "agg_";

/// The id of a job: `agg_` and a UUID in lower case with hyphens, 40 characters.
///
/// The prefix is part of the demo's API. Ids are made from UUIDs of version 7, so
/// they sort by the time they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(Uuid);

/// A text that is not a [`JobId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a task id; a task id is {PREFIX} and a UUID in lower case")]
pub struct InvalidJobId(String);

impl JobId {
    /// Returns the UUID that the id is made of.
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl From<Uuid> for JobId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0.hyphenated())
    }
}

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        let id = text.strip_prefix(PREFIX).and_then(|uuid| Uuid::try_parse(uuid).ok()).map(Self);
        // Only the form that `Display` writes: an id has one spelling.
        id.filter(|id| id.to_string() == text).ok_or_else(|| InvalidJobId(shown(text)))
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;

    fn try_from(text: String) -> Result<Self, InvalidJobId> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d";

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id: JobId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("{TEXT:?}"));
        assert_eq!(serde_json::from_str::<JobId>(&format!("{TEXT:?}")).unwrap(), id);
    }

    #[test]
    fn anything_else_is_refused_and_named() {
        for text in [
            "",
            "agg_",
            "42",
            "0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d",
            "agg_0192f0c12f6e7a529c1e3d2f0a4b5c6d",
            "agg_0192F0C1-2F6E-7A52-9C1E-3D2F0A4B5C6D",
            "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d ",
        ] {
            let error = text.parse::<JobId>().unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }
}
