//! pgfold without any I/O: what a job is, how it is cut, folded, recorded and reduced.
//!
//! ```text
//!               JobRequest ──▶ submit ──▶ Job in the Store, one ChunkTask a chunk in the Queue
//!                                │
//!   Source::plan ──▶ Plan ───────┘  or Source::hold: a Plan of one instant, which is held
//!                                   until every mapper has begun to read at it
//!
//! ChunkTask ──▶ map ──▶ Source::begin ──▶ Reading ──▶ RowBatch ──▶ QueryFold
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
//! - [`ports`](Source): what pgfold needs of Postgres, a queue, a store, objects and a clock, as
//!   promises.
//! - [`Submitter`], [`Mapper`], [`Reducer`], [`Recorder`], [`JobControl`], [`job_state`]: the operations over
//!   the ports. A function of the deployment does one of them.
//! - [`reduce`](reduce()): the state and the answer of a job from its records.
//! - [`Trace`]: the trace in which a job was submitted; the job and its messages carry it.
//!
//! Nothing here reads a clock, the environment, a socket or a file; the clock is a port.

#![forbid(unsafe_code)]

mod bounded;
mod checksum;
mod error;
mod fingerprint;
mod job;
pub mod kernel;
mod operations;
mod output;
mod partition;
mod plan;
mod ports;
mod query;
mod rows;
mod whole_number;

pub use bounded::{LONGEST_SENTENCE, bounded, shown};
pub use checksum::Checksum;
pub use error::{Error, Result};
pub use fingerprint::{fingerprint, short_fingerprint};
pub use job::*;
pub use operations::*;
pub use output::*;
pub use partition::Partition;
pub use plan::*;
pub use ports::*;
pub use query::*;
pub use rows::*;
pub use whole_number::whole_number;
