use pgfold_core::TaskId;
use uuid::Uuid;

/// A task id that nobody else has: the time in milliseconds and 74 random bits.
pub fn new_task_id() -> TaskId {
    Uuid::now_v7().into()
}
