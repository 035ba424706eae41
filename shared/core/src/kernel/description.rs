use serde_json::Value;

use crate::rows::Kind;

/// A kernel as its callers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// What it computes, in a sentence.
    pub about: &'static str,
    /// Its columns: the part that each plays, and the type that it is read as.
    pub columns: Vec<(&'static str, Kind)>,
    /// The JSON Schema of its parameters.
    pub params: Value,
    /// Valid parameters.
    pub example: Option<Value>,
    /// The JSON Schema of the parameters with which a database can do most of the kernel, if it can.
    pub pushdown: Option<Value>,
    /// Whether it can also in groups and beside other kernels.
    pub pushdown_groups: bool,
    /// The JSON Schema of its answer.
    pub answer: Value,
}
