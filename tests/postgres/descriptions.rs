//! What a source of PostgreSQL's says of itself.

use pgfold_adapters::SourceTable;
use pgfold_core::{
    ChunkCount, Column, Error, Kind, Nulls, Projection, Result, Source, SourceDescription,
};
use pgfold_tests::{TestSchema, connect};

use crate::postgres::{
    chunks::{LIMIT, POINTS, analysed, by_id, execute, schema, source, trusted, without_key},
    privileges::Role,
};

async fn described(schema: &TestSchema, table: SourceTable) -> SourceDescription {
    source(schema, table).describe().await.unwrap()
}

/// The error of planning a job that reads one column.
async fn planned(source: &dyn Source, name: &str, kind: Kind) -> Result<()> {
    let columns = vec![Column { name: name.to_owned(), kind }];
    let projection = Projection::of_columns(columns, Nulls::PerColumn);
    source.plan(ChunkCount::default(), &projection).await.map(drop)
}

#[tokio::test]
async fn a_column_is_said_to_be_read_as_the_kinds_that_planning_takes() {
    let columns = [
        ("a", "boolean"),
        ("b", "smallint"),
        ("c", "bigint"),
        ("d", "real"),
        ("e", "double precision"),
        ("f", "numeric"),
        ("g", "text"),
        ("h", "character varying"),
        ("i", "uuid"),
        ("j", "timestamp with time zone"),
        ("k", "date"),
        ("l", "json"),
        ("m", "jsonb"),
        ("n", "point"),
        ("o", "integer[]"),
        ("p", "bytea"),
    ];
    let definitions = columns.map(|(name, kind)| format!(", {name} {kind}")).concat();
    let schema = schema(&format!("CREATE TABLE points (id BIGINT PRIMARY KEY{definitions})")).await;
    let names = columns.map(|(name, _)| name);
    let source = source(&schema, SourceTable::new("points", "id", names).unwrap());
    let description = source.describe().await.unwrap();
    assert_eq!(description.problem, None);
    for (readable, (name, type_name)) in description.columns.iter().zip(columns) {
        assert_eq!(readable.column.column, name);
        assert_eq!(readable.column.type_name.as_deref(), Some(type_name));
        for kind in Kind::ALL {
            let planned = planned(&source, name, kind).await;
            let is_read = readable.reads_as.contains(&kind);
            assert_eq!(planned.is_ok(), is_read, "{type_name} as {kind:?}: {planned:?}");
        }
    }
    let all: Vec<Kind> = description.columns.iter().flat_map(|one| one.reads_as.clone()).collect();
    for kind in Kind::ALL {
        assert!(all.contains(&kind), "no column is read as {kind:?}");
    }
}

#[tokio::test]
async fn a_source_that_no_job_can_read_has_the_sentence_of_planning() {
    let view = "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT, x1 FLOAT, y1 FLOAT, x2 FLOAT, \
                y2 FLOAT); CREATE VIEW points AS SELECT ";
    let keyed =
        |key: &str| format!("CREATE TABLE points (id {key}, x1 INT, y1 INT, x2 INT, y2 INT)");
    for (sql, table) in [
        (String::new(), by_id()),
        ("CREATE SEQUENCE points".to_owned(), by_id()),
        (
            "CREATE TABLE points (id INT UNIQUE NOT NULL, x1 INT, y1 INT, x2 INT)".to_owned(),
            by_id(),
        ),
        (keyed("FLOAT PRIMARY KEY"), by_id()),
        (keyed("INT UNIQUE"), by_id()),
        (keyed("INT NOT NULL"), by_id()),
        (format!("{view} id, x1, y1, x2, y2 FROM t"), by_id()),
        (format!("{view} name AS id, x1, y1, x2, y2 FROM t"), trusted()),
        (format!("{view} (random() * 9)::int AS id, x1, y1, x2, y2 FROM t"), trusted()),
        (POINTS.to_owned(), SourceTable { filter: Some("nonsense".to_owned()), ..by_id() }),
    ] {
        let schema = schema(&sql).await;
        let source = source(&schema, table);
        let Err(Error::Misconfigured(why)) = planned(&source, "y2", Kind::Number).await else {
            panic!("{sql} is planned")
        };
        assert_eq!(source.describe().await.unwrap().problem, Some(why), "{sql}");
    }
}

#[tokio::test]
async fn what_could_be_learned_is_described_beside_a_problem() {
    let schema = schema("CREATE TABLE points (id BIGINT, x1 FLOAT, x2 TEXT, y2 JSON)").await;
    let described = described(&schema, by_id()).await;
    let problem = "table \"points\" has no column \"y1\"";
    assert_eq!(described.problem.as_deref(), Some(problem));
    assert_eq!(described.key.unwrap().type_name.as_deref(), Some("bigint"));
    let columns: Vec<(&str, Option<&str>, &[Kind])> = described
        .columns
        .iter()
        .map(|one| (&*one.column.column, one.column.type_name.as_deref(), &*one.reads_as))
        .collect();
    let numbers = [Kind::Number, Kind::Exact, Kind::Identity];
    assert_eq!(
        columns,
        [
            ("x1", Some("double precision"), &numbers[..]),
            ("y1", None, &[]),
            ("x2", Some("text"), &[Kind::Text, Kind::Identity]),
            ("y2", Some("json"), &[]),
        ]
    );
}

#[tokio::test]
async fn a_source_without_a_key_needs_blocks_of_its_own() {
    let readable = schema(POINTS).await;
    let description = described(&readable, without_key()).await;
    assert_eq!((description.key, description.problem), (None, None));
    let table = POINTS.replace("points", "t");
    let view = schema(&format!("{table}; CREATE VIEW points AS SELECT * FROM t")).await;
    let source = source(&view, without_key());
    let columns = vec![Column { name: "x1".to_owned(), kind: Kind::Number }];
    let projection = Projection::of_columns(columns, Nulls::PerColumn);
    let held = source.hold(ChunkCount::default(), &projection, LIMIT).await.map(drop);
    let why = held.unwrap_err().to_string();
    assert!(why.ends_with("has no readable blocks, so it needs a key"), "{why}");
    assert_eq!(source.describe().await.unwrap().problem, Some(why));
}

#[tokio::test]
async fn rows_are_estimated_once_the_table_was_analyzed() {
    let schema =
        schema(&format!("{POINTS}; INSERT INTO points SELECT generate_series(1, 700)")).await;
    let before = described(&schema, by_id()).await;
    assert_eq!((before.estimated_rows, before.analyzed_at), (None, None));
    execute(&schema, "ANALYZE points").await;
    let after = described(&schema, by_id()).await;
    assert_eq!(after.estimated_rows, Some(700));
    assert!(after.analyzed_at.is_some());
    let filter = Some("id <= 70".to_owned());
    let filtered = described(&schema, SourceTable { filter: filter.clone(), ..by_id() }).await;
    assert_eq!((filtered.estimated_rows, filtered.filter), (Some(70), filter));
    execute(&schema, "TRUNCATE points").await;
    assert_eq!(described(&schema, by_id()).await.estimated_rows, Some(0));
    execute(&schema, "INSERT INTO points SELECT generate_series(1, 700)").await;
    execute(&schema, "ANALYZE points").await;
    // A view has the statistics of its table.
    execute(&schema, "CREATE VIEW seen AS SELECT * FROM points").await;
    let columns = by_id().columns;
    let seen = SourceTable::new("seen", "id", columns.iter().map(|name| &**name)).unwrap();
    let seen = described(&schema, SourceTable { trusted_key: true, ..seen }).await;
    assert_eq!((seen.estimated_rows, seen.analyzed_at, seen.problem), (Some(700), None, None));
}

#[tokio::test]
async fn a_role_without_privilege_is_told_what_it_may_not_read() {
    let schema = analysed(POINTS).await;
    let role = Role::new(&schema, "").await;
    let description = role.source(&schema).describe().await;
    role.drop(&schema).await;
    let description = description.unwrap();
    let problem = description.problem.unwrap();
    assert!(problem.contains("permission denied for table points"), "{problem}");
    assert_eq!(description.columns[0].column.type_name.as_deref(), Some("double precision"));
}

#[tokio::test]
async fn a_locked_table_is_described_without_waiting_for_it() {
    let schema = schema(POINTS).await;
    let client = connect(&schema.database()).await;
    client.batch_execute("BEGIN; LOCK TABLE points").await.unwrap();
    let source = source(&schema, by_id());
    let problem = source.describe().await.unwrap().problem.unwrap();
    assert!(problem.contains("lock timeout"), "{problem}");
    client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(source.describe().await.unwrap().problem, None);
}

#[tokio::test]
async fn a_database_that_does_not_answer_describes_nothing() {
    let mut config = tokio_postgres::Config::new();
    // Nothing listens at port 1.
    config.host("127.0.0.1").port(1).user("nobody");
    let source = pgfold_adapters::PostgresSource::new(config, by_id(), LIMIT);
    let error = source.describe().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}
