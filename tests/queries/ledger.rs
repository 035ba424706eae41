//! A table with a column of every type by which rows are filtered and grouped, and what a query
//! answers about it.

use std::time::Duration;

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{Answer, ChunkCount, Consistency, Planned, Projection, Query, Result, Source};
use pgfold_tests::{TestSchema, connect};
use serde_json::{Value, json};
use tokio_postgres::Client;

/// Five thousand rows; NULLs in every column but the key. Times lie about the two nights of 2026 in
/// which clocks in Rome change, and infinite ones are among them.
const LEDGER: &str = r#"
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE DOMAIN cents AS INTEGER;
    CREATE TABLE ledger (
        id BIGINT PRIMARY KEY, small SMALLINT, int INTEGER, big BIGINT, real REAL,
        double DOUBLE PRECISION, exact NUMERIC, name TEXT, short VARCHAR(9), wide CHAR(6), yes BOOLEAN,
        day DATE, local TIMESTAMP, at TIMESTAMPTZ, code UUID, mood mood, price cents
    );
    INSERT INTO ledger
    SELECT n, CASE WHEN n % 7 > 0 THEN n % 5 - 2 END, CASE WHEN n % 11 > 0 THEN n * 37 % 1000 END,
           CASE WHEN n % 13 > 0 THEN n * 1000000007::bigint END, CASE WHEN n % 9 > 0 THEN n % 10 / 10.0 END,
           CASE n % 17 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN '-infinity' WHEN 3 THEN -0.0
                       ELSE n % 100 / 8.0 END,
           CASE n % 19 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN 1.50 WHEN 3 THEN 1.5
                       ELSE n % 23 / 100.0 END,
           (ARRAY['Rome', 'Oslo', 'Zürich', '', NULL, 'oslo', 'a"b\c', E'new\nline'])[1 + n % 8],
           (ARRAY['x', 'y ', NULL])[1 + n % 3], (ARRAY['x', 'y', NULL])[1 + n % 3],
           (ARRAY[true, false, NULL])[1 + n % 3],
           CASE n % 29 WHEN 0 THEN NULL WHEN 1 THEN 'infinity' ELSE DATE '2024-02-25' + n % 90 END,
           CASE n % 31 WHEN 0 THEN NULL ELSE TIMESTAMP '2026-03-28 20:00' + n * INTERVAL '97 s' END,
           CASE n % 37 WHEN 0 THEN NULL WHEN 1 THEN '-infinity'
                       WHEN 2 THEN TIMESTAMPTZ '2026-10-24 23:30Z' + n * INTERVAL '1 s'
                       ELSE TIMESTAMPTZ '2026-03-28 22:00Z' + n * INTERVAL '41.5 s' END,
           CASE WHEN n % 41 > 0 THEN md5((n % 20)::text)::uuid END,
           (ARRAY['sad', 'ok', 'happy', NULL]::mood[])[1 + n % 4], CASE WHEN n % 3 > 0 THEN n % 8 END
    FROM generate_series(1, 5000) AS n;
    CREATE INDEX ledger_at ON ledger (at);
    CREATE INDEX ledger_local ON ledger (local);
    CREATE INDEX ledger_big ON ledger (big);
    CREATE INDEX ledger_day ON ledger (day);
    ANALYZE ledger"#;

pub(crate) const COLUMNS: [&str; 16] = [
    "small", "int", "big", "real", "double", "exact", "name", "short", "wide", "yes", "day",
    "local", "at", "code", "mood", "price",
];

pub(crate) struct Ledger {
    pub(crate) source: PostgresSource,
    pub(crate) client: Client,
    schema: TestSchema,
}

impl Ledger {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// The ledger after some more SQL.
    pub(crate) async fn with(sql: &str) -> Self {
        let table = SourceTable::new("ledger", "id", COLUMNS).unwrap();
        let schema = TestSchema::new(&format!("{LEDGER}; {sql}")).await;
        let source = PostgresSource::new(schema.database(), table, Duration::from_secs(60));
        let client = connect(&schema.database()).await;
        Self { source, client, schema }
    }

    /// The same table with another configuration.
    pub(crate) fn configured(&self, table: SourceTable) -> PostgresSource {
        PostgresSource::new(self.schema.database(), table, Duration::from_secs(60))
    }

    /// What SQL says, as JSON.
    pub(crate) async fn sql(&self, sql: &str) -> Value {
        let asked = format!("SET timezone = 'UTC'; SELECT to_json(({sql}))::text");
        let messages = self.client.simple_query(&asked).await;
        let messages = messages.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let text = messages.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        serde_json::from_str(text.unwrap_or("null")).unwrap()
    }

    /// How many rows meet these conditions, by a job in seven chunks.
    pub(crate) async fn count(&self, conditions: Value) -> u64 {
        let query = json!({ "where": conditions, "compute": summary("int") });
        let asked = ask(&self.source, query, Consistency::PerChunk).await.unwrap();
        asked.rows
    }
}

/// The kernel `summary` over a column.
pub(crate) fn summary(column: &str) -> Value {
    json!({ "one": { "kernel": { "name": "summary", "params": {} }, "columns": [column] } })
}

/// What a query answers, and how it was planned.
pub(crate) struct Asked {
    pub(crate) answer: Answer,
    pub(crate) planned: Planned,
    pub(crate) rows: u64,
    /// The number of rows of each chunk.
    pub(crate) of_chunks: Vec<u64>,
}

/// What a query answers about a source, read in seven chunks.
pub(crate) async fn ask(
    source: &PostgresSource,
    query: Value,
    consistency: Consistency,
) -> Result<Asked> {
    let query: Query = serde_json::from_value(query).unwrap();
    let query = query.checked()?.resolved(source.columns(), &source.filters())?;
    let projection = Projection::of(&query.open()?);
    let (chunks, limit) = (ChunkCount::new(7)?, Duration::from_secs(60));
    let (planned, held) = match consistency {
        Consistency::PerChunk => (source.plan(chunks, &projection).await?, None),
        Consistency::Snapshot => {
            let (planned, held) = source.hold(chunks, &projection, limit).await?;
            (planned, Some(held))
        }
    };
    // As mappers read it: by what the job keeps.
    let query = Query { filter: planned.filter.clone(), ..query };
    let opened = query.open()?;
    let projection = Projection {
        cut_by: planned.cut_by.clone(),
        relation: planned.relation.clone(),
        ..Projection::of(&opened)
    };
    let (mut partials, mut of_chunks) = (Vec::new(), Vec::new());
    for (_, range) in planned.plan.chunks() {
        let mut fold = opened.fold();
        let reading = source.begin(held.as_ref().map(|held| held.id())).await?;
        reading.read(&range, &projection, &mut fold).await?;
        let folded = fold.finish()?;
        of_chunks.push(folded.rows);
        partials.push(folded.partial);
    }
    let answer = opened.answer(&planned.group_types, partials.iter())?;
    let rows = of_chunks.iter().sum();
    Ok(Asked { answer, planned, rows, of_chunks })
}
