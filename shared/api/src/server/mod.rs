//! What the functions need of HTTP and a client does not: reading requests, writing responses.
//!
//! - [`parameters`]: what the query and the headers of each route ask for.
//! - [`SubmitRequest::read`](crate::SubmitRequest::read) and
//!   [`MinDistanceRequest::read`](crate::MinDistanceRequest::read): the bodies.
//! - `From` and `TryFrom` between the types of the wire and those of core.
//! - [`json`], [`text`], [`html`], [`no_content`], [`error`]: the responses.
//! - [`status`]: whose fault an error is.
//! - [`JobEnded::new`](crate::JobEnded::new): the event about a job that has ended.
//! - [`cost_usd`], [`Estimate`]: what a job costs and takes.
//! - [`span`]: what the log says about a request.
//!
//! May use: no other room.

mod body;
mod convert;
mod convert_job;
mod convert_query;
mod cost;
mod estimate;
mod event;
mod fields;
pub mod parameters;
mod prefer;
mod query;
mod read_compute;
mod read_filter;
mod read_groups;
mod request;
mod respond;
mod size;
mod span;
mod strict_json;

pub use body::{Unsupported, json_body};
pub use cost::cost_usd;
pub use estimate::Estimate;
pub use event::Place;
pub use prefer::wait;
use query::Query;
pub use respond::{
    error, html, json, json_text, json_that_fits, json_within, no_content, status, text,
    unknown_route, unsupported,
};
pub use size::{LARGEST_ANSWER, fits};
pub use span::{about_job, of_trace, span};
