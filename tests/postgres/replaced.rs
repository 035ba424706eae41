//! Relations that take another's name while a job runs.

use pgfold_core::{Error, Plan, Projection, Result, Source, kernel::Metric};
use pgfold_tests::{TestSchema, min_distance, numbers};

use crate::postgres::chunks::{COLUMNS, by_id, schema, source, trusted};

const TABLE: &str = "(id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)";

/// How many rows are read of a source that is planned, then changed by `change`, in its last chunk.
async fn read_after(schema: &TestSchema, is_view: bool, change: &str) -> Result<u64> {
    let table = if is_view { trusted() } else { by_id() };
    let source = source(schema, table);
    let planned = source.plan(pgfold_core::ChunkCount::default(), &numbers(&COLUMNS)).await?;
    assert!(planned.relation.is_some());
    schema.execute(change).await;
    last_chunk(
        &source,
        &planned.plan,
        Projection { relation: planned.relation, ..numbers(&COLUMNS) },
    )
    .await
}

async fn last_chunk(source: &impl Source, plan: &Plan, projection: Projection) -> Result<u64> {
    let kernel = min_distance(Metric::Euclidean).open()?;
    let mut fold = kernel.fold();
    let (_, range) = plan.chunks().last().unwrap();
    let projection = Projection { nulls: kernel.nulls(), ..projection };
    source.begin(None).await?.read(&range, &projection, &mut *fold).await?;
    Ok(fold.finish()?.rows)
}

async fn two_tables() -> TestSchema {
    schema(&format!(
        "CREATE TABLE points {TABLE};
         INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 1000) g;
         CREATE TABLE next {TABLE};
         INSERT INTO next SELECT g, 0, 0, g, g FROM generate_series(1, 1000) g"
    ))
    .await
}

fn assert_other(read: Result<u64>) {
    let Err(Error::Misconfigured(why)) = &read else { panic!("{read:?}") };
    assert!(why.contains("\"points\" is another relation than the one"), "{why}");
}

#[tokio::test]
async fn a_table_that_takes_the_name_is_not_read() {
    for change in [
        "BEGIN; ALTER TABLE points RENAME TO old; ALTER TABLE next RENAME TO points; COMMIT",
        "BEGIN; DROP TABLE points; ALTER TABLE next RENAME TO points; COMMIT",
        "BEGIN; ALTER TABLE points RENAME TO old; CREATE VIEW points AS SELECT * FROM old; COMMIT",
    ] {
        assert_other(read_after(&two_tables().await, false, change).await);
    }
}

#[tokio::test]
async fn a_column_that_takes_the_name_is_not_read() {
    for change in [
        "ALTER TABLE points DROP x2; ALTER TABLE points ADD x2 FLOAT DEFAULT 7",
        "ALTER TABLE points RENAME x2 TO x; ALTER TABLE points RENAME y2 TO x2;
         ALTER TABLE points RENAME x TO y2",
        "ALTER TABLE points ALTER x2 TYPE NUMERIC",
    ] {
        assert_other(read_after(&two_tables().await, false, change).await);
    }
}

#[tokio::test]
async fn a_view_with_another_query_is_not_read() {
    let views = "
        CREATE TABLE stored (id INT PRIMARY KEY, x FLOAT);
        INSERT INTO stored SELECT g, g FROM generate_series(1, 1000) g;
        CREATE VIEW beneath AS SELECT id, x FROM stored;
        CREATE VIEW points AS SELECT id, x AS x1, x AS y1, x AS x2, x AS y2 FROM beneath";
    for change in [
        "CREATE OR REPLACE VIEW points AS SELECT id, x AS x1, x AS y1, x AS x2, -x AS y2 FROM beneath",
        "CREATE OR REPLACE VIEW beneath AS SELECT id, -x AS x FROM stored",
    ] {
        assert_other(read_after(&schema(views).await, true, change).await);
    }
}

#[tokio::test]
async fn what_happens_to_the_table_itself_is_read() {
    for change in [
        "INSERT INTO points VALUES (5000, 0, 0, 1, 1)",
        "ALTER TABLE points ADD more TEXT",
        "CREATE INDEX ON points (x1); ANALYZE points",
        "VACUUM FULL points",
        "ALTER TABLE points ALTER x1 SET DEFAULT 7",
    ] {
        let rows = read_after(&two_tables().await, false, change).await.unwrap();
        assert!((250..=251).contains(&rows), "{change}: {rows}");
    }
}
