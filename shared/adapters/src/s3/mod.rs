//! Objects and files in S3.

mod bucket;
mod files;
mod objects;
mod upload;

pub use bucket::S3Objects;
