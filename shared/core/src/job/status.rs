use std::str::FromStr;

use serde::Serialize;

use crate::{
    bounded::shown,
    error::{Error, Result},
};

/// The kind of state that a job is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// See [`JobState::Pending`](crate::JobState::Pending).
    Pending,
    /// See [`JobState::Completed`](crate::JobState::Completed).
    Completed,
    /// See [`JobState::Failed`](crate::JobState::Failed).
    Failed,
    /// See [`JobState::Cancelled`](crate::JobState::Cancelled).
    Cancelled,
    /// See [`JobState::Expired`](crate::JobState::Expired).
    Expired,
}

impl Status {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Completed, Self::Failed, Self::Cancelled, Self::Expired];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|status| status.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Invalid(format!("state must be one of {names}, not {:?}", shown(text)))
        })
    }
}
