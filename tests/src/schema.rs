use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio_postgres::{Client, Config, NoTls};

use crate::{disposable_database, local_cloud};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A connection to `config`, driven in the background: past a pooler, as owners of tables come.
///
/// # Panics
/// If the database does not answer.
pub async fn connect(config: &Config) -> Client {
    let mut direct = config.clone();
    if pooled(config, "").is_some_and(|pooler| pooler.get_ports() == config.get_ports()) {
        let server = disposable_database();
        direct = server.clone();
        direct.user(config.get_user().unwrap_or_default());
        direct.password(config.get_password().unwrap_or_default());
        direct.dbname(config.get_dbname().unwrap_or_default());
    }
    let (client, connection) = direct.connect(NoTls).await.expect("the database of `make test`");
    tokio::spawn(connection);
    client
}

/// The same as `direct` through the pooler at `POOLER_ADDRESS`, if that is set: its database of
/// this name.
///
/// # Panics
/// If `POOLER_ADDRESS` is no address.
pub fn pooled(direct: &Config, database: &str) -> Option<Config> {
    let address: SocketAddr =
        std::env::var("POOLER_ADDRESS").ok()?.parse().expect("an address in POOLER_ADDRESS");
    let mut config = Config::new();
    config.host(address.ip().to_string()).port(address.port()).dbname(database);
    config.user(direct.get_user().unwrap_or_default());
    config.password(direct.get_password().unwrap_or_default());
    Some(config)
}

/// A schema of the local cloud's database for the tables of one test, dropped after it.
///
/// Behind a pooler it has a database of its own, because a pooler takes no `options`: there the
/// schema is found by the database's own settings.
#[derive(Debug)]
pub struct TestSchema {
    name: String,
    database: Config,
    pooled: Option<Config>,
}

impl TestSchema {
    /// A new schema in which `sql` has been run.
    ///
    /// # Panics
    /// If the database does not answer, or refuses the SQL.
    pub async fn new(sql: &str) -> Self {
        let mut database = disposable_database();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let pooled = pooled(&database, &name);
        if pooled.is_some() {
            let server = connect(&database).await;
            for sql in [
                format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                format!("CREATE DATABASE {name}"),
                format!("ALTER DATABASE {name} SET search_path = {name}"),
            ] {
                server.batch_execute(&sql).await.expect("a database for the test");
            }
            database.dbname(&name);
        }
        let setup = connect(&database).await;
        // One left by a crashed run whose process id has come round again.
        let create = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        setup.batch_execute(&create).await.expect("a schema for the test");
        let schema = Self { name, database, pooled };
        schema.execute(sql).await;
        schema
    }

    /// A configuration whose connections find the schema's tables by their bare names: what pgfold
    /// connects with.
    pub fn database(&self) -> Config {
        self.pooled.clone().unwrap_or_else(|| self.direct())
    }

    /// The same past a pooler.
    fn direct(&self) -> Config {
        let mut config = self.database.clone();
        config.options(format!("-c search_path={}", self.name));
        config
    }

    /// The same as a URL, past a pooler.
    pub fn database_url(&self) -> String {
        let url = local_cloud("DATABASE_URL");
        if self.pooled.is_some() {
            let server = url.rsplit_once('/').map_or(&*url, |(server, _)| server);
            return format!("{server}/{}", self.name);
        }
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}options=-c%20search_path%3D{}", self.name)
    }

    /// Runs `sql` in the schema.
    ///
    /// # Panics
    /// If the database refuses it.
    pub async fn execute(&self, sql: &str) {
        let client = connect(&self.direct()).await;
        if let Err(error) = client.batch_execute(sql).await {
            panic!("{sql}: {error:?}");
        }
    }
}

impl Drop for TestSchema {
    fn drop(&mut self) {
        // A failed test may leave a reader behind; it is not waited for.
        let (drop, database) = match self.pooled {
            Some(_) => (format!("DROP DATABASE {} WITH (FORCE)", self.name), disposable_database()),
            None => (
                format!("SET lock_timeout = '5s'; DROP SCHEMA {} CASCADE", self.name),
                self.database.clone(),
            ),
        };
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
