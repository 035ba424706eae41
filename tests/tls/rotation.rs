//! A secret that is rotated while functions use it.

use aws_config::SdkConfig;
use pgfold_adapters::config::DatabaseAuth;
use pgfold_core::{Catalogue, Error};
use pgfold_tests::TestSchema;
use serde_json::{Value, json};
use tokio_postgres::Config;

use crate::tls::{
    front::Front,
    secrets::{ARN, Secrets, aws},
    source::{misconfigured, points, run},
};

const POINTS: &str = "
    CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO points VALUES (1, 0, 0, 3, 4)";

/// A role that may read `points`, dropped with its test.
struct Role<'a> {
    schema: &'a TestSchema,
    name: String,
}

impl<'a> Role<'a> {
    async fn new(schema: &'a TestSchema, test: &str) -> Self {
        let name = format!("{test}_{}", std::process::id());
        schema
            .execute(&format!(
                "CREATE ROLE {name} LOGIN;
                 DO $$ BEGIN
                     EXECUTE format('GRANT USAGE ON SCHEMA %I TO {name}', current_schema());
                 END $$;
                 GRANT SELECT ON points TO {name}"
            ))
            .await;
        Self { schema, name }
    }

    async fn change_password(&self, password: &str) {
        self.schema.execute(&format!("ALTER ROLE {} PASSWORD '{password}'", self.name)).await;
    }

    /// The secret, as RDS writes it.
    fn secret(&self, password: &str) -> Value {
        json!({ "username": self.name, "password": password })
    }

    async fn drop(self) {
        self.schema.execute(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name)).await;
    }
}

/// The schema's database, for the user that the secret names.
fn without_user(schema: &TestSchema) -> Config {
    let database = schema.database();
    let mut config = Config::new();
    let address = crate::tls::source::address(&database);
    config.host(address.ip().to_string()).port(address.port());
    config.dbname(database.get_dbname().unwrap()).options(database.get_options().unwrap());
    config
}

fn source(config: Config, aws: &SdkConfig) -> Catalogue<'static> {
    points(config, DatabaseAuth::Secret { arn: ARN.to_owned() }, None, aws)
}

#[tokio::test]
async fn a_secret_is_fetched_once_and_again_when_it_was_rotated() {
    let schema = TestSchema::new(POINTS).await;
    let role = Role::new(&schema, "rotated").await;
    role.change_password("one").await;
    let secrets = Secrets::new(&role.secret("one")).await;
    let source = source(without_user(&schema), &secrets.aws());
    assert_eq!(secrets.fetched(), 0, "a function that reads nothing needs none");
    for _ in 0..2 {
        assert_eq!(run(&source).await.unwrap().1, 1);
        // So that the next opens a connection.
        disconnect(&schema, &role).await;
    }
    assert_eq!(secrets.fetched(), 1);

    role.change_password("two").await;
    secrets.rotate(&role.secret("two"));
    for _ in 0..2 {
        assert_eq!(run(&source).await.unwrap().1, 1);
        disconnect(&schema, &role).await;
    }
    assert_eq!(secrets.fetched(), 2);

    // Between the two steps of a rotation.
    role.change_password("three").await;
    let error = run(&source).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: "postgres", .. }), "{error:?}");
    assert!(error.with_causes().contains("SQLSTATE 28P01"), "{}", error.with_causes());
    assert_eq!(secrets.fetched(), 3, "once for an attempt");
    secrets.rotate(&role.secret("three"));
    assert_eq!(run(&source).await.unwrap().1, 1);
    role.drop().await;
}

#[tokio::test]
async fn a_secret_without_a_user_or_password_is_misconfigured() {
    let schema = TestSchema::new(POINTS).await;
    for wrong in [json!("s3cret"), json!({ "user": "s3cret" }), json!({ "username": "s3cret" })] {
        let secrets = Secrets::new(&wrong).await;
        let source = source(without_user(&schema), &secrets.aws());
        let problem = misconfigured(&source).await;
        assert!(problem.starts_with("DATABASE_SECRET_ARN names a secret without"), "{problem}");
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}

#[tokio::test]
async fn a_rotated_secret_is_fetched_although_another_host_is_away() {
    let schema = TestSchema::new(POINTS).await;
    let role = Role::new(&schema, "two_hosts").await;
    role.change_password("one").await;
    let secrets = Secrets::new(&role.secret("one")).await;
    let silent = Front::silent().await;
    let mut config = without_user(&schema);
    config.host("127.0.0.1").port(silent.port());
    let source = source(config, &secrets.aws());
    assert_eq!(run(&source).await.unwrap().1, 1);
    disconnect(&schema, &role).await;

    role.change_password("two").await;
    secrets.rotate(&role.secret("two"));
    assert_eq!(run(&source).await.unwrap().1, 1);
    assert_eq!(secrets.fetched(), 2);
    role.drop().await;
}

#[tokio::test]
async fn a_secret_that_cannot_be_fetched_is_no_fault_of_the_database() {
    let schema = TestSchema::new(POINTS).await;
    let silent = Front::silent().await;
    let error = run(&source(without_user(&schema), &aws(silent.address()))).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: "secretsmanager", .. }), "{error:?}");
}

/// Ends the role's sessions.
async fn disconnect(schema: &TestSchema, role: &Role<'_>) {
    let name = &role.name;
    schema
        .execute(&format!(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '{name}'"
        ))
        .await;
}
