use pgfold_core::JobId;
use uuid::Uuid;

/// A task id that nobody else has: the time in milliseconds and 74 random bits.
pub fn new_job_id() -> JobId {
    Uuid::now_v7().into()
}
