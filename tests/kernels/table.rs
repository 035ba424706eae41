//! A table with a column of every type, and what kernels answer about a table.

use std::time::Duration;

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{
    ChunkCount, Column, Projection, Result, Source,
    kernel::{KernelSpec, Partial},
};
use pgfold_tests::{TestSchema, connect};
use serde_json::Value;
use tokio_postgres::{Client, Row};

/// Twenty thousand rows; in each column one in fifty is NULL.
const THINGS: &str = "
    CREATE TABLE things (
        id BIGSERIAL PRIMARY KEY, small SMALLINT, int INTEGER, big BIGINT, real REAL,
        double DOUBLE PRECISION, exact NUMERIC(20, 6), yes BOOLEAN, name TEXT, code UUID,
        at TIMESTAMPTZ, day DATE
    );
    SELECT setseed(0.3);
    INSERT INTO things (small, int, big, real, double, exact, yes, name, code, at, day)
    SELECT r * 1000, r * 1e6, r * 1e15, r * 1e3, exp(r * 20 - 10), r * 1e9, r > 0.5,
           'name ' || (r * 3000)::int, md5((r * 5000)::int::text)::uuid,
           '2026-01-01'::timestamptz + r * interval '1000 days', '2026-01-01'::date + (r * 700)::int
    FROM (SELECT CASE WHEN random() < 0.98 THEN random() END AS r FROM generate_series(1, 20000)) AS drawn;
    ANALYZE things";

pub(crate) const COLUMNS: [&str; 11] =
    ["small", "int", "big", "real", "double", "exact", "yes", "name", "code", "at", "day"];

pub(crate) struct Things {
    pub(crate) source: PostgresSource,
    client: Client,
    _schema: TestSchema,
}

impl Things {
    pub(crate) async fn new() -> Self {
        let schema = TestSchema::new(THINGS).await;
        let table = SourceTable::new("things", "id", COLUMNS).unwrap();
        let source = PostgresSource::new(schema.database(), table, Duration::from_secs(60));
        let client = connect(&schema.database()).await;
        Self { source, client, _schema: schema }
    }

    pub(crate) async fn fold(
        &self,
        kernel: &str,
        params: Value,
        columns: &[&str],
    ) -> Result<Value> {
        fold(&self.source, kernel, params, columns).await
    }

    pub(crate) async fn sql(&self, sql: &str) -> Row {
        self.client.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }
}

/// What a kernel answers about these columns of a source, read in seven chunks.
pub(crate) async fn fold(
    source: &PostgresSource,
    kernel: &str,
    params: Value,
    columns: &[&str],
) -> Result<Value> {
    let kernel = KernelSpec { name: kernel.to_owned(), params }.open()?;
    let column = |(name, (_, kind)): (&&str, _)| Column { name: (*name).to_owned(), kind };
    let columns = columns.iter().zip(kernel.columns()).map(column).collect();
    let projection = Projection::of_columns(columns, kernel.nulls());
    let planned = source.plan(ChunkCount::new(7)?, &projection).await?;
    let mut partials: Vec<Partial> = Vec::new();
    for (_, range) in planned.plan.chunks() {
        let mut fold = kernel.fold();
        source.begin(None).await?.read(&range, &projection, &mut *fold).await?;
        partials.push(fold.finish()?.partial);
    }
    kernel.answer(&mut partials.iter())
}

/// Whether two numbers differ by less than `part` of the larger. One with many digits is a text.
pub(crate) fn are_close(one: &Value, other: f64, part: f64) -> bool {
    let digits = one.as_str().and_then(|digits| digits.parse().ok());
    let one = one.as_f64().or(digits).unwrap_or_else(|| panic!("{one} is no number"));
    (one - other).abs() <= part * one.abs().max(other.abs())
}
