//! What a role may read, and what a policy lets it see.

use std::time::Duration;

use pgfold_adapters::PostgresSource;
use pgfold_core::{Consistency, Error};
use pgfold_tests::TestSchema;

use crate::postgres::chunks::{analysed, by_id, plan, read, schema};

const PARTITIONED: &str = "
    CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
        PARTITION BY RANGE (id);
    CREATE TABLE low PARTITION OF points FOR VALUES FROM (0) TO (3000);
    CREATE TABLE high PARTITION OF points FOR VALUES FROM (3000) TO (9000);
    INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 6000) g;";

/// The chunks of `points`, made by `sql`, for a role that `grants` were made to: a `%s` in them is
/// its name.
async fn read_by_role(sql: &str, grants: &str, consistency: Consistency) -> (u64, bool) {
    let schema = analysed(sql).await;
    let role = Role::new(&schema, grants).await;
    let chunks = read(&role.source(&schema), consistency, 4).await;
    role.drop(&schema).await;
    let chunks = chunks.unwrap();
    let mut keys = chunks.spelled();
    keys.dedup();
    assert_eq!(keys.len() as u64, chunks.rows(), "a row was read twice");
    (chunks.rows(), chunks.are_blocks())
}

/// A role for one test.
pub(crate) struct Role(String);

impl Role {
    pub(crate) async fn new(schema: &TestSchema, grants: &str) -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let role = format!("reader_{}_{number}", std::process::id());
        let grants = grants.replace("%s", &role);
        let sql = format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'reader';
             DO $$ BEGIN
                 EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema());
             END $$;
             {grants}"
        );
        schema.execute(&sql).await;
        Self(role)
    }

    pub(crate) fn source(&self, schema: &TestSchema) -> PostgresSource {
        let mut config = schema.database();
        config.user(&self.0).password("reader");
        PostgresSource::new(config, by_id(), Duration::from_secs(30))
    }

    pub(crate) async fn drop(self, schema: &TestSchema) {
        schema.execute(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.0)).await;
    }
}

#[tokio::test]
async fn a_table_without_privilege_is_misconfigured() {
    let schema = schema(PARTITIONED).await;
    let role = Role::new(&schema, "").await;
    let error = plan(&role.source(&schema), 4).await.unwrap_err();
    role.drop(&schema).await;
    let Error::Misconfigured(why) = &error else { panic!("{error:?}") };
    assert!(why.contains("permission denied for table points"), "{why}");
}

#[tokio::test]
async fn who_may_read_some_columns_needs_no_others() {
    let whole = "CREATE TABLE points
                     (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT, secret TEXT)
                     WITH (autovacuum_enabled = off);
                 INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 6000) g;";
    let grants = "GRANT SELECT (id, x1, y1, x2, y2) ON points TO %s";
    // Never analysed, analysed, and written to since: the planner looks elsewhere each time.
    for sql in [
        whole.to_owned(),
        format!("{whole} ANALYZE points;"),
        format!("{whole} ANALYZE points; UPDATE points SET x1 = 1 WHERE id % 2 = 0;"),
    ] {
        assert_eq!(read_by_role(&sql, grants, Consistency::PerChunk).await, (6000, false));
    }
    let schema = schema(whole).await;
    let role = Role::new(&schema, grants).await;
    let filter = Some("x1 = 0 AND id % 2 = 0".to_owned());
    let filtered = pgfold_adapters::SourceTable { filter, ..by_id() };
    let mut config = schema.database();
    config.user(&role.0).password("reader");
    let source = PostgresSource::new(config, filtered, Duration::from_secs(30));
    let rows = read(&source, Consistency::PerChunk, 4).await.map(|chunks| chunks.rows());
    let refused = read(&source, Consistency::Snapshot, 4).await.map(|chunks| chunks.rows());
    drop(source);
    role.drop(&schema).await;
    assert_eq!(rows.unwrap(), 3000);
    let Err(pgfold_core::Error::Misconfigured(why)) = &refused else { panic!("{refused:?}") };
    assert!(why.contains("it needs SELECT on the whole table"), "{why}");
}

#[tokio::test]
async fn who_may_read_the_partitions_too_reads_blocks() {
    let grants = "GRANT SELECT ON points, low, high TO %s";
    let read = read_by_role(PARTITIONED, grants, Consistency::Snapshot).await;
    assert_eq!(read, (6000, true));
}

#[tokio::test]
async fn who_may_read_a_partitioned_table_but_not_its_partitions_reads_keys() {
    for grants in ["GRANT SELECT ON points TO %s", "GRANT SELECT ON points, low TO %s"] {
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            assert_eq!(read_by_role(PARTITIONED, grants, consistency).await, (6000, false));
        }
    }
}

#[tokio::test]
async fn who_cannot_name_a_partition_reads_keys() {
    let name = format!("hidden_{}", std::process::id());
    let hidden = format!(
        "{PARTITIONED} DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name};
         ALTER TABLE high SET SCHEMA {name}"
    );
    let grants = format!("GRANT SELECT ON points, low, {name}.high TO %s");
    let read = read_by_role(&hidden, &grants, Consistency::Snapshot).await;
    schema(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await;
    assert_eq!(read, (6000, false));
}

#[tokio::test]
async fn rows_that_a_policy_hides_are_hidden() {
    let policy = "ALTER TABLE points ENABLE ROW LEVEL SECURITY;
                  CREATE POLICY every_third ON points FOR SELECT USING (id % 3 = 0);";
    let whole = "CREATE TABLE points
                     (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
                 INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 6000) g;";
    for (sql, grants, blocks) in [
        (PARTITIONED, "GRANT SELECT ON points, low, high TO %s", false),
        (whole, "GRANT SELECT ON points TO %s", true),
    ] {
        let sql = format!("{sql} {policy}");
        let by_keys = read_by_role(&sql, grants, Consistency::PerChunk).await;
        assert_eq!(by_keys, (2000, false));
        let held = read_by_role(&sql, grants, Consistency::Snapshot).await;
        assert_eq!(held.0, 2000);
        assert!(!held.1 || blocks, "blocks of a partition are not under its parent's policy");
    }
}

#[tokio::test]
async fn rows_that_a_policy_hides_in_a_partition_alone_are_there() {
    // A policy of a partition is for those who name the partition.
    let sql = format!("{PARTITIONED} ALTER TABLE high ENABLE ROW LEVEL SECURITY");
    let grants = "GRANT SELECT ON points, low, high TO %s";
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        assert_eq!(read_by_role(&sql, grants, consistency).await.0, 6000, "{consistency:?}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_misconfigured() {
    let schema = TestSchema::new("").await;
    let mut config = schema.database();
    config.dbname("no_such_database");
    let source = PostgresSource::new(config, by_id(), Duration::from_secs(30));
    let error = plan(&source, 4).await.unwrap_err();
    assert!(matches!(error, Error::Misconfigured(_)), "{error:?}");
    assert!(!error.to_string().contains("no_such_database"), "{error} is for the API's callers");
}
