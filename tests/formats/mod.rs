//! Files of every format with values of every type, and what reads them back.

mod parquet;
mod text;
