//! The formats of files, behind the port [`Encoders`].

mod append;
mod csv;
mod file_formats;
mod jsonl;
mod parquet;
mod value;

pub use file_formats::FileFormats;
