//! A chunk has the same record whether Postgres looks at its rows or a mapper streams them.

use pgfold_adapters::PostgresSource;
use pgfold_core::{
    ChunkCount, Consistency, Error, Result, RowCount, Source,
    kernel::{FoldedChunk, Metric, Partial},
};
use pgfold_tests::{TestSchema, min_distance};
use serde_json::Value;

use crate::postgres::chunks::{LIMIT, POINTS, coordinates, points, source, trusted};

/// What comes of a source whose chunks are pushed down, and streamed: answer, rows and skipped rows
/// of each, and how many rows the mappers were sent.
#[derive(Debug)]
struct Both {
    pushed: (Value, Vec<RowCount>),
    streamed: (Value, Vec<RowCount>),
    sent: u64,
}

impl Both {
    async fn of(source: &PostgresSource, consistency: Consistency, chunks: u64) -> Result<Self> {
        let kernel = min_distance(Metric::Euclidean).open()?;
        let (count, projection) = (ChunkCount::new(chunks)?, coordinates(source));
        let (planned, held) = match consistency {
            Consistency::PerChunk => (source.plan(count, &projection).await?, None),
            Consistency::Snapshot => {
                let (planned, held) = source.hold(count, &projection, LIMIT).await?;
                (planned, Some(held))
            }
        };
        let snapshot = held.as_ref().map(|held| held.id().clone());
        let (mut pushed, mut streamed, mut sent) = (Vec::new(), Vec::new(), 0);
        for (_, range) in planned.plan.chunks() {
            let mut fold = kernel.fold();
            let reading = source.begin(snapshot.as_ref()).await?;
            let measure = kernel.measure().unwrap();
            let (_, count) = reading.narrow(&range, &projection, measure, &mut *fold).await?;
            let folded = fold.finish()?;
            sent += folded.rows;
            let RowCount { rows, skipped } = count.expect("a count");
            pushed.push(FoldedChunk { rows, skipped, ..folded });

            let mut fold = kernel.fold();
            let reading = source.begin(snapshot.as_ref()).await?;
            reading.read(&range, &projection, &mut *fold).await?;
            streamed.push(fold.finish()?);
        }
        let come_to = |folded: &[FoldedChunk]| -> Result<(Value, Vec<RowCount>)> {
            let partials: Vec<&Partial> = folded.iter().map(|chunk| &chunk.partial).collect();
            let count = |chunk: &FoldedChunk| RowCount { rows: chunk.rows, skipped: chunk.skipped };
            Ok((kernel.answer(&mut partials.into_iter())?, folded.iter().map(count).collect()))
        };
        Ok(Self { pushed: come_to(&pushed)?, streamed: come_to(&streamed)?, sent })
    }
}

/// A table with rows of these coordinates, as SQL over `n` from 1 to `rows`.
async fn table(rows: u32, coordinates: &str) -> TestSchema {
    TestSchema::new(&format!(
        "{POINTS};
         SELECT setseed(0.3);
         INSERT INTO points (x1, y1, x2, y2) SELECT {coordinates} FROM generate_series(1, {rows}) n;
         ANALYZE points"
    ))
    .await
}

const RANDOM: &str = "random() * 100, random() * 100, random() * 100, random() * 100";

async fn assert_same(schema: &TestSchema) -> u64 {
    let mut sent = 0;
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        for chunks in [1, 4] {
            let both = Both::of(&points(schema), consistency, chunks).await.unwrap();
            assert_eq!(both.pushed, both.streamed, "{consistency:?} {chunks}");
            sent = sent.max(both.sent);
        }
    }
    sent
}

#[tokio::test]
async fn random_rows_come_to_the_same_and_few_are_sent() {
    let schema = table(50_000, RANDOM).await;
    let sent = assert_same(&schema).await;
    assert!((1..50).contains(&sent), "{sent} rows were sent");
}

#[tokio::test]
async fn rows_without_a_distance_are_counted() {
    let gaps = "CASE WHEN n % 7 = 0 THEN NULL ELSE random() * 100 END,
                CASE WHEN n % 11 = 0 THEN 'NaN' ELSE random() * 100 END,
                CASE WHEN n % 13 = 0 THEN 'Infinity' ELSE random() * 100 END,
                random() * 100";
    assert_same(&table(5000, gaps).await).await;
    assert_same(&table(100, "NULL, NULL, 'NaN', 0").await).await;
    assert_same(&table(100, "'Infinity', 0, 'Infinity', 0").await).await;
    assert_same(&table(100, "'Infinity', 0, n, 0").await).await;
}

#[tokio::test]
async fn ties_and_rows_that_are_nearer_across_than_along_come_to_the_same() {
    // All at the distance 5; the diagonal ones are farthest along the axes.
    let ties = "0, 0, CASE n % 3 WHEN 0 THEN 3 WHEN 1 THEN 5 ELSE sqrt(12.5) END,
                CASE n % 3 WHEN 0 THEN 4 WHEN 1 THEN 0 ELSE sqrt(12.5) END";
    assert_same(&table(3000, ties).await).await;
    assert_same(&table(1000, "1, 1, 1, 1").await).await;
    assert_same(&table(50, "0, 0, 5e-324 * (n % 3), 5e-324 * (n % 2)").await).await;
    assert_same(&table(50, "0, 0, 3e-310 * n, 4e-310 * n").await).await;
}

#[tokio::test]
async fn an_empty_table_and_one_that_is_mostly_gaps_come_to_the_same() {
    assert_same(&table(0, RANDOM).await).await;
    let schema = table(20_000, RANDOM).await;
    schema.execute("DELETE FROM points WHERE id > 10 AND id < 19990").await;
    assert_same(&schema).await;
}

#[tokio::test]
async fn partitions_come_to_the_same() {
    let schema = TestSchema::new(&format!(
        "CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
             PARTITION BY RANGE (id);
         CREATE TABLE one PARTITION OF points FOR VALUES FROM (1) TO (3000);
         CREATE TABLE two PARTITION OF points FOR VALUES FROM (3000) TO (9000);
         CREATE TABLE rest PARTITION OF points DEFAULT;
         INSERT INTO points SELECT n, {RANDOM} FROM generate_series(1, 12000) n;
         ANALYZE points"
    ))
    .await;
    assert_same(&schema).await;
}

#[tokio::test]
async fn keys_that_are_no_integers_come_to_the_same() {
    let schema = TestSchema::new(&format!(
        "CREATE TABLE points (id UUID PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points SELECT gen_random_uuid(), {RANDOM} FROM generate_series(1, 3000);
         ANALYZE points"
    ))
    .await;
    assert_same(&schema).await;
}

#[tokio::test]
async fn a_number_beyond_the_range_of_postgres_is_an_error() {
    let schema = table(10, "-1e308, 0, 1e308, 0").await;
    let refused = Both::of(&points(&schema), Consistency::PerChunk, 1).await;
    let Err(Error::Misconfigured(why)) = &refused else { panic!("{refused:?}") };
    assert!(
        why.starts_with("postgres: a number is out of range (SQLSTATE 22003), reading"),
        "{why}"
    );
}

#[tokio::test]
async fn a_view_whose_key_is_trusted_is_streamed() {
    let schema = TestSchema::new(
        "CREATE VIEW points AS SELECT n AS id, 0.0 AS x1, 0.0 AS y1, n::float8 AS x2, 0.0 AS y2
         FROM generate_series(1, 100) n",
    )
    .await;
    let source = source(&schema, trusted());
    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let projection = coordinates(&source);
    let planned = source.plan(ChunkCount::new(1).unwrap(), &projection).await.unwrap();
    let (_, range) = planned.plan.chunks().next().unwrap();
    let mut fold = kernel.fold();
    let reading = source.begin(None).await.unwrap();
    let narrowed = reading.narrow(&range, &projection, kernel.measure().unwrap(), &mut *fold);
    assert_eq!(narrowed.await.unwrap().1, None);
    assert_eq!(fold.finish().unwrap().rows, 100);
}
