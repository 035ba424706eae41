use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{Ending, Timestamp},
};

/// The event about a job's ending that was announced last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The id of the event, see [`Ending::event_id`].
    pub event_id: String,
    /// How the job ended.
    pub ending: Ending,
    /// When the event was sent.
    pub at: Timestamp,
}

impl Announcement {
    /// Returns the announcement as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::corrupt("an announcement", error))
    }

    /// Reads an announcement.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the text is no announcement.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("an announcement", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_reads_back_as_it_was_stored() {
        // Deployed builds store and read this.
        let json = concat!(
            r#"{"event_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d:completed","#,
            r#""ending":"completed","at":1795348800000}"#,
        );
        assert_eq!(Announcement::from_json(json).unwrap().to_json().unwrap(), json);
    }
}
