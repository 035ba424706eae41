//! A chunk of groups has the same record whether Postgres aggregates its rows or a mapper streams
//! them.

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{
    ChunkCount, Compute, Consistency, FoldAggregates, FoldRows, FoldedQuery, OpenQuery, Projection,
    Pushdown, Query, Result, RowBatch, Source,
};
use pgfold_tests::TestSchema;
use serde_json::{Value, json};

use crate::postgres::chunks::{LIMIT, source};

/// Every value that a column can have besides ordinary ones: NULL, both zeros, NaN, infinities, and
/// equal numerics of different scales, where they are the least and the greatest.
const THINGS: &str = "
    CREATE TABLE things (
        id BIGINT PRIMARY KEY, whole INTEGER, big BIGINT, real REAL, double FLOAT, price NUMERIC(12, 2),
        exact NUMERIC, yes BOOLEAN, city TEXT, loose TEXT, at TIMESTAMPTZ, day DATE
    ) WITH (autovacuum_enabled = off);
    INSERT INTO things
    SELECT n,
        CASE WHEN n % 11 = 0 THEN NULL ELSE n * 7919 % 23 - 11 END,
        CASE n % 5 WHEN 0 THEN 9223372036854775807 WHEN 1 THEN -9223372036854775808 WHEN 2 THEN n END,
        CASE n % 9 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' ELSE n * 0.1 END,
        CASE n % 7 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN '-0'::float8
            WHEN 4 THEN 0 ELSE (n * 31 % 100) / 3.0 END,
        CASE n % 13 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' ELSE n * 0.37 END,
        CASE n % 10 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN '-Infinity'
            WHEN 4 THEN 1.50 WHEN 5 THEN 1.5 WHEN 6 THEN 1.500 WHEN 7 THEN 123456789012345678.90
            WHEN 8 THEN 123456789012345678.9 ELSE 0.000 END,
        CASE n % 3 WHEN 0 THEN NULL ELSE n % 3 = 1 END,
        CASE n % 6 WHEN 0 THEN NULL WHEN 1 THEN 'a' WHEN 2 THEN 'A' WHEN 3 THEN '' WHEN 4 THEN 'a ' ELSE 'O''Neil' END,
        CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN 'a' WHEN 2 THEN 'A' ELSE 'b' END,
        CASE WHEN n % 17 = 0 THEN NULL ELSE '2026-10-24 20:00+00'::timestamptz + n * interval '37 minutes' END,
        CASE WHEN n % 19 = 0 THEN 'infinity' ELSE '2026-10-24'::date + (n % 5)::int END
    FROM generate_series(1, 3000) n;
    DELETE FROM things WHERE id BETWEEN 400 AND 1900;
    ANALYZE things";

const COLUMNS: [&str; 11] =
    ["whole", "big", "real", "double", "price", "exact", "yes", "city", "loose", "at", "day"];

/// The table, with texts under a collation that calls `a` and `A` equal where the server has one,
/// and an expression that tells them apart.
async fn things() -> (TestSchema, PostgresSource) {
    let schema = TestSchema::new(&format!(
        "{THINGS};
         DO $$ BEGIN
             CREATE COLLATION any_case
                 (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         EXCEPTION WHEN feature_not_supported THEN -- a server without ICU, as the wheels have it
             CREATE COLLATION any_case FROM \"C\";
         END $$;
         ALTER TABLE things ALTER loose TYPE TEXT COLLATE any_case"
    ))
    .await;
    let mut table = SourceTable::new("things", "id", COLUMNS).unwrap();
    for (name, sql) in [("strict", "loose COLLATE \"C\""), ("net", "price * 0.5 -- half")] {
        table.expressions.insert(name.to_owned(), sql.to_owned());
    }
    let source = source(&schema, table);
    (schema, source)
}

fn kernel(name: &str, columns: &[&str], params: &Value) -> Value {
    json!({ "kernel": { "name": name, "params": params }, "columns": columns })
}

/// Each kernel over each type of column, and some of them beside one another.
fn computes() -> Vec<Value> {
    let bounds = json!({ "bounds": [-1, 0, "0.3", 1.5, "9.75", "123456789012345678.9", 1e300] });
    let numbers = ["whole", "big", "real", "double", "price", "exact", "net"];
    let each = numbers.iter().enumerate().flat_map(|(at, column)| {
        let other = numbers[(at + 3) % numbers.len()];
        [
            kernel("extremes", &[column], &json!({})),
            kernel("histogram", &[column], &bounds),
            kernel("bounding_box", &[column, other], &json!({})),
        ]
    });
    let each: Vec<Value> = each.collect();
    let named = each.iter().step_by(2).take(8).enumerate();
    let named: serde_json::Map<String, Value> =
        named.map(|(at, one)| (format!("n{at}"), one.clone())).collect();
    each.into_iter().map(|one| json!({ "one": one })).chain([json!({ "named": named })]).collect()
}

fn groups() -> Vec<Value> {
    let by = |column: &str| json!({ "column": column, "name": column });
    let unit = |column: &str, unit: &str, zone: Value| json!({ "column": column, "unit": unit, "time_zone": zone, "name": "time" });
    vec![
        json!([]),
        json!([by("whole")]),
        json!([by("city")]),
        json!([by("strict"), by("yes")]),
        json!([by("exact")]),
        json!([unit("at", "day", json!("Europe/Rome")), by("yes")]),
        json!([by("day"), unit("at", "hour", json!("Europe/Rome"))]),
        json!([unit("at", "week", Value::Null), by("city"), by("whole"), by("yes")]),
    ]
}

fn filters() -> Vec<Value> {
    let compare = |column: &str, sign: &str, value: Value| json!({ "column": column, "test": { "compare": [sign, value] } });
    vec![
        json!([]),
        json!([compare("city", "ne", json!("a")), compare("whole", "gt", json!(-5))]),
        json!([compare("id", "ge", json!(300)), compare("id", "lt", json!(420))]),
        json!([compare("id", "lt", json!(0))]),
    ]
}

fn query(compute: &Value, group_by: &Value, filter: &Value) -> Query {
    let query = json!({ "where": filter, "group_by": group_by, "compute": compute });
    serde_json::from_value::<Query>(query).unwrap().checked().unwrap()
}

/// The chunks of a source as a mapper stores them, pushed down and streamed, and how many rows the
/// mappers were sent of those that were pushed down.
async fn both(
    source: &PostgresSource,
    query: &Query,
    consistency: Consistency,
    chunks: u64,
) -> Result<(Vec<FoldedQuery>, Vec<FoldedQuery>, u64)> {
    let query = query.clone().resolved(source.columns(), &source.filters())?;
    let open: OpenQuery<'_> = query.open()?;
    let (count, projection) = (ChunkCount::new(chunks)?, Projection::of(&open));
    let (planned, held) = match consistency {
        Consistency::PerChunk => (source.plan(count, &projection).await?, None),
        Consistency::Snapshot => {
            let (planned, held) = source.hold(count, &projection, LIMIT).await?;
            (planned, Some(held))
        }
    };
    let projection = Projection {
        filter: planned.filter.clone(),
        cut_by: planned.cut_by.clone(),
        relation: planned.relation.clone(),
        ..projection
    };
    let Some(Pushdown::Aggregate(aggregates)) = open.pushdown() else { panic!("{query:?}") };
    let snapshot = held.as_ref().map(|held| held.id().clone());
    let (mut pushed, mut streamed, mut sent) = (Vec::new(), Vec::new(), 0);
    for (_, range) in planned.plan.chunks() {
        let mut fold = Counted { fold: open.fold(), sent: 0 };
        let reading = source.begin(snapshot.as_ref()).await?;
        reading.aggregate(&range, &projection, &aggregates, &mut fold).await?;
        sent += fold.sent;
        pushed.push(fold.fold.finish()?);
        let mut fold = open.fold();
        let reading = source.begin(snapshot.as_ref()).await?;
        reading.read(&range, &projection, &mut fold).await?;
        streamed.push(fold.finish()?);
    }
    Ok((pushed, streamed, sent))
}

/// Counts the bytes of what is folded.
struct Counted<F> {
    fold: F,
    sent: u64,
}

impl<F: FoldRows> FoldRows for Counted<F> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        self.sent += batch.byte_len() as u64;
        self.fold.fold(batch)
    }
}

impl<F: FoldAggregates> FoldAggregates for Counted<F> {
    fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()> {
        self.sent += batch.byte_len() as u64;
        self.fold.fold_aggregates(batch)
    }
}

async fn assert_same(
    source: &PostgresSource,
    query: &Query,
    consistency: Consistency,
    chunks: u64,
) -> u64 {
    let (pushed, streamed, sent) = both(source, query, consistency, chunks).await.unwrap();
    assert_eq!(pushed, streamed, "{consistency:?}, {chunks}: {query:?}");
    sent
}

#[tokio::test]
async fn every_kernel_in_all_groups_has_the_record_of_its_rows() {
    let (_schema, source) = things().await;
    for compute in computes() {
        for group_by in groups() {
            let query = query(&compute, &group_by, &json!([]));
            assert_same(&source, &query, Consistency::Snapshot, 2).await;
        }
    }
}

#[tokio::test]
async fn rows_of_a_filter_and_chunks_without_rows_have_the_record_of_their_rows() {
    let (_schema, source) = things().await;
    let compute = computes().pop().unwrap();
    for filter in filters() {
        for group_by in groups() {
            let query = query(&compute, &group_by, &filter);
            assert_same(&source, &query, Consistency::PerChunk, 5).await;
        }
        for compute in computes().into_iter().step_by(4) {
            let query = query(&compute, &json!([]), &filter);
            assert_same(&source, &query, Consistency::PerChunk, 5).await;
        }
    }
}

#[tokio::test]
async fn groups_are_sent_instead_of_rows() {
    let (_schema, source) = things().await;
    let compute = json!({ "one": kernel("extremes", &["double"], &json!({})) });
    let by = json!([{ "column": "yes", "name": "yes" }]);
    let query = query(&compute, &by, &json!([]));
    let sent = assert_same(&source, &query, Consistency::PerChunk, 1).await;
    // Three groups of some 60 bytes, instead of 1,500 rows.
    assert!((60..600).contains(&sent), "{sent} bytes were sent");
}

#[tokio::test]
async fn groups_of_several_partitions_are_merged() {
    let schema = TestSchema::new(
        "CREATE TABLE points (id INT PRIMARY KEY, x FLOAT, y NUMERIC) PARTITION BY RANGE (id);
         CREATE TABLE one PARTITION OF points FOR VALUES FROM (1) TO (700);
         CREATE TABLE two PARTITION OF points FOR VALUES FROM (700) TO (1300);
         CREATE TABLE rest PARTITION OF points DEFAULT;
         INSERT INTO points SELECT n, n % 7, n % 5 * 0.10 FROM generate_series(1, 2000) n;
         ANALYZE points",
    )
    .await;
    let mut table = SourceTable::new("points", "id", ["x", "y"]).unwrap();
    table.expressions.insert("third".to_owned(), "id % 3".to_owned());
    let source = source(&schema, table);
    let compute = json!({ "named": {
        "box": kernel("bounding_box", &["x", "y"], &json!({})),
        "x": kernel("histogram", &["x"], &json!({ "bounds": [2, 5] })),
    } });
    for group_by in [json!([]), json!([{ "column": "third", "name": "third" }])] {
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            for chunks in [1, 4] {
                let query = query(&compute, &group_by, &json!([]));
                assert_same(&source, &query, consistency, chunks).await;
            }
        }
    }
}

#[tokio::test]
async fn a_view_whose_key_is_trusted_is_streamed() {
    let schema = TestSchema::new(
        "CREATE VIEW points AS SELECT n AS id, n % 3 AS x FROM generate_series(1, 100) n",
    )
    .await;
    let table = SourceTable::new("points", "id", ["x"]).unwrap();
    let source = source(&schema, SourceTable { trusted_key: true, ..table });
    let compute = json!({ "one": kernel("extremes", &["x"], &json!({})) });
    let by = json!([{ "column": "x", "name": "x" }]);
    let query = query(&compute, &by, &json!([]));
    let sent = assert_same(&source, &query, Consistency::PerChunk, 1).await;
    assert!(sent > 100 * 20, "{sent} bytes were sent of 100 rows");
}

#[tokio::test]
async fn more_groups_than_a_record_holds_are_aggregated_as_when_streaming() {
    let schema = TestSchema::new(
        "CREATE TABLE points (id INT PRIMARY KEY, x INT);
         INSERT INTO points SELECT n, n FROM generate_series(1, 40000) n; ANALYZE points",
    )
    .await;
    let source = source(&schema, SourceTable::new("points", "id", ["x"]).unwrap());
    let compute = json!({ "one": kernel("extremes", &["x"], &json!({})) });
    let by = json!([{ "column": "x", "name": "x" }]);
    let query = query(&compute, &by, &json!([]));
    assert!(matches!(query.compute, Compute::One(_)));
    assert_same(&source, &query, Consistency::PerChunk, 1).await;
}
