//! What is stored of a job and sent about it: the job, its messages, its records and where it
//! stands.
//!
//! May use: `output`, `plan`, `query`, `rows`.

mod announcement;
mod chunk_task;
mod chunks;
mod computation;
mod consistency;
mod ending;
mod execution;
mod failed_attempt;
mod idempotency;
#[expect(clippy::module_inception, reason = "the job itself is one of the room's ideas")]
mod job;
mod job_id;
mod message;
mod object_name;
mod plan_hash;
mod progress;
mod reason;
mod record;
mod reminder;
mod request;
mod skip_reason;
mod snapshot;
mod source_id;
mod stage;
mod status;
mod tally;
mod task_token;
mod timestamp;
mod trace;

pub use announcement::Announcement;
pub use chunk_task::ChunkTask;
pub use chunks::Chunks;
pub use computation::Computation;
pub use consistency::Consistency;
pub use ending::Ending;
pub use execution::Execution;
pub use failed_attempt::{FailedAttempt, FailedAttempts, LastError};
pub use idempotency::{Claim, IdempotencyKey};
pub use job::{Job, JobPolicy};
pub use job_id::{InvalidJobId, JobId};
pub use object_name::{NewObject, ObjectName};
pub use plan_hash::PlanHash;
pub use progress::Progress;
pub use reason::Reason;
pub use record::{ChunkRecord, Receipt};
pub use reminder::{Reminder, ReminderKind};
pub use request::JobRequest;
pub use skip_reason::SkipReason;
pub use snapshot::{InvalidSnapshotId, SnapshotId};
pub use source_id::SourceId;
pub use stage::Stage;
pub use status::Status;
pub use tally::Tally;
pub use task_token::TaskToken;
pub use timestamp::Timestamp;
pub use trace::{Trace, TraceId};
