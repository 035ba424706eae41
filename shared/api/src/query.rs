use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::KernelName;

/// Conditions on a column. A row must meet them all. As in SQL, a NULL meets no comparison.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 2))]
pub struct Condition {
    /// A column by which the source may be filtered.
    pub column: String,
    /// The value is equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Literal")]
    pub eq: Option<Literal>,
    /// The value is not equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Literal")]
    pub ne: Option<Literal>,
    /// The value is less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Literal")]
    pub lt: Option<Literal>,
    /// The value is less or equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Literal")]
    pub le: Option<Literal>,
    /// The value is greater.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Literal")]
    pub gt: Option<Literal>,
    /// The value is greater or equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Literal")]
    pub ge: Option<Literal>,
    /// The value is one of these.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Literal>", length(min = 1, max = 1000))]
    pub one_of: Option<Vec<Literal>>,
    /// Whether the value is NULL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullness")]
    pub is: Option<Nullness>,
}

/// A value that a column is compared with: a boolean, a number, or a text. Days, times, UUIDs and
/// long decimals are texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Literal {
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
}

/// Whether a value is NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Nullness {
    /// It is NULL.
    #[serde(rename = "null")]
    Null,
    /// It is not NULL.
    #[serde(rename = "not null")]
    NotNull,
}

impl Nullness {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Null, Self::NotNull];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::NotNull => "not null",
        }
    }
}

/// A name in an answer, besides its length.
const NAME: &str = "^[^.]*$";

/// The name that no value of `group_by` and no kernel may have, because a group has its rows by it.
fn not_rows() -> Value {
    json!({ "const": "rows" })
}

/// What the names in `compute` must be.
pub(crate) fn names() -> Value {
    json!({ "minLength": 1, "maxLength": 63, "pattern": NAME, "not": not_rows() })
}

/// What makes the groups of rows: the values of a column, or a unit of its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum GroupBy {
    /// The values of a column, whose name they have in the answer.
    Column(
        #[schemars(length(min = 1, max = 63), extend("pattern" = NAME, "not" = not_rows()))] String,
    ),
    /// The values of a column, or a unit of its times, with a name of their own.
    Named(NamedGroup),
}

/// The values of a column, or a unit of its times, that make the groups of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("dependentRequired" = { "time_zone": ["unit"] }))]
pub struct NamedGroup {
    /// A column of the source.
    pub column: String,
    /// The unit to which times are cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TimeUnit")]
    pub unit: Option<TimeUnit>,
    /// The time zone in which units begin, such as `Europe/Rome`; UTC by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub time_zone: Option<String>,
    /// The name of the value in the answer; the column's by default.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 63))]
    #[schemars(extend("pattern" = NAME, "not" = not_rows()))]
    pub name: Option<String>,
}

/// A unit of time, as SQL's `date_trunc` cuts times to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Months.
    Month,
    /// Quarters of a year.
    Quarter,
    /// Years.
    Year,
}

impl TimeUnit {
    /// Each of them.
    pub const ALL: [Self; 7] =
        [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

/// One of several kernels of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Computed {
    /// The kernel.
    pub kernel: KernelName,
    /// Columns of the source for those of the kernel, in their order; the source's first by
    /// default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub columns: Option<Vec<String>>,
    /// The kernel's parameters.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
}

/// What a job computes, besides its source: the rows, their groups, and the kernels.
///
/// A job has either `kernel`, `columns` and `params`, or `compute`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Query {
    /// The conditions that rows meet, one comparison each.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filter: Vec<Condition>,
    /// What makes the groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<GroupBy>,
    /// The kernel of a job of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "KernelName")]
    pub kernel: Option<KernelName>,
    /// The source's columns, in the order of the kernel's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub columns: Option<Vec<String>>,
    /// The kernel's parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    pub params: Option<Map<String, Value>>,
    /// The kernels of a job that names its answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, Computed>")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = 16, "propertyNames" = names()))]
    pub compute: Option<BTreeMap<String, Computed>>,
    /// What the groups of the answer are ordered by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub order_by: Option<String>,
    /// Whether the greatest comes first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// The most groups of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 4_294_967_295_u32))]
    pub limit: Option<u32>,
}
