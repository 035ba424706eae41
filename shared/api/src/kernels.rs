use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::KernelName;

/// The types that kernels read columns as.
pub(crate) const KINDS: [&str; 8] =
    ["boolean", "integer", "number", "decimal", "text", "uuid", "instant", "any"];

/// What can be computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KernelList {
    /// The kernels.
    pub kernels: Vec<KernelDescription>,
}

impl KernelList {
    /// Returns the kernels that have an answer.
    pub(crate) fn with_answers(&self) -> Self {
        let kernels = self.kernels.iter().filter(|kernel| !kernel.needs_output);
        Self { kernels: kernels.cloned().collect() }
    }
}

/// A kernel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KernelDescription {
    /// Its name.
    pub kernel: KernelName,
    /// What it computes, in a sentence.
    pub about: String,
    /// The columns that it reads, in their order; none if it reads any, by default all of the source.
    pub columns: Vec<KernelColumn>,
    /// Its parameters, as JSON Schema.
    #[schemars(with = "Map<String, Value>")]
    pub params: Value,
    /// Valid parameters.
    #[schemars(with = "Option<Map<String, Value>>")]
    pub example: Option<Value>,
    /// Whether there are parameters with which it can be pushed down.
    pub pushdown: bool,
    /// The parameters with which it can be pushed down, as JSON Schema; left out if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    pub pushdown_params: Option<Value>,
    /// Whether it can be pushed down also in groups and beside other kernels that can.
    #[serde(default)]
    pub pushdown_groups: bool,
    /// Whether it writes files instead of an answer, so that a request for it needs `output`.
    #[serde(default)]
    pub needs_output: bool,
    /// Its answer, as JSON Schema; absent if it writes files instead.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(with = "Map<String, Value>")]
    pub answer: Value,
}

/// A column that a kernel reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KernelColumn {
    /// The part that the column plays.
    pub name: String,
    /// The type that the column is read as.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = KINDS))]
    pub kind: String,
}
