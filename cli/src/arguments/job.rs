//! The options that say what a job computes.

use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{
    arguments::{FileOptions, number::whole_number},
    query::{Columns, Filter, Groups, Named},
};

/// The body of a request for a job. The server chooses every field that is not given.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Job {
    /// The kernel, one of `pgfold kernels`; `rows` for the rows themselves, as files; if unset, the
    /// nearest pair of points
    #[arg(long, value_name = "NAME", group = "computed")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kernel: Option<String>,
    /// The parameters of the kernel
    #[arg(long, value_name = "JSON", value_parser = json, requires = "kernel")]
    #[arg(conflicts_with = "compute")]
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Box<RawValue>>,
    /// A column for the kernel to read; may be repeated, in the order of the kernel's columns
    #[arg(long = "column", value_name = "NAME", requires = "kernel")]
    #[arg(conflicts_with = "compute")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
    /// The same as --column, several at once with commas between
    #[arg(long = "columns", value_name = "NAMES", value_parser = Columns::parse)]
    #[arg(requires = "kernel", conflicts_with_all = ["compute", "columns"])]
    #[serde(rename = "columns", skip_serializing_if = "Option::is_none")]
    list_of_columns: Option<Columns>,
    /// A kernel with the name of its answer, `NAME=KERNEL[:COLUMN,COLUMN][?PARAMS]`; may be
    /// repeated to compute several over the same rows
    #[arg(long, value_name = "NAME=KERNEL", value_parser = Named::parse)]
    #[arg(group = "computed", conflicts_with = "kernel")]
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "by_name")]
    pub(crate) compute: Vec<Named>,
    /// Only rows that meet this condition, such as 'city=Rome', 'fare>=10', 'city in Rome,Oslo' or
    /// 'ended_at is not null'; may be repeated, then rows meet all of them
    #[arg(long = "where", value_name = "CONDITION", value_parser = Filter::parse)]
    #[arg(requires = "computed")]
    #[serde(skip)]
    pub(crate) filters: Vec<Filter>,
    /// An answer for each value of a column, or of a unit of its times:
    /// `[NAME=][UNIT:]COLUMN[@ZONE]`; may be repeated, or have several with commas between
    #[arg(long, value_name = "COLUMN", value_parser = Groups::parse, requires = "computed")]
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "one_list")]
    pub(crate) group_by: Vec<Groups>,
    /// Order the groups by one of their values, by `rows`, or by a number such as fare.sum
    #[arg(long, value_name = "NAME", requires = "group_by")]
    #[serde(skip_serializing_if = "Option::is_none")]
    order_by: Option<String>,
    /// The greatest groups first
    #[arg(long, requires = "group_by")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    descending: bool,
    /// The most groups of the answer
    #[arg(long, value_name = "N", value_parser = whole_number, requires = "group_by")]
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) files: FileOptions,
    /// The source, by its name in the server's configuration
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// The number of chunks to cut the source into
    #[arg(long, value_name = "N", value_parser = whole_number)]
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<u64>,
    /// euclidean, haversine or geodesic; with --kernel it is one of the --params
    #[arg(long, conflicts_with = "computed")]
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    /// per-chunk, or snapshot: all chunks see the same instant
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    consistency: Option<String>,
    /// streaming, or pushdown: Postgres evaluates the rows
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
}

impl Job {
    /// Returns whether the command line says what to compute.
    pub(crate) fn is_computed(&self) -> bool {
        self.kernel.is_some() || !self.compute.is_empty()
    }

    /// Returns whether the command line names the columns to read.
    pub(crate) fn has_columns(&self) -> bool {
        !self.columns.is_empty()
            || self.list_of_columns.is_some()
            || (!self.compute.is_empty() && self.compute.iter().all(Named::has_columns))
    }
}

fn json(text: &str) -> Result<Box<RawValue>, String> {
    RawValue::from_string(text.to_owned()).map_err(|error| format!("not JSON: {error}"))
}

/// Writes the kernels by the names of their answers, in their order.
fn by_name<S: Serializer>(compute: &[Named], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(compute.iter().map(|named| (&named.name, &named.kernel)))
}

/// Writes what makes groups as one list, however many options it was given by.
fn one_list<S: Serializer>(group_by: &[Groups], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(group_by.iter().flat_map(|Groups(groups)| groups))
}
