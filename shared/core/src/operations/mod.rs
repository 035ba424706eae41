//! The operations of the deployed functions, written against the ports: submit, map, reduce
//! into files, give up, reduce, list, cancel and retry.
//!
//! May use: `job`, `output`, `plan`, `ports`, `query`, `rows`.

mod announcer;
mod attempt;
mod completed;
mod control;
mod delivery;
mod hold;
mod list;
mod manifest;
mod map;
mod mappers;
mod merge;
mod opened;
mod outbox;
mod part_writer;
mod partials;
mod recorder;
mod reduce;
mod reducer;
mod remind;
mod run_fold;
mod run_reader;
mod stage_end;
mod state;
mod submit;
mod undone;
mod unless;
mod usage;
mod worker;

pub use announcer::{Announcer, Ended, Reminded};
pub use attempt::{Failure, Mapped, Reported};
pub use completed::{Completed, CompletedChunk, JobResult};
pub use control::JobControl;
pub use delivery::{Delivery, backoff};
pub use list::{JobDetail, JobPage, JobQuery, ListedJob, job_detail, list_jobs};
pub use manifest::{Manifest, Part};
pub use map::Mapper;
pub use mappers::Mappers;
pub use recorder::Recorder;
pub use reduce::{job_state, reduce, traced_state};
pub use reducer::Reducer;
pub use stage_end::StageEnd;
pub use state::{FailedChunk, JobState};
pub use submit::{DryRun, Submitted, Submitter};
pub use usage::Usage;
pub use worker::Worker;
