//! What `setup/db/discover.sql` proposes is what planning takes.

use std::{path::Path, process::Command};

use pgfold_adapters::config::sources;
use pgfold_core::Source;
use pgfold_tests::local_cloud;

use crate::postgres::chunks::{schema, source, texts};

#[tokio::test]
async fn every_source_that_is_proposed_can_be_read() {
    let schema = schema(
        "CREATE DOMAIN name_of_key AS VARCHAR(9) CHECK (value <> '');
         CREATE TABLE plain (id BIGINT PRIMARY KEY, x FLOAT, note TEXT);
         CREATE TABLE \"odd\"\"name\" (\"a \"\"key\" UUID PRIMARY KEY, \"X \\ 1\" NUMERIC);
         CREATE TABLE of_domain (id name_of_key NOT NULL UNIQUE, seen DATE);
         CREATE TABLE parted (id TIMESTAMPTZ PRIMARY KEY, x REAL) PARTITION BY RANGE (id);
         CREATE TABLE part PARTITION OF parted DEFAULT;
         CREATE TABLE maybe (id INT UNIQUE, x INT);
         CREATE TABLE sometimes (id INT NOT NULL, x INT);
         CREATE UNIQUE INDEX ON sometimes (id) WHERE x > 0;
         CREATE VIEW seen AS SELECT * FROM plain",
    )
    .await;
    let name = texts(&schema, "SELECT current_schema()::text").await.remove(0);
    let tables =
        ["plain", "odd\"name", "of_domain", "parted", "part", "maybe", "sometimes", "seen"];
    let tables = tables.map(|table| format!("{name}.{table}")).join(" ");
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("../setup/db/discover.sql");
    let psql = Command::new(local_cloud("PSQL"))
        .args(["--no-psqlrc", "--dbname", &schema.database_url()])
        .args(["--set", &format!("tables={tables}")])
        .arg("--file")
        .arg(sql)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&psql.stderr);
    assert!(psql.status.success(), "{said}");
    let proposed = sources(&String::from_utf8(psql.stdout).unwrap()).unwrap();
    let names: Vec<&str> = proposed.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["plain", "odd\"name", "of_domain", "parted"], "{said}");
    for (name, table) in proposed {
        let described = source(&schema, table).describe().await.unwrap();
        assert_eq!(described.problem, None, "{name}");
        assert!(described.columns.iter().all(|column| column.reads_as.len() > 1), "{described:?}");
    }
}
