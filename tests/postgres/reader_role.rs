//! What `setup/db/reader_role.sql` lets the role do that pgfold logs in as.

use std::{process::Command, time::Duration};

use pgfold_adapters::PostgresSource;
use pgfold_core::Consistency;
use pgfold_tests::{TestSchema, connect, local_cloud};
use tokio::sync::{Mutex, MutexGuard};
use tokio_postgres::{Client, error::SqlState};

use crate::postgres::chunks::{by_id, read, schema};

const TABLES: &str = "
    CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 6000) g;
    CREATE TABLE secrets (id BIGINT PRIMARY KEY);
    ANALYZE points;";

/// Each run grants the role the database, which two cannot do at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A schema, and the name of a role that is dropped with it.
struct Reader {
    schema: TestSchema,
    role: String,
    _alone: MutexGuard<'static, ()>,
}

impl Reader {
    async fn new() -> Self {
        let alone = ONE_AT_A_TIME.lock().await;
        let schema = schema(TABLES).await;
        let role = format!("pgfold_reader_{}", std::process::id());
        let reader = Self { schema, role, _alone: alone };
        reader.drop_role().await;
        reader
    }

    /// The role with `points` to read.
    async fn of_points() -> Self {
        let reader = Self::new().await;
        reader.run(&["tables=points"]).unwrap();
        reader
    }

    /// Runs the file as the owner does; what psql complained of if it failed.
    fn run(&self, variables: &[&str]) -> Result<(), String> {
        let mut psql = Command::new(local_cloud("PSQL"));
        psql.args(["--no-psqlrc", "--quiet", "--dbname", &self.schema.database_url()]);
        psql.arg(format!("--set=role={}", self.role));
        psql.args(variables.iter().map(|variable| format!("--set={variable}")));
        psql.args(["--file", concat!(env!("CARGO_MANIFEST_DIR"), "/../setup/db/reader_role.sql")]);
        let output = psql.output().unwrap();
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    fn config(&self) -> tokio_postgres::Config {
        let mut config = self.schema.database();
        config.user(&self.role).password("reader");
        config
    }

    async fn login(&self) -> Client {
        self.schema.execute(&format!("ALTER ROLE {} PASSWORD 'reader'", self.role)).await;
        connect(&self.config()).await
    }

    async fn drop_role(&self) {
        let exists = format!("SELECT FROM pg_roles WHERE rolname = '{}'", self.role);
        let owner = connect(&self.schema.database()).await;
        if !owner.query(&exists, &[]).await.unwrap().is_empty() {
            let drop = format!("DROP OWNED BY {0}; DROP ROLE {0}", self.role);
            owner.batch_execute(&drop).await.unwrap();
        }
    }
}

async fn refusal(client: &Client, sql: &str) -> SqlState {
    match client.batch_execute(sql).await {
        Ok(()) => panic!("{sql} was not refused"),
        Err(error) => error.code().unwrap_or_else(|| panic!("{sql}: {error:?}")).clone(),
    }
}

#[tokio::test]
async fn it_reads_its_table_as_pgfold_does() {
    let reader = Reader::of_points().await;
    drop(reader.login().await);
    let source = PostgresSource::new(reader.config(), by_id(), Duration::from_secs(30));
    for (consistency, blocks) in [(Consistency::PerChunk, false), (Consistency::Snapshot, true)] {
        let chunks = read(&source, consistency, 4).await.unwrap();
        assert_eq!((chunks.rows(), chunks.are_blocks()), (6000, blocks), "{consistency:?}");
    }
    reader.drop_role().await;
}

#[tokio::test]
async fn it_reads_no_other_table_and_writes_nowhere() {
    let reader = Reader::of_points().await;
    let client = reader.login().await;
    let writes = [
        "INSERT INTO points VALUES (0)",
        "UPDATE points SET x1 = 1",
        "DELETE FROM points",
        "TRUNCATE points",
        "CREATE TABLE mine (id INT)",
        "CREATE TABLE public.mine (id INT)",
    ];
    for sql in writes.into_iter().chain(["CREATE TEMP TABLE mine (id INT)"]) {
        assert_eq!(refusal(&client, sql).await, SqlState::READ_ONLY_SQL_TRANSACTION, "{sql}");
    }
    // A session may say that it is not read only; then it is its privileges that it lacks.
    client.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    let others = ["SELECT FROM secrets", "LOCK TABLE points IN SHARE MODE", "DROP TABLE points"];
    for sql in writes.into_iter().chain(others) {
        let sql = format!("BEGIN; {sql}");
        let refused = refusal(&client, &sql).await;
        assert_eq!(refused, SqlState::INSUFFICIENT_PRIVILEGE, "{sql}");
        client.batch_execute("ROLLBACK").await.unwrap();
    }
    reader.drop_role().await;
}

#[tokio::test]
async fn its_sessions_end_by_themselves() {
    let reader = Reader::of_points().await;
    let client = reader.login().await;
    for (setting, value) in [
        ("default_transaction_read_only", "on"),
        ("statement_timeout", "1min"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("idle_session_timeout", "5min"),
    ] {
        let row = client.query_one(&format!("SHOW {setting}"), &[]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), value, "{setting}");
    }
    reader.drop_role().await;
}

#[tokio::test]
async fn it_changes_its_own_password_only_if_it_may_write() {
    let reader = Reader::of_points().await;
    let change = format!("ALTER ROLE {} PASSWORD 'reader'", reader.role);
    let refused = refusal(&reader.login().await, &change).await;
    assert_eq!(refused, SqlState::READ_ONLY_SQL_TRANSACTION);
    reader.run(&["tables=points", "read_only=off"]).unwrap();
    reader.login().await.batch_execute(&change).await.unwrap();
    reader.drop_role().await;
}

#[tokio::test]
async fn it_holds_no_more_connections_than_its_budget() {
    let reader = Reader::new().await;
    reader.run(&["tables=points", "connection_limit=1"]).unwrap();
    let first = reader.login().await;
    let second = reader.config().connect(tokio_postgres::NoTls).await;
    let Err(error) = second else { panic!("a second connection was let in") };
    assert_eq!(error.code(), Some(&SqlState::TOO_MANY_CONNECTIONS), "{error:?}");
    drop(first);
    reader.drop_role().await;
}

#[tokio::test]
async fn a_second_run_leaves_the_tables_it_names_and_no_others() {
    let reader = Reader::new().await;
    reader.run(&["tables=points, secrets"]).unwrap();
    let client = reader.login().await;
    client.batch_execute("SELECT FROM points; SELECT FROM secrets").await.unwrap();
    for _ in 0..2 {
        reader.run(&["tables=points"]).unwrap();
        client.batch_execute("SELECT FROM points").await.unwrap();
        let refused = refusal(&client, "SELECT FROM secrets").await;
        assert_eq!(refused, SqlState::INSUFFICIENT_PRIVILEGE);
    }
    reader.drop_role().await;
}

#[tokio::test]
async fn a_role_with_more_privileges_is_reported_and_left_as_it_was() {
    for (more, what) in [
        ("ALTER ROLE %s CREATEROLE", "it is more than a login"),
        ("GRANT pg_read_all_data TO %s", "it is a member of pg_read_all_data"),
        ("GRANT SELECT ON secrets TO PUBLIC", "secrets"),
        ("GRANT UPDATE ON points TO PUBLIC", "it can write to"),
    ] {
        let reader = Reader::new().await;
        let role = format!("CREATE ROLE {0} LOGIN; {more}", reader.role);
        reader.schema.execute(&role.replace("%s", &reader.role)).await;
        let complaint = reader.run(&["tables=points"]).unwrap_err();
        assert!(complaint.contains(what), "{more}: {complaint}");
        let grants = format!(
            "SELECT relacl::text LIKE '%{}%' FROM pg_class WHERE oid = 'points'::regclass",
            reader.role
        );
        let owner = connect(&reader.schema.database()).await;
        let granted: Option<bool> = owner.query_one(&grants, &[]).await.unwrap().get(0);
        assert_ne!(granted, Some(true), "{more}");
        reader.drop_role().await;
    }
}

#[tokio::test]
async fn on_rds_it_logs_in_by_iam_unless_told_not_to() {
    let reader = Reader::new().await;
    let owner = connect(&reader.schema.database()).await;
    owner.batch_execute("DROP ROLE IF EXISTS rds_iam; CREATE ROLE rds_iam").await.unwrap();
    for (variables, member) in [
        (&["tables=points"][..], true),
        (&["tables=points"], true),
        (&["tables=points", "iam=off"], false),
        (&["tables=points", "iam=off"], false),
    ] {
        reader.run(variables).unwrap();
        let question = format!("SELECT pg_has_role('{}', 'rds_iam', 'MEMBER')", reader.role);
        let is_member: bool = owner.query_one(&question, &[]).await.unwrap().get(0);
        assert_eq!(is_member, member, "{variables:?}");
    }
    reader.drop_role().await;
    owner.batch_execute("DROP ROLE rds_iam").await.unwrap();
}

#[tokio::test]
async fn it_is_not_made_for_no_table() {
    let reader = Reader::new().await;
    let complaint = reader.run(&[]).unwrap_err();
    assert!(complaint.contains("say which tables"), "{complaint}");
    let complaint = reader.run(&["tables=points, pints"]).unwrap_err();
    assert!(complaint.contains("\"pints\" does not exist"), "{complaint}");
    let exists = format!("SELECT FROM pg_roles WHERE rolname = '{}'", reader.role);
    let owner = connect(&reader.schema.database()).await;
    assert!(owner.query(&exists, &[]).await.unwrap().is_empty());
}
