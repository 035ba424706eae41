use pgfold_core::{Error, JobId};

use super::item::Problem;

/// The name of the service in errors.
pub(super) const SERVICE: &str = "dynamodb";

/// The error of a stored job that does not read back.
pub(super) fn corrupt(job_id: JobId, problem: Problem) -> Error {
    Error::corrupt(format!("task {job_id} in {SERVICE}"), problem)
}

/// The number of concurrent calls for one job.
pub(super) const AT_ONCE: usize = 32;
