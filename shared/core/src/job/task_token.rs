use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The token by which a workflow waits for a job: whoever has it answers the workflow's task.
///
/// Its `Debug` form leaves it out, because it is as good as a password of that task.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TaskToken(String);

impl TaskToken {
    /// The most characters of a token of Step Functions:
    /// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html>.
    pub const MAX: usize = 2048;

    /// Makes a token of a text.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the text has no character, or more than [`TaskToken::MAX`].
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        match text.len() {
            1..=Self::MAX => Ok(Self(text)),
            length => Err(Error::Invalid(format!(
                "a task_token has 1 to {} characters, not {length}",
                Self::MAX
            ))),
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken(…)")
    }
}

impl TryFrom<String> for TaskToken {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bounded_and_not_shown() {
        let token = TaskToken::new("s3cret").unwrap();
        assert!(!format!("{token:?}").contains("s3cret"));
        for length in [0, TaskToken::MAX + 1] {
            let error = TaskToken::new("t".repeat(length)).unwrap_err().to_string();
            assert!(error.ends_with(&format!("not {length}")), "{error}");
        }
        assert!(serde_json::from_str::<TaskToken>("\"\"").is_err());
    }
}
