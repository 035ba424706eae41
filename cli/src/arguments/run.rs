//! The command line of `pgfold run`.

use clap::Args;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{
    arguments::{FileOptions, number::whole_number},
    query::{Columns, Filter, Groups, Named},
};

/// The body of a request for a job. The server chooses every field that is not given.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Run {
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
    /// Start only one job for this key; lost requests are then sent again
    #[arg(long, value_name = "KEY")]
    #[serde(skip)]
    pub(crate) idempotency_key: Option<String>,
    /// Print how the job would run and what it would take, and submit nothing
    #[arg(long, conflicts_with_all = ["no_wait", "no_receipts", "csv"])]
    #[serde(skip)]
    pub(crate) dry_run: bool,
    /// Print the task id and do not wait
    #[arg(long)]
    #[serde(skip)]
    pub(crate) no_wait: bool,
    /// Write the answer as CSV to stdout, and the rest to stderr
    #[arg(long, conflicts_with = "no_wait")]
    #[serde(skip)]
    pub(crate) csv: bool,
    /// Omit the chunks and their receipts from the document that --json prints
    #[arg(long)]
    #[serde(skip)]
    pub(crate) no_receipts: bool,
}

impl Run {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{ApiCommand, Arguments, Command};
    use clap::Parser;
    use serde_json::json;

    /// Parses the command line of `pgfold run`.
    fn parsed(arguments: &[&str]) -> Result<Run, clap::Error> {
        let arguments = ["pgfold", "run"].iter().chain(arguments);
        let Command::OfApi(command) = Arguments::try_parse_from(arguments)?.command else {
            panic!("not a command of the API");
        };
        let ApiCommand::Run(run) = command else { panic!("not a run") };
        Ok(*run)
    }

    /// Returns the body of the request of a command line.
    fn body(arguments: &[&str]) -> Result<serde_json::Value, clap::Error> {
        Ok(serde_json::to_value(parsed(arguments)?).unwrap())
    }

    #[test]
    fn options_that_are_not_given_are_not_sent() {
        assert_eq!(body(&["--no-wait", "--idempotency-key", "k"]).unwrap(), json!({}));
        let given = ["--chunks", "8", "--metric", "haversine", "--consistency", "snapshot"];
        let expected = json!({ "chunks": 8, "metric": "haversine", "consistency": "snapshot" });
        assert_eq!(body(&given).unwrap(), expected);
    }

    #[test]
    fn columns_keep_their_order_and_parameters_their_text() {
        let params = r#"{"bounds": [0.1, 12345678901234567890123]}"#;
        let given = ["--kernel", "histogram", "--column", "b", "--column", "a", "--params", params];
        let run = parsed(&given).unwrap();
        let expected = format!(r#"{{"kernel":"histogram","params":{params},"columns":["b","a"]}}"#);
        assert_eq!(serde_json::to_string(&run).unwrap(), expected);
    }

    #[test]
    fn meaningless_options_are_errors() {
        assert!(body(&["--params", "{}"]).is_err());
        assert!(body(&["--column", "x"]).is_err());
        assert!(body(&["--kernel", "summary", "--metric", "euclidean"]).is_err());
        assert!(body(&["--kernel", "summary", "--params", "{"]).is_err());
        assert!(body(&["--timeout", "0"]).is_err());
        assert!(body(&["--timeout", "-1"]).is_err());
        assert!(body(&["--timeout", "NaN"]).is_err());
        let compute = ["--compute", "fare=summary:fare"];
        assert!(body(&compute).is_ok());
        for more in [
            "--kernel=summary",
            "--column=x",
            "--params={}",
            "--metric=euclidean",
            "--order-by=rows",
            "--descending",
            "--limit=3",
            "--csv --no-wait",
            "--csv --dry-run",
        ] {
            let given = compute.into_iter().chain(more.split(' ')).collect::<Vec<_>>();
            assert!(body(&given).is_err(), "{more}");
        }
        assert!(body(&["--where", "city=Rome"]).is_err());
        assert!(body(&["--group-by", "city"]).is_err());
    }

    #[test]
    fn groups_and_kernels_are_sent_as_the_api_has_them() {
        let given = [
            "--compute",
            "fare=summary:fare",
            "--compute",
            "a=distinct:rider",
            "--group-by",
            "city,day=day:started_at",
            "--group-by",
            "paid",
            "--order-by",
            "fare.sum",
            "--descending",
            "--limit",
            "10",
        ];
        let expected = json!({
            "compute": {
                "fare": { "kernel": "summary", "columns": ["fare"] },
                "a": { "kernel": "distinct", "columns": ["rider"] },
            },
            "group_by": ["city", { "column": "started_at", "unit": "day", "as": "day" }, "paid"],
            "order_by": "fare.sum",
            "descending": true,
            "limit": 10,
        });
        assert_eq!(body(&given).unwrap(), expected);
    }
}
