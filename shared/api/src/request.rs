use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Computed, Condition, GroupBy, KernelName, Output, query::names};

/// What the chunks of a job together see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consistency {
    /// Each chunk sees the instant at which its reading starts.
    #[default]
    PerChunk,
    /// All chunks see one instant.
    Snapshot,
}

impl Consistency {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::PerChunk, Self::Snapshot];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PerChunk => "per-chunk",
            Self::Snapshot => "snapshot",
        }
    }
}

/// Who looks at every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// The mappers: Postgres sends them all rows.
    #[default]
    Streaming,
    /// Postgres, which sends the mappers what it computes of each group, or only the rows that may
    /// matter.
    Pushdown,
}

impl Execution {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Streaming, Self::Pushdown];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Pushdown => "pushdown",
        }
    }
}

/// Into how many chunks a source is cut unless the request says so.
pub(crate) const DEFAULT_CHUNKS: u64 = 4;

fn default_chunks() -> u64 {
    DEFAULT_CHUNKS
}

/// The body of `POST /compute_min_distance`: nothing, or an object whose fields are all optional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MinDistanceRequest {
    /// A source of the deployment's catalogue; its first by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub source: Option<String>,
    /// Into how many chunks the source is cut. A snapshot allows at most `MapperConcurrency` of the
    /// deployment, 10 by default, because all chunks attach to it at once.
    #[serde(default = "default_chunks")]
    #[schemars(range(min = 1, max = 10_000))]
    pub chunks: u64,
    /// The kernel's parameter `metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub metric: Option<String>,
    /// What the chunks together see.
    #[serde(default)]
    pub consistency: Consistency,
    /// Who looks at every row.
    #[serde(default)]
    pub execution: Execution,
}

impl MinDistanceRequest {
    /// The names of the fields.
    pub const FIELDS: [&'static str; 5] =
        ["chunks", "metric", "consistency", "execution", "source"];
}

/// The body of `POST /tasks`: a job of one kernel, or of several by the names of their answers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SubmitRequest {
    /// What is computed, unless `compute` says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "KernelName")]
    pub kernel: Option<KernelName>,
    /// What is computed in one pass over the rows: up to 16 kernels by the names of their answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, Computed>")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = 16, "propertyNames" = names()))]
    pub compute: Option<BTreeMap<String, Computed>>,
    /// The rows: those that meet every condition; all by default.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filter: Vec<Condition>,
    /// What divides the rows into groups. Each group has its own answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    pub group_by: Vec<GroupBy>,
    /// What the groups are ordered by: the name of one of their values, `rows`, or a number of an
    /// answer such as `fare.sum`. By default they are ordered by their values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub order_by: Option<String>,
    /// Whether the greatest comes first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// The most groups that the answer lists; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 4_294_967_295_u32))]
    pub limit: Option<u32>,
    /// A source of the deployment's catalogue; its first by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub source: Option<String>,
    /// Columns of the source for those of the kernel, in their order; the source's first by
    /// default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub columns: Option<Vec<String>>,
    /// The kernel's parameters.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
    /// The files that are written instead of an answer; none by default. The kernel `rows` needs them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Output")]
    pub output: Option<Output>,
    /// Into how many chunks the source is cut. A snapshot allows at most `MapperConcurrency` of the
    /// deployment, 10 by default, because all chunks attach to it at once; a kernel with large
    /// partials allows fewer.
    #[serde(default = "default_chunks")]
    #[schemars(range(min = 1, max = 10_000))]
    pub chunks: u64,
    /// What the chunks together see.
    #[serde(default)]
    pub consistency: Consistency,
    /// Who looks at every row.
    #[serde(default)]
    pub execution: Execution,
}

impl SubmitRequest {
    /// The names of the fields.
    pub const FIELDS: [&'static str; 14] = [
        "kernel",
        "compute",
        "where",
        "group_by",
        "order_by",
        "descending",
        "limit",
        "source",
        "columns",
        "params",
        "output",
        "chunks",
        "consistency",
        "execution",
    ];
}
