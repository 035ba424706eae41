use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The files that a job writes instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Output {
    /// Their format.
    pub format: Format,
    /// Into how many files groups are written; by default one for each 5,000,000 rows of the table,
    /// at most 64. Rows are written into a file a chunk, and ordered or limited groups into one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 1, max = 64))]
    pub parts: Option<u16>,
}

/// The format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Jsonl, Self::Csv, Self::Parquet];

    /// The name on the wire, which files have as their extension.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// The files that a completed job wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Files {
    /// Their format.
    pub format: Format,
    /// Their columns.
    pub columns: Vec<FileColumn>,
    /// Their rows.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many there are.
    #[schemars(range(max = 10_000))]
    pub part_count: usize,
    /// Some of them, as many as chunks are selected, in the order of their numbers.
    #[schemars(length(max = 10_000))]
    pub parts: Vec<FilePart>,
    /// Where the manifest is, the list of all files with the snapshot and the plan.
    pub manifest: FileLink,
    /// Until when the links are good, at the latest.
    pub links_expire_at: Timestamp,
}

/// A column of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileColumn {
    /// Its name.
    pub name: String,
    /// The type of its values: `boolean`, `smallint`, `integer`, `bigint`, `real`, `double`,
    /// `numeric(10,2)`, `text`, `bytes`, `date`, `time`, `timestamp`, `timestamptz`, `uuid`, `json`,
    /// or `other` for the text of a value that no file has a type for.
    #[serde(rename = "type")]
    pub value_type: String,
    /// The SQL name of the type that the column has in the database; absent for what a kernel
    /// computes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub sql_type: Option<String>,
}

/// A file of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilePart {
    /// Where it is.
    #[serde(flatten)]
    pub link: FileLink,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 over its bytes, in hexadecimal digits.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileLink {
    /// Its name in the bucket of results.
    pub name: String,
    /// A link by which anybody can read it for some time.
    pub url: String,
}
