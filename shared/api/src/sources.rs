use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, kernels::KINDS};

/// What jobs may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceList {
    /// The sources, in the order of the configuration. A job that names none reads the first.
    #[schemars(length(min = 1))]
    pub sources: Vec<SourceDescription>,
}

/// A source: a table or view that jobs may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceDescription {
    /// Its name.
    pub source: String,
    /// The table's name, quoted as in SQL.
    pub table: String,
    /// The column that identifies a row; absent if the source has no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TypedColumn")]
    pub key: Option<TypedColumn>,
    /// The condition in SQL that a row must meet; absent if all rows are read.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub filter: Option<String>,
    /// The columns that jobs may read. A job that names none reads the first ones.
    pub columns: Vec<SourceColumn>,
    /// The columns by which rows may be filtered, with their types.
    pub filters: Vec<TypedColumn>,
    /// The database's estimate of the number of rows; absent if the table was never analyzed, or
    /// cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub estimated_rows: Option<u64>,
    /// When the table was last analyzed; absent if the database does not know, as a standby, or for
    /// a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub analyzed_at: Option<Timestamp>,
    /// Why no job can read the source, in a sentence; absent if jobs can read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub problem: Option<String>,
}

/// A column that need not be readable: the key, or one by which rows are filtered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct TypedColumn {
    /// Its name.
    pub column: String,
    /// Its type, as PostgreSQL names it; absent if there is no such column.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub type_name: Option<String>,
}

/// A column that jobs may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct SourceColumn {
    /// Its name.
    pub column: String,
    /// Its type, as PostgreSQL names it; absent if there is no such column.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub type_name: Option<String>,
    /// The SQL of the column, if it is a named expression of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub expression: Option<String>,
    /// The types of the kernels' columns that it can be read as.
    #[schemars(extend("items" = { "type": "string", "enum": KINDS }))]
    pub reads_as: Vec<String>,
}
