use pgfold_core::{Error, JobId};

/// The name of the service in errors.
pub(super) const SERVICE: &str = "valkey";

/// The error of a stored job that does not read back.
pub(super) fn corrupt(
    job_id: JobId,
    problem: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::corrupt(format!("task {job_id} in {SERVICE}"), problem)
}
