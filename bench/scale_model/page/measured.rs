//! What the rest is computed from.

use super::Page;
use crate::{
    database::Database,
    elsewhere,
    job::chunk_overhead,
    measured::{DUCKDB_NANOSECONDS, TLS_NANOSECONDS},
    row,
    write::{bytes, count, table, time},
};

impl Page {
    pub(super) fn measured(&self) -> String {
        let nanoseconds = |contender, quantity| {
            let measured = self.results.ten_million(contender).nanoseconds_a_row(quantity);
            format!("{measured:.0} ns")
        };
        let bench = format!("`make bench`, {}, ten million rows", self.results.date());
        let line =
            |what: &str, value: String, from: &str| vec![what.to_owned(), value, from.to_owned()];
        let lines = [
            line("server CPU a row, streamed", nanoseconds("keys", "server_cpu_seconds"), &bench),
            line("the same, `pushdown`", nanoseconds("pushdown", "server_cpu_seconds"), &bench),
            line("a mapper's CPU a row", nanoseconds("keys", "cpu_seconds"), &bench),
            line(
                "server CPU a row for TLS",
                format!("{TLS_NANOSECONDS} ns"),
                "by hand, with libpq, on that machine",
            ),
            line(
                "CPU a row of DuckDB, Parquet",
                format!("{DUCKDB_NANOSECONDS} ns"),
                "by hand, on that machine",
            ),
            line(
                "a row on disk, with its key's index",
                format!("{:.0} B", row::disk()),
                "counted: 120 rows a page of 8 KB, 20 B of index, 90 % full",
            ),
            line("a row on the network", format!("{:.0} B", row::WIRE), "counted: the message"),
            line("a row in Parquet", format!("{:.0} B", row::PARQUET), "counted: four doubles"),
            line(
                "a mapper",
                format!("{} rows/s", count(1.0 / self.streaming.mapper)),
                "assumed, as a dry run does",
            ),
            line("a chunk besides its rows", time(chunk_overhead()), "assumed, as a dry run does"),
            line(
                "memory that keeps a table",
                format!("{:.0} %", Database::CACHED * 100.0),
                "assumed",
            ),
            line(
                "Spark",
                format!(
                    "{} × DuckDB's CPU, {}/s a worker, {} to start",
                    elsewhere::SPARK_OVER_DUCKDB,
                    bytes(elsewhere::WORKER_NETWORK),
                    time(elsewhere::SPARK_START),
                ),
                "assumed",
            ),
        ];
        table(&["what", "how much", "from"], &[0, 2], &lines)
    }
}
