use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{JobId, PlanHash, Timestamp, Trace, message},
    plan::{ChunkIndex, ChunkRange},
};

/// The message that tells a mapper to fold one chunk. Its JSON has less than 1 KB, except for a
/// chunk with the blocks of dozens of partitions. The mapper reads what is computed with its job.
///
/// During a deployment mappers of one build receive messages of another. So a mapper ignores fields
/// that it does not know: a later build may add what a mapper need not know. What a mapper
/// must know to fold correctly is in `range` and in the job's computation, where no field is ignored,
/// or makes another version, which a mapper leaves to the builds that know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkTask {
    /// The version of the message, [`ChunkTask::VERSION`].
    #[serde(rename = "v")]
    pub(crate) version: u16,
    /// The job.
    #[serde(rename = "task_id")]
    pub job_id: JobId,
    /// The fingerprint of the job's chunks.
    pub plan: PlanHash,
    /// Which chunk.
    pub chunk: ChunkIndex,
    /// The rows of the chunk.
    pub range: ChunkRange,
    /// When the job expires.
    pub expires_at: Timestamp,
    /// The trace of the job.
    pub trace: Trace,
}

impl ChunkTask {
    /// The version of the message that this build writes and reads.
    pub const VERSION: u16 = 5;

    /// Returns the message as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| {
            Error::corrupt(format!("chunk {} of task {}", self.chunk, self.job_id), error)
        })
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the JSON has another version or is no message. The error does not
    /// quote the message.
    pub fn from_json(json: &str) -> Result<Self> {
        message::read("chunk task", json, |version| match version {
            Self::VERSION => Ok(()),
            _ => {
                let known = Self::VERSION;
                Err(Error::Invalid(format!("chunk task of version {version}, not {known}")))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The golden sample of a message, without its last brace. Deployed builds send and read this,
    /// so a change of it makes another version.
    const MESSAGE: &str = concat!(
        r#"{"v":5,"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","#,
        r#""plan":"0123456789abcdef","chunk":0,"range":{"keys":{"start":1,"end":250001}},"#,
        r#""expires_at":4102444800000,"#,
        r#""trace":{"id":"1-67271aed-2f6e7a529c1e3d2f0a4b5c6d","#,
        r#""context":"Root=1-67271aed-2f6e7a529c1e3d2f0a4b5c6d"}"#,
    );

    #[test]
    fn a_message_reads_back_as_it_was_sent() {
        let json = format!("{MESSAGE}}}");
        let task = ChunkTask::from_json(&json).unwrap();
        assert_eq!(task.trace.context, "Root=1-67271aed-2f6e7a529c1e3d2f0a4b5c6d");
        assert_eq!(task.to_json().unwrap(), json);
    }

    #[test]
    fn a_message_of_a_later_build_reads_and_another_version_does_not() {
        let later = format!(r#"{MESSAGE},"priority":{{"of":"a later build"}}}}"#);
        let read = ChunkTask::from_json(&later).unwrap();
        assert_eq!(read, ChunkTask::from_json(&format!("{MESSAGE}}}")).unwrap());
        // Where it would change what is computed.
        let nested = format!("{MESSAGE}}}").replacen(r#""start""#, r#""by":"","start""#, 1);
        for refused in [format!("{MESSAGE}}}").replacen("5", "6", 1), nested] {
            let error = ChunkTask::from_json(&refused).unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{error}");
        }
    }

    #[test]
    fn an_unreadable_message_is_described_without_its_text() {
        for (message, problem) in [
            ("s3cret", "unreadable chunk task: Syntax error at column 1"),
            (r#"{"v":"s3cret"}"#, "unreadable chunk task: Data error at column 13"),
            (r#"{"v":5,"s3cret":2}"#, "unreadable chunk task: Data error at column 18"),
            (r#"{"v":1,"s3cret":2}"#, "chunk task of version 1, not 5"),
            ("", "unreadable chunk task: Eof error at column 0"),
        ] {
            assert_eq!(ChunkTask::from_json(message).unwrap_err().to_string(), problem);
        }
    }
}
