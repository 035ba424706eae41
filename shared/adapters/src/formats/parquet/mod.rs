//! Apache Parquet, by the column writers of the crate `parquet`.

mod column;
mod dictionary;
mod file;
mod pieces;
mod schema;
mod values;

pub(super) use file::ParquetFile;
