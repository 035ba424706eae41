use std::num::ParseIntError;

use pgfold_core::{ChunkIndex, FailureScope};

const JOB_SCOPE: &str = "job";

/// The name by which stores keep what failed: `job`, or the chunk's index.
pub(crate) fn scope_name(scope: FailureScope) -> String {
    match scope {
        FailureScope::Job => JOB_SCOPE.to_owned(),
        FailureScope::Chunk(index) => index.to_string(),
    }
}

pub(crate) fn scope_named(name: &str) -> Result<FailureScope, ParseIntError> {
    if name == JOB_SCOPE {
        return Ok(FailureScope::Job);
    }
    Ok(FailureScope::Chunk(ChunkIndex(name.parse()?)))
}
