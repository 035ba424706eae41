use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Client, Config, NoTls};

use crate::{disposable_database, local_cloud};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A connection to `config`, driven in the background.
///
/// # Panics
/// If the database does not answer.
pub async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the database of `make test`");
    tokio::spawn(connection);
    client
}

/// A schema of the local cloud's database for the tables of one test, dropped after it.
#[derive(Debug)]
pub struct TestSchema {
    name: String,
    database: Config,
}

impl TestSchema {
    /// A new schema in which `sql` has been run.
    ///
    /// # Panics
    /// If the database does not answer, or refuses the SQL.
    pub async fn new(sql: &str) -> Self {
        let database = disposable_database();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let setup = connect(&database).await;
        // One left by a crashed run whose process id has come round again.
        let create = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        setup.batch_execute(&create).await.expect("a schema for the test");
        let schema = Self { name, database };
        schema.execute(sql).await;
        schema
    }

    /// A configuration whose connections find the schema's tables by their bare names.
    pub fn database(&self) -> Config {
        let mut config = self.database.clone();
        config.options(format!("-c search_path={}", self.name));
        config
    }

    /// The same as a URL.
    pub fn database_url(&self) -> String {
        let url = local_cloud("DATABASE_URL");
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}options=-c%20search_path%3D{}", self.name)
    }

    /// Runs `sql` in the schema.
    ///
    /// # Panics
    /// If the database refuses it.
    pub async fn execute(&self, sql: &str) {
        let client = connect(&self.database()).await;
        if let Err(error) = client.batch_execute(sql).await {
            panic!("{sql}: {error:?}");
        }
    }
}

impl Drop for TestSchema {
    fn drop(&mut self) {
        // A failed test may leave a reader behind; it is not waited for.
        let drop = format!("SET lock_timeout = '5s'; DROP SCHEMA {} CASCADE", self.name);
        let database = self.database.clone();
        // A thread, for a runtime cannot be started within the test's own.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let client = connect(&database).await;
                client.batch_execute(&drop).await.map_err(std::io::Error::other)
            })
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("schema {} is left behind", self.name);
        }
    }
}
