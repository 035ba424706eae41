//! Results as files: what a job writes instead of an answer in JSON.
//!
//! May use: `rows`.

mod column;
mod format;
mod part;
mod spec;

pub use column::OutputColumn;
pub use format::Format;
pub use part::StoredPart;
pub use spec::{Output, OutputSpec};
