//! A database whose user and password are in a secret of the local cloud.

use std::time::Duration;

use aws_config::SdkConfig;
use pgfold_adapters::{
    SourceTable,
    config::{DatabaseAuth, DatabaseConfig},
    new_job_id, postgres_catalogue,
};
use pgfold_core::Catalogue;
use pgfold_tests::{TestSchema, local_cloud};
use serde_json::{Value, json};
use tokio_postgres::{Config, config::Host};

const POINTS: &str = "
    CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO points SELECT g, 0, 0, g, 0 FROM generate_series(1, 1000) g";

pub(crate) struct Database {
    schema: TestSchema,
    /// The secret's ARN.
    pub(crate) secret: String,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let schema = TestSchema::new(POINTS).await;
        let database = schema.database();
        let password = String::from_utf8_lossy(database.get_password().unwrap_or_default());
        let credentials = json!({ "username": database.get_user(), "password": password });
        Self { schema, secret: create_secret(&credentials).await }
    }

    /// Its table `points`, for functions that log in with the secret.
    pub(crate) fn catalogue(&self, aws: &SdkConfig) -> Catalogue<'static> {
        let database = self.schema.database();
        let [Host::Tcp(host)] = database.get_hosts() else { panic!("{:?}", database.get_hosts()) };
        let mut connection = Config::new();
        connection.host(host).port(database.get_ports()[0]);
        connection.dbname(database.get_dbname().unwrap()).options(database.get_options().unwrap());
        let table = SourceTable::new("points", "id", ["x1", "y1", "x2", "y2"]).unwrap();
        let config = DatabaseConfig {
            connection,
            auth: DatabaseAuth::Secret { arn: self.secret.clone() },
            ca_file: None,
            sources: vec![("points".to_owned(), table)],
            read_timeout: Duration::from_secs(60),
        };
        postgres_catalogue(config, aws)
    }
}

/// Gives the ARN.
async fn create_secret(secret: &Value) -> String {
    let name = format!("permissions-{}", new_job_id());
    let request = reqwest::Client::new()
        .post(local_cloud("AWS_ENDPOINT_URL"))
        .header("x-amz-target", "secretsmanager.CreateSecret")
        .header("content-type", "application/x-amz-json-1.1")
        .body(json!({ "Name": name, "SecretString": secret.to_string() }).to_string());
    let created: Value = request.send().await.unwrap().json().await.unwrap();
    created["ARN"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned()
}
