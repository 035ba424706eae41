use pgfold_core::JobId;
use uuid::Uuid;

/// Makes a unique job id: the time in milliseconds and 74 random bits.
pub fn new_job_id() -> JobId {
    Uuid::now_v7().into()
}
