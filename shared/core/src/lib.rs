//! pgfold without any I/O: what a job is, how it is cut, folded, recorded and reduced.
//!
//! ```text
//! POST body ──▶ JobRequest ──▶ submit ──▶ Job in the Store, one ChunkTask a chunk in the Queue
//!                                │
//!   Source::plan ──▶ Plan ───────┘  or Source::hold: a Plan of one instant, which is held
//!                                   until every mapper has begun to read at it
//!
//! ChunkTask ──▶ map ──▶ Source::begin ──▶ Reading ──▶ RowBatch ──▶ ChunkFold
//!                                                                   │
//!                                     ChunkRecord in the Store, once ◀┘
//!
//! Progress from the Store ──▶ reduce ──▶ Pending | Completed | Failed | Cancelled | Expired
//! ```
//!
//! - [`kernel`]: what is computed. A commutative monoid over rows; `min_distance` is the first.
//! - [`plan`](Plan): the source cut in chunks, half-open ranges of keys, or of blocks, that
//!   cover it exactly once.
//! - [`Catalogue`]: the sources that a request may name.
//! - [`ports`](Source): what pgfold needs of Postgres, a queue, a store and a clock, as promises.
//! - [`Submitter`], [`Mapper`], [`give_up`], [`JobControl`], [`job_state`]: the operations over
//!   the ports. A function of the deployment does one of them.
//! - [`reduce`](reduce()): the state and the answer of a job from its records.
//! - [`Trace`]: where a job was submitted, in AWS X-Ray's words; it and its messages carry it.
//!
//! Nothing here reads a clock, the environment, a socket or a file; the clock is a port.

#![forbid(unsafe_code)]

mod attempt;
mod bounded;
mod chunk;
mod chunk_task;
mod columns;
mod completed;
mod computation;
mod control;
mod cost;
mod delivery;
mod error;
mod estimate;
mod execution;
mod failed_attempt;
mod fields;
mod fingerprint;
mod hold;
mod idempotency;
mod job;
mod job_id;
mod jobs;
mod json;
pub mod kernel;
mod key;
mod map;
mod mappers;
mod number;
mod numeric;
mod opened;
mod plan;
mod ports;
mod progress;
mod range;
mod reason;
mod record;
mod reduce;
mod relation_id;
mod request;
mod row;
mod row_buffer;
mod row_columns;
mod skip_reason;
mod snapshot;
mod source;
mod submit;
mod tally;
mod timestamp;
mod trace;
mod unscaled;
mod value;
mod whole_number;

pub use attempt::{Failure, Mapped, Reported};
pub use bounded::{LONGEST_SENTENCE, bounded, shown};
pub use chunk::{ChunkCount, ChunkIndex};
pub use chunk_task::ChunkTask;
pub use columns::{Column, Projection};
pub use completed::{Completed, CompletedChunk};
pub use computation::Computation;
pub use control::JobControl;
pub use cost::{Usage, cost_usd};
pub use delivery::{Delivery, backoff};
pub use error::{Error, Result};
pub use estimate::Estimate;
pub use execution::Execution;
pub use failed_attempt::{FailedAttempt, FailedAttempts, LastError};
pub use fields::Fields;
pub use fingerprint::{fingerprint, short_fingerprint};
pub use idempotency::{Claim, IdempotencyKey};
pub use job::{Job, JobPolicy};
pub use job_id::JobId;
pub use jobs::{JobDetail, JobPage, JobQuery, ListedJob, job_detail, list_jobs};
pub use key::{Key, KeyKind, KeyRef};
pub use map::Mapper;
pub use mappers::Mappers;
pub use number::Number;
pub use numeric::Numeric;
pub use opened::give_up;
pub use plan::{KeyStatistics, Plan, PlanHash};
pub use ports::{
    Backlog, Clock, Depth, HeldSnapshot, OpenChunk, Planned, Queue, ReadTimes, Reading, Recorded,
    RowCount, Source, Store,
};
pub use progress::{Chunks, Progress};
pub use range::{BlockRange, ChunkRange, KeyRange};
pub use reason::Reason;
pub use record::{ChunkRecord, Receipt};
pub use reduce::{FailedChunk, JobState, Status, job_state, reduce, traced_state};
pub use relation_id::RelationId;
pub use request::{Consistency, JobRequest};
pub use row::RowBatch;
pub use row_buffer::{Cell, RowBuffer};
pub use row_columns::{FromRow, Nulls};
pub use skip_reason::SkipReason;
pub use snapshot::SnapshotId;
pub use source::{Catalogue, SourceId};
pub use submit::{DryRun, Submitted, Submitter};
pub use tally::Tally;
pub use timestamp::Timestamp;
pub use trace::{Trace, TraceId};
pub use value::{Decimal, Decode, Form, Identity, Instant, Kind};
