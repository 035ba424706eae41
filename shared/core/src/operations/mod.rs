//! The operations of the deployed functions, written against the ports: submit, map, give up,
//! reduce, list, cancel and retry.
//!
//! May use: `job`, `plan`, `ports`, `query`.

mod attempt;
mod completed;
mod control;
mod delivery;
mod hold;
mod list;
mod map;
mod mappers;
mod opened;
mod partials;
mod reduce;
mod reducer;
mod state;
mod submit;
mod usage;
mod worker;

pub use attempt::{Failure, Mapped, Reported};
pub use completed::{Completed, CompletedChunk};
pub use control::JobControl;
pub use delivery::{Delivery, backoff};
pub use list::{JobDetail, JobPage, JobQuery, ListedJob, job_detail, list_jobs};
pub use map::Mapper;
pub use mappers::Mappers;
pub use opened::give_up;
pub use reduce::{job_state, reduce, traced_state};
pub use reducer::Reducer;
pub use state::{FailedChunk, JobState};
pub use submit::{DryRun, Submitted, Submitter};
pub use usage::Usage;
pub use worker::Worker;
