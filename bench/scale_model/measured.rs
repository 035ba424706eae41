//! What pgfold and its peers cost a row, as `make bench` measured it: `docs/bench/results.json`.

use pgfold_tests::checkout;
use serde_json::Value;

/// Nanoseconds of server CPU that TLS 1.3 adds to a row: by hand, with libpq, over ten million
/// rows. `make bench` measures without TLS; on AWS there is no other way to connect.
pub(crate) const TLS_NANOSECONDS: f64 = 11.0;

/// CPU that DuckDB takes for a row of a Parquet file that is in memory: by hand on 2026-11-23, on
/// the machine of `make bench`, the median of seven runs over ten million rows.
pub(crate) const DUCKDB_NANOSECONDS: f64 = 69.0;

/// Runs of a contender over a table.
pub(crate) struct Runs {
    pub(crate) rows: f64,
    runs: Vec<Value>,
}

impl Runs {
    /// The median of one quantity.
    pub(crate) fn median(&self, quantity: &str) -> f64 {
        let number = |run: &Value| run[quantity].as_f64().unwrap_or_else(|| panic!("{quantity}"));
        let mut measured: Vec<f64> = self.runs.iter().map(number).collect();
        measured.sort_by(f64::total_cmp);
        let (low, high) = ((measured.len() - 1) / 2, measured.len() / 2);
        (measured[low] + measured[high]) / 2.0
    }

    /// The median of one quantity in seconds, divided by the rows, in nanoseconds.
    pub(crate) fn nanoseconds_a_row(&self, quantity: &str) -> f64 {
        self.median(quantity) * 1e9 / self.rows
    }
}

/// All of results.json.
pub(crate) struct Results(Value);

impl Results {
    pub(crate) fn read() -> Self {
        let json = checkout("docs/bench/results.json");
        Self(serde_json::from_str(&json).expect("results.json is JSON"))
    }

    pub(crate) fn date(&self) -> &str {
        self.0["date"].as_str().expect("a date")
    }

    /// The runs of a contender over the table of ten million rows.
    pub(crate) fn ten_million(&self, contender: &str) -> Runs {
        let runs = &self.0["tables"]["10000000"]["runs"][contender];
        Runs { rows: 1e7, runs: runs.as_array().expect(contender).clone() }
    }

    /// The runs in which pgfold read so many rows in so many chunks, four at a time.
    pub(crate) fn growth(&self, rows: u64, chunks: u64) -> Runs {
        let measured = self.0["growth"].as_array().expect("growth");
        let is_it = |one: &&Value| one["rows"] == rows && one["chunks"] == chunks;
        let one = measured.iter().find(is_it).expect("a measurement of so many rows");
        Runs { rows: rows as f64, runs: one["runs"].as_array().expect("runs").clone() }
    }
}
