//! The same fold over an export in S3, by engines that read Parquet there.

use crate::{database::XLARGE_4_NETWORK, measured::DUCKDB_NANOSECONDS, price, row};

/// Seconds, where they can be told, and US dollars.
pub(crate) struct Took {
    pub(crate) seconds: Option<f64>,
    pub(crate) dollars: f64,
}

/// Exporting a snapshot. AWS gives no rate for it.
pub(crate) fn export(rows: f64) -> f64 {
    rows * row::disk() / 1e9 * price::EXPORTED_GB
}

/// Keeping the columns of the export for a month.
pub(crate) fn kept_for_a_month(rows: f64) -> f64 {
    rows * row::PARQUET / 1e9 * price::S3_GB_MONTH
}

/// Athena, which bills what it scans and says nothing of how long it takes.
pub(crate) fn athena(rows: f64) -> Took {
    Took { seconds: None, dollars: rows * row::PARQUET / 1e12 * price::ATHENA_TB }
}

/// vCPUs of the r8g.4xlarge that runs DuckDB.
const DUCKDB_VCPUS: f64 = 16.0;

/// DuckDB on one r8g.4xlarge: as fast as it folds or as its network brings the columns.
pub(crate) fn duckdb(rows: f64) -> Took {
    let folding = rows * DUCKDB_NANOSECONDS * 1e-9 / DUCKDB_VCPUS;
    let seconds = folding.max(XLARGE_4_NETWORK.seconds(rows * row::PARQUET));
    Took { seconds: Some(seconds), dollars: seconds / 3600.0 * price::EC2_R8G_4XLARGE_HOUR }
}

/// Workers of Glue, and the vCPUs of each.
pub(crate) const GLUE_WORKERS: f64 = 10.0;
const GLUE_VCPUS: f64 = 4.0;

/// CPU that Spark takes for a row over what DuckDB does: assumed, not measured.
pub(crate) const SPARK_OVER_DUCKDB: f64 = 4.0;

/// Seconds until a Spark job has its workers, and the least that Glue bills: a minute.
pub(crate) const SPARK_START: f64 = 60.0;

/// Bytes a second that a worker reads from S3: assumed, as an m5.xlarge sustains them.
pub(crate) const WORKER_NETWORK: f64 = 1.25e9 / 8.0;

/// Spark on ten workers of Glue.
pub(crate) fn spark(rows: f64) -> Took {
    let folding = rows * SPARK_OVER_DUCKDB * DUCKDB_NANOSECONDS * 1e-9 / GLUE_VCPUS;
    let reading = rows * row::PARQUET / WORKER_NETWORK;
    let seconds = SPARK_START + folding.max(reading) / GLUE_WORKERS;
    let dollars = GLUE_WORKERS * seconds / 3600.0 * price::GLUE_DPU_HOUR;
    Took { seconds: Some(seconds), dollars }
}
