use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of a trace, as the deployment's tracing system writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TraceId(pub String);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The trace in which a job was submitted. The job and its messages carry it, so that whoever works
/// on the job continues the trace and logs its id. Core reads nothing in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The trace's id.
    pub id: TraceId,
    /// The text that continues the trace in the next service, in the tracing system's own form.
    pub context: String,
}
