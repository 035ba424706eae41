use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    fingerprint::short_fingerprint,
    job::{Computation, JobId, Timestamp},
    plan::Plan,
};

/// A fingerprint of a job's chunks: 16 hexadecimal digits of SHA-256 over its id, when it was
/// planned, its computation and its plan. A chunk is recorded only on the job it was cut for, even if
/// that was lost and its id has been given to another since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(String);

impl PlanHash {
    /// The fingerprint of a job that runs `computation` over the chunks of `plan`.
    pub(crate) fn new(
        job_id: JobId,
        planned_at: Timestamp,
        computation: &Computation,
        plan: &Plan,
    ) -> Self {
        let what = serde_json::json!([job_id, planned_at, computation, plan]);
        Self(short_fingerprint(&what.to_string()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
