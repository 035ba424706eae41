//! The HTTP API of pgfold as types: what clients send, and what the functions answer.
//!
//! ```text
//! method, path ──▶ Route ──▶ a function ──▶ its answer: a type of this crate, as JSON
//! body, query, headers ──▶ server::* ──▶ a request that pgfold-core carries out
//! ```
//!
//! - [`Route`]: every route, with the function that serves it.
//! - [`SubmitRequest`], [`MinDistanceRequest`]: the bodies that are sent.
//! - [`Query`]: what a job computes, as its answers show it: rows, groups and kernels.
//! - [`Submitted`], [`DryRun`], [`JobList`], [`JobDetail`], [`MinDistanceResult`], [`KernelList`],
//!   [`SourceList`] and the others: the bodies that are answered.
//! - [`JobEnded`]: what subscribers receive when a job has ended.
//! - [`Problem`], [`ErrorBody`]: what did not happen, and why.
//! - `server` (feature `server`): reads requests, writes responses, and computes prices.
//! - [`openapi`]: makes the description of the API from these types and the kernels' schemas.
//!
//! Without features the crate depends on no other part of pgfold, so that a client links none. The
//! wire keeps the word of the demo: `task_id` and `/tasks` name a job.
//!
//! ```
//! use pgfold_api::{Route, Submitted};
//!
//! // What the server answered to POST /tasks.
//! let answer = r#"{"status": "task submitted", "chunks": 4,
//!     "task_id": "agg_01a2044c-531b-7494-94fc-6bbdf6334f32",
//!     "trace_id": "1-6b02d940-bd862e3fe1be46a994272793"}"#;
//! let submitted: Submitted = serde_json::from_str(answer)?;
//! // Where the client asks next.
//! let route = Route::ShowJob;
//! let path = route.path().replace("{task_id}", &submitted.task_id.0);
//! assert_eq!(route.method().name(), "GET");
//! assert_eq!(path, "/tasks/agg_01a2044c-531b-7494-94fc-6bbdf6334f32");
//! # Ok::<(), serde_json::Error>(())
//! ```

mod chunk;
mod error_body;
mod event;
mod job;
mod kernels;
pub mod openapi;
mod output;
mod query;
mod request;
mod result;
mod route;
mod scalars;
#[cfg(feature = "server")]
pub mod server;
mod sources;
mod submitted;
mod whole_answer;

/// The header of every answer that has the version of the function that answered.
pub const VERSION_HEADER: &str = "x-pgfold-version";

pub use chunk::{
    BlockRange, ChunkRows, ChunkState, CompletedChunk, FailedChunk, JobChunk, PlannedChunk, Receipt,
};
pub use error_body::{ErrorBody, Problem};
pub use event::JobEnded;
pub use job::{
    Announcement, Job, JobDetail, JobList, LastError, ListedJob, Progress, QueueDepths, State,
};
pub use kernels::{KernelColumn, KernelDescription, KernelList};
pub use output::{FileColumn, FileLink, FilePart, Files, Format, Output};
pub use query::{Computed, Condition, GroupBy, Literal, NamedGroup, Nullness, Query, TimeUnit};
pub use request::{Consistency, Execution, MinDistanceRequest, SubmitRequest};
pub use result::{FailedResult, MinDistanceResult};
pub use route::{Function, Method, Route};
pub use scalars::{KernelName, TaskId, Timestamp, TraceId};
pub use sources::{SourceColumn, SourceDescription, SourceList, TypedColumn};
pub use submitted::{Cancelled, DryRun, Retried, Submitted};
pub use whole_answer::WholeAnswer;
