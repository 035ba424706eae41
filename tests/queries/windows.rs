//! How the rows of a range are cut, and what is read of them.

use pgfold_core::{ChunkRange, Consistency};
use serde_json::{Value, json};

use crate::queries::ledger::{Asked, Ledger, ask, summary};

/// The rows whose column is in a range, by a job.
async fn window(
    ledger: &Ledger,
    column: &str,
    range: [Value; 2],
    consistency: Consistency,
) -> Asked {
    let [from, to] = range;
    let filter = json!([
        { "column": column, "test": { "compare": ["ge", from] } },
        { "column": column, "test": { "compare": ["lt", to] } },
    ]);
    let query = json!({ "where": filter, "compute": summary("int") });
    ask(&ledger.source, query, consistency).await.unwrap()
}

fn balance(asked: &Asked) -> f64 {
    let most = asked.of_chunks.iter().max().unwrap();
    *most as f64 * asked.of_chunks.len() as f64 / asked.rows as f64
}

/// A million rows in the order of their keys; times that repeat three hundred times each.
const EVENTS: &str = "
    CREATE TABLE events (id BIGINT PRIMARY KEY, at TIMESTAMPTZ, kind INTEGER, x DOUBLE PRECISION)
        WITH (autovacuum_enabled = off);
    INSERT INTO events
    SELECT n, CASE WHEN n % 50 > 0 THEN TIMESTAMPTZ '2026-01-01Z' + n / 300 * INTERVAL '300 s' END,
           n % 1000, n
    FROM generate_series(1, 200000) AS n;
    CREATE INDEX events_at ON events (at);
    CREATE INDEX events_kind ON events (kind);
    ANALYZE events";

async fn events() -> (Ledger, pgfold_adapters::PostgresSource) {
    let ledger = Ledger::with(EVENTS).await;
    // Rows that are written in the transaction of an ANALYZE count as written after it, as soon as
    // their session has reported them; and PostgreSQL 14 says so for a while after the next one.
    let until = async |written: bool| {
        let sql = "SELECT n_mod_since_analyze > 0 FROM pg_stat_user_tables
                   WHERE relname = 'events' AND schemaname = current_schema";
        for _ in 0..600 {
            if ledger.client.query_one(sql, &[]).await.unwrap().get::<_, bool>(0) == written {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    until(true).await;
    ledger.client.batch_execute("ANALYZE events").await.unwrap();
    until(false).await;
    let columns = ["at", "kind", "x"];
    let table = pgfold_adapters::SourceTable::new("events", "id", columns).unwrap();
    let source = ledger.configured(table);
    (ledger, source)
}

#[tokio::test]
async fn a_range_of_the_key_is_cut_by_the_key_and_balanced() {
    let ledger = Ledger::new().await;
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let asked = window(&ledger, "id", [json!(1000), json!(1700)], consistency).await;
        assert_eq!((asked.rows, asked.planned.cut_by.as_deref()), (700, None));
        assert_eq!(asked.of_chunks.len(), 7);
        assert!(balance(&asked) <= 1.2, "{:?}", asked.of_chunks);
    }
    let none = window(&ledger, "id", [json!(9000), json!(9999)], Consistency::PerChunk).await;
    assert!(none.planned.plan.is_empty());
    assert_eq!(none.answer.answer["rows"], 0);
}

#[tokio::test]
async fn a_range_of_an_indexed_column_is_cut_by_it_and_balanced() {
    let (ledger, source) = events().await;
    let filter = json!([
        { "column": "at", "test": { "compare": ["ge", "2026-01-01T10:00:00Z"] } },
        { "column": "at", "test": { "compare": ["le", "2026-01-01T20:00:00Z"] } },
    ]);
    let expected = ledger
        .sql("SELECT count(*) FROM events WHERE at BETWEEN '2026-01-01 10:00Z' AND '2026-01-01 20:00Z'")
        .await;
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let query = json!({ "where": filter, "compute": summary("x") });
        let asked = ask(&source, query, consistency).await.unwrap();
        assert_eq!(asked.planned.cut_by.as_deref(), Some("at"));
        assert_eq!(asked.planned.index.as_deref(), Some("events_at"));
        assert_eq!(asked.rows, expected.as_u64().unwrap());
        assert_eq!(asked.of_chunks.len(), 7, "{:?}", asked.of_chunks);
        assert!(balance(&asked) <= 1.2, "{:?}", asked.of_chunks);
        let is_text = |range| matches!(range, ChunkRange::Keys(_));
        assert!(asked.planned.plan.chunks().all(|(_, range)| is_text(range)));
        // The estimate is of the window, and so is the share.
        let estimated = asked.planned.estimated_rows as f64;
        assert!((0.5..2.0).contains(&(estimated / asked.rows as f64)), "{estimated}");
        assert!(asked.planned.all_rows > 100_000);
    }
}

#[tokio::test]
async fn a_window_of_a_source_without_a_key_is_read_by_its_blocks() {
    let (ledger, _) = events().await;
    let columns = ["at", "kind", "x"];
    let table = pgfold_adapters::SourceTable::new("events", "id", columns).unwrap();
    let source = ledger.configured(pgfold_adapters::SourceTable { key: None, ..table });
    for (column, from, sql) in
        [("at", json!("2026-01-02"), "at >= '2026-01-02Z'"), ("kind", json!(990), "kind >= 990")]
    {
        let filter = json!([{ "column": column, "test": { "compare": ["ge", from] } }]);
        let query = json!({ "where": filter, "compute": summary("x") });
        let asked = ask(&source, query, Consistency::Snapshot).await.unwrap();
        let expected = ledger.sql(&format!("SELECT count(*) FROM events WHERE {sql}")).await;
        assert_eq!((json!(asked.rows), asked.planned.cut_by), (expected, None), "{sql}");
    }
}

#[tokio::test]
async fn a_range_with_times_without_end_is_cut_by_the_statistics() {
    let (ledger, source) = events().await;
    let endless = "UPDATE events SET at = 'infinity' WHERE id % 400 = 7; ANALYZE events";
    ledger.client.batch_execute(endless).await.unwrap();
    let filter = json!([{ "column": "at", "test": { "compare": ["ge", "2026-01-02T18:00:00Z"] } }]);
    let query = json!({ "where": filter, "compute": summary("x") });
    let asked = ask(&source, query, Consistency::PerChunk).await.unwrap();
    let sql = "SELECT count(*) FROM events WHERE at >= '2026-01-02 18:00Z'";
    assert_eq!(json!(asked.rows), ledger.sql(sql).await);
    assert_eq!((asked.planned.cut_by.as_deref(), asked.of_chunks.len()), (Some("at"), 7));
    assert!(balance(&asked) <= 1.2, "{:?}", asked.of_chunks);
}

#[tokio::test]
async fn a_window_reads_about_as_many_blocks_as_one_statement_of_sql() {
    let (ledger, source) = events().await;
    let filter = json!([
        { "column": "at", "test": { "compare": ["ge", "2026-01-01T10:00:00Z"] } },
        { "column": "at", "test": { "compare": ["lt", "2026-01-01T12:00:00Z"] } },
    ]);
    let blocks = "SELECT coalesce(heap_blks_read + heap_blks_hit, 0) FROM pg_statio_user_tables
                  WHERE relid = 'events'::regclass";
    let flushed = async |ledger: &Ledger| {
        let client = &ledger.client;
        // PostgreSQL 14 has no such function. A session of it reports at the end of a statement,
        // if half a second has gone by since it last did, and reads what is half a second old.
        if client.batch_execute("SELECT pg_stat_force_next_flush()").await.is_err() {
            for _ in 0..2 {
                tokio::time::sleep(std::time::Duration::from_millis(600)).await;
                client.batch_execute("SELECT 1").await.unwrap();
            }
        }
        client.query_one(blocks, &[]).await.unwrap().get::<_, i64>(0)
    };
    let before = flushed(&ledger).await;
    let sql = "SET max_parallel_workers_per_gather = 0; SELECT count(x) FROM events
               WHERE at >= '2026-01-01 10:00Z' AND at < '2026-01-01 12:00Z'";
    ledger.client.batch_execute(sql).await.unwrap();
    let of_sql = flushed(&ledger).await - before;
    let query = json!({ "where": filter, "compute": summary("x") });
    let asked = ask(&source, query, Consistency::PerChunk).await.unwrap();
    assert_eq!(asked.planned.cut_by.as_deref(), Some("at"));
    // The sessions of the job report what they read when they end, or a second later.
    drop(source);
    let mut of_job = 0;
    for _ in 0..100 {
        of_job = flushed(&ledger).await - before - of_sql;
        if of_job >= of_sql {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(of_sql > 0);
    // Each of seven chunks may touch the block of its neighbour again.
    assert!(of_job <= of_sql + of_sql / 10 + 7, "{of_job} blocks, and SQL's {of_sql}");
}

#[tokio::test]
async fn few_rows_that_an_index_finds_are_one_chunk() {
    let (ledger, source) = events().await;
    let filter = json!([{ "column": "kind", "test": { "compare": ["eq", 7] } }]);
    let query = json!({ "where": filter, "compute": summary("x") });
    let asked = ask(&source, query, Consistency::PerChunk).await.unwrap();
    assert_eq!(asked.of_chunks, [200]);
    assert_eq!(ledger.sql("SELECT count(*) FROM events WHERE kind = 7").await, 200);
}

#[tokio::test]
async fn a_filter_that_takes_most_rows_leaves_the_plan_by_key() {
    let (_ledger, source) = events().await;
    let filter = json!([{ "column": "at", "test": { "compare": ["ge", "2026-01-01"] } }]);
    let query = json!({ "where": filter, "compute": summary("x") });
    let asked = ask(&source, query, Consistency::PerChunk).await.unwrap();
    assert_eq!((asked.rows, asked.planned.cut_by.as_deref()), (196_000, None));
    assert_eq!(asked.of_chunks.len(), 7);
    assert!(balance(&asked) <= 1.2, "{:?}", asked.of_chunks);
    assert_eq!(asked.planned.index, None);
}

#[tokio::test]
async fn ranges_of_every_type_that_is_cut_have_each_row_once() {
    let ledger = Ledger::new().await;
    for (column, range, sql) in [
        (
            "big",
            [json!(1_000_000_007_000_i64), json!(1_300_000_009_100_i64)],
            ["1000000007000", "1300000009100"],
        ),
        ("day", [json!("2024-02-27"), json!("2024-03-01")], ["'2024-02-27'", "'2024-03-01'"]),
        (
            "local",
            [json!("2026-03-29T01:00:00"), json!("2026-03-29T04:00:00")],
            ["'2026-03-29 01:00'", "'2026-03-29 04:00'"],
        ),
        (
            "at",
            [json!("2026-03-29T00:30:00Z"), json!("2026-03-29T01:30:00Z")],
            ["'2026-03-29 00:30Z'", "'2026-03-29 01:30Z'"],
        ),
    ] {
        let [from, to] = sql;
        let sql =
            format!("SELECT count(*) FROM ledger WHERE {column} >= {from} AND {column} < {to}");
        let expected = ledger.sql(&sql).await.as_u64().unwrap();
        assert!(expected > 0, "{sql}");
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            let asked = window(&ledger, column, range.clone(), consistency).await;
            assert_eq!(asked.rows, expected, "{sql}, cut by {:?}", asked.planned.cut_by);
        }
    }
}
