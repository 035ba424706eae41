//! Files with values of every type.

mod samples;
mod written;

pub use samples::{Sample, Value, numeric, samples};
pub use written::{file, file_of_all};
