//! Tables that are many: partitions, and tables that inherit.

use std::time::{Duration, Instant};

use pgfold_core::Consistency;
use pgfold_tests::TestSchema;

use crate::postgres::chunks::{
    SAMPLED, analysed, execute, plan, points, read, schema, source, texts, without_key,
};

const COLUMNS: &str = "id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT";

const FILL: &str = "INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 10000) g;
                    INSERT INTO points SELECT 1000000 + g, 0, 0, g, g
                    FROM generate_series(1, 10000) g";

/// Every row is in one chunk, by keys and by blocks, and chunks are so even by keys.
async fn even(schema: &TestSchema, most: f64) {
    let all = texts(schema, "SELECT id::text FROM points").await;
    let chunks = read(&points(schema), Consistency::PerChunk, 4).await.unwrap();
    assert_eq!(chunks.spelled(), all);
    chunks.assert_even(4, most);
    for (source, count) in [(points(schema), 4), (source(schema, without_key()), 3)] {
        let chunks = read(&source, Consistency::Snapshot, count).await.unwrap();
        assert!(chunks.are_blocks());
        assert_eq!(chunks.rows(), all.len() as u64);
        chunks.assert_even(count as usize, 1.1);
    }
    let chunks = read(&points(schema), Consistency::Snapshot, 7).await.unwrap();
    assert_eq!(chunks.spelled(), all);
}

/// The same before and after the table is analysed, and after more was appended.
async fn is_read_as_one(tables: &str) {
    is_read_when_analysed(tables, "ANALYZE points").await;
}

async fn is_read_when_analysed(tables: &str, analyse: &str) {
    let schema = schema(&format!("{tables}; {FILL}")).await;
    even(&schema, SAMPLED).await;
    execute(&schema, analyse).await;
    even(&schema, 1.1).await;
    let append = "INSERT INTO points SELECT 1500000 + g, 0, 0, g, g
                  FROM generate_series(1, 20000) g";
    execute(&schema, append).await;
    even(&schema, SAMPLED).await;
}

#[tokio::test]
async fn partitions_by_range_are_read_as_one() {
    is_read_as_one(&format!(
        "CREATE TABLE points ({COLUMNS}) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF points FOR VALUES FROM (0) TO (50000);
         CREATE TABLE none PARTITION OF points FOR VALUES FROM (50000) TO (60000);
         CREATE TABLE others PARTITION OF points DEFAULT"
    ))
    .await;
}

#[tokio::test]
async fn partitions_by_hash_are_read_as_one() {
    let parts: String = (0..3)
        .map(|part| {
            format!(
                "CREATE TABLE part_{part} PARTITION OF points
                     FOR VALUES WITH (MODULUS 3, REMAINDER {part});"
            )
        })
        .collect();
    is_read_as_one(&format!("CREATE TABLE points ({COLUMNS}) PARTITION BY HASH (id); {parts}"))
        .await;
}

#[tokio::test]
async fn partitions_of_partitions_are_read_as_one() {
    is_read_as_one(&format!(
        "CREATE TABLE points ({COLUMNS}) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF points FOR VALUES FROM (0) TO (100000)
             PARTITION BY RANGE (id);
         CREATE TABLE low_1 PARTITION OF low FOR VALUES FROM (0) TO (17);
         CREATE TABLE low_2 PARTITION OF low FOR VALUES FROM (17) TO (100000);
         CREATE TABLE high PARTITION OF points FOR VALUES FROM (100000) TO (MAXVALUE)
             PARTITION BY HASH (id);
         CREATE TABLE high_1 PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE high_2 PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
    ))
    .await;
}

#[tokio::test]
async fn tables_that_inherit_are_read_as_one() {
    let tables = format!(
        "CREATE TABLE points ({COLUMNS});
         CREATE TABLE middle (extra INT, PRIMARY KEY (id)) INHERITS (points);
         CREATE TABLE high (PRIMARY KEY (id)) INHERITS (middle);
         CREATE FUNCTION into_its_table() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.id < 5000 THEN RETURN NEW; END IF;
             EXECUTE format('INSERT INTO %I SELECT $1, $2, $3, $4, $5',
                            CASE WHEN NEW.id < 1000000 THEN 'middle' ELSE 'high' END)
                 USING NEW.id, NEW.x1, NEW.y1, NEW.x2, NEW.y2;
             RETURN NULL;
         END $$;
         CREATE TRIGGER into_its_table BEFORE INSERT ON points
             FOR EACH ROW EXECUTE FUNCTION into_its_table()"
    );
    // Up to PostgreSQL 17 those that inherit are not analysed with what they inherit from.
    is_read_when_analysed(&tables, "ANALYZE points, middle, high").await;
}

#[tokio::test]
async fn analysing_one_partition_alone_does_not_hide_its_new_rows() {
    // As autovacuum does; it never analyses the table that the partitions make up.
    let schema = analysed(&format!(
        "CREATE TABLE points ({COLUMNS}) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF points FOR VALUES FROM (0) TO (1000000);
         CREATE TABLE high PARTITION OF points FOR VALUES FROM (1000000) TO (9000000);
         {FILL}"
    ))
    .await;
    let append = "INSERT INTO points SELECT 1500000 + g, 0, 0, g, g
                  FROM generate_series(1, 20000) g";
    execute(&schema, append).await;
    execute(&schema, "ANALYZE high").await;
    even(&schema, SAMPLED).await;
}

#[tokio::test]
async fn a_table_without_rows_of_its_own_is_not_read_to_plan_over_those_that_inherit() {
    let schema = schema(&format!(
        "CREATE TABLE points ({COLUMNS});
         CREATE TABLE others (PRIMARY KEY (id)) INHERITS (points)
             WITH (autovacuum_enabled = off);
         INSERT INTO others SELECT g, 0, 0, g, g FROM generate_series(1, 100000) g"
    ))
    .await;
    let read_before = tuples_read(&schema).await;
    plan(&points(&schema), 4).await.unwrap();
    // The server counts when the session has ended.
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut read = 0;
    while read == 0 {
        assert!(Instant::now() < deadline, "nothing was read");
        tokio::time::sleep(Duration::from_millis(10)).await;
        read = tuples_read(&schema).await - read_before;
    }
    assert!(read < 50_000, "{read} rows were read to plan");
}

async fn tuples_read(schema: &TestSchema) -> i64 {
    let read = "SELECT seq_tup_read::text FROM pg_stat_user_tables
                WHERE relid = 'others'::regclass";
    texts(schema, read).await[0].parse().unwrap()
}
