//! The same fold over an export in S3, by engines that read Parquet there.

use crate::{database::XLARGE_4_NETWORK, measured::DUCKDB_NANOSECONDS, price, row};

/// Seconds, where they can be told, and US dollars.
pub(crate) struct Took {
    pub(crate) seconds: Option<f64>,
    pub(crate) dollars: f64,
}

/// Exporting a snapshot. AWS names no rate for it.
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

/// Workers of Spark, and the vCPUs and gigabytes of each: Glue's G.1X.
pub(crate) const WORKERS: f64 = 10.0;
const WORKER_VCPUS: f64 = 4.0;
const WORKER_GB: f64 = 16.0;

/// CPU that Spark takes for a row over what DuckDB does: assumed, not measured.
pub(crate) const SPARK_OVER_DUCKDB: f64 = 4.0;

/// Seconds until Spark has its workers: assumed.
pub(crate) const SPARK_START: f64 = 60.0;

/// Bytes a second that a worker reads from S3: assumed, as an m5.xlarge sustains them.
pub(crate) const WORKER_NETWORK: f64 = 1.25e9 / 8.0;

fn spark_seconds(rows: f64) -> f64 {
    let folding = rows * SPARK_OVER_DUCKDB * DUCKDB_NANOSECONDS * 1e-9 / WORKER_VCPUS;
    let reading = rows * row::PARQUET / WORKER_NETWORK;
    SPARK_START + folding.max(reading) / WORKERS
}

/// Spark on Glue.
pub(crate) fn glue(rows: f64) -> Took {
    let seconds = spark_seconds(rows);
    let dollars = WORKERS * seconds / 3600.0 * price::GLUE_WORKER_HOUR;
    Took { seconds: Some(seconds), dollars }
}

/// The same on EMR Serverless.
pub(crate) fn emr(rows: f64) -> Took {
    let seconds = spark_seconds(rows);
    let worker_hour = WORKER_VCPUS * price::EMR_VCPU_HOUR + WORKER_GB * price::EMR_GB_HOUR;
    Took { seconds: Some(seconds), dollars: WORKERS * seconds / 3600.0 * worker_hour }
}
