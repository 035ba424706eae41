//! The command line of `pgfold run`.

use std::path::PathBuf;

use clap::Args;

use crate::arguments::{AnswerOptions, Job};

/// A job, and what to do with its answer.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) job: Job,
    /// Write the result to this file, whose name ends in .jsonl, .csv or .parquet; Parquet of
    /// several parts becomes a directory of this name, NAME/ is a directory in any case, and - is
    /// stdout
    #[arg(short, long, value_name = "FILE", requires = "computed")]
    #[arg(conflicts_with_all = ["csv", "no_wait"])]
    pub(crate) output: Option<PathBuf>,
    /// Start only one job for this key; lost requests are then sent again
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Print how the job would run and what it would take, and submit nothing
    #[arg(long, conflicts_with_all = ["no_wait", "no_receipts", "csv"])]
    pub(crate) dry_run: bool,
    /// Print the task id and do not wait
    #[arg(long, conflicts_with = "csv")]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) answer: AnswerOptions,
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
        Ok(serde_json::to_value(parsed(arguments)?.job).unwrap())
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
        let job = parsed(&given).unwrap().job;
        let expected = format!(r#"{{"kernel":"histogram","params":{params},"columns":["b","a"]}}"#);
        assert_eq!(serde_json::to_string(&job).unwrap(), expected);
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
