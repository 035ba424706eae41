//! Apache Parquet, by the column writers of the crate `parquet`.

mod column;
mod dictionary;
mod file;
mod pieces;
mod schema;
#[cfg(test)]
mod tests;
mod values;

pub(super) use file::ParquetFile;
