//! Sources as functions have them, from a configuration.

use std::{net::SocketAddr, time::Duration};

use aws_config::SdkConfig;
use pgfold_adapters::{
    CaFile, SourceTable,
    config::{DatabaseAuth, DatabaseConfig},
    postgres_catalogue,
};
use pgfold_core::{Catalogue, ChunkCount, Error, Result, kernel::Metric};
use pgfold_tests::{TestSchema, min_distance, numbers};
use serde_json::Value;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

pub(crate) const COLUMNS: [&str; 4] = ["x1", "y1", "x2", "y2"];

/// Where the local cloud's database is.
pub(crate) fn address(config: &Config) -> SocketAddr {
    let [Host::Tcp(host)] = config.get_hosts() else {
        panic!("the local cloud's database has one TCP address, not {:?}", config.get_hosts())
    };
    format!("{host}:{}", config.get_ports()[0]).parse().unwrap()
}

/// Connections to the schema over TLS, at another port of this machine, under this name.
pub(crate) fn over_tls(schema: &TestSchema, name: &str, port: u16) -> Config {
    let mut config = without_password(schema, name, port);
    config.password(schema.database().get_password().unwrap_or_default());
    config
}

/// The same without a password.
pub(crate) fn without_password(schema: &TestSchema, name: &str, port: u16) -> Config {
    let database = schema.database();
    let mut config = Config::new();
    config.host(name).hostaddr([127, 0, 0, 1].into()).port(port);
    config.user(database.get_user().unwrap()).dbname(database.get_dbname().unwrap());
    config.options(database.get_options().unwrap()).ssl_mode(SslMode::Require);
    config
}

/// The table `points` of such a database.
pub(crate) fn points(
    connection: Config,
    auth: DatabaseAuth,
    ca_file: Option<CaFile>,
    aws: &SdkConfig,
) -> Catalogue<'static> {
    let table = SourceTable::new("points", "id", COLUMNS).unwrap();
    // So that it may be a view.
    let table = SourceTable { trusted_key: true, ..table };
    let config = DatabaseConfig {
        connection,
        auth,
        ca_file,
        sources: vec![("points".to_owned(), table)],
        read_timeout: Duration::from_secs(60),
    };
    postgres_catalogue(config, aws)
}

/// Plans four chunks and reads them, as the functions of a job do; returns the answer and the rows.
pub(crate) async fn run(catalogue: &Catalogue<'_>) -> Result<(Value, u64)> {
    let (_, source) = catalogue.find(None)?;
    let projection = numbers(&COLUMNS);
    let planned = source.plan(ChunkCount::new(4)?, &projection).await?;
    let kernel = min_distance(Metric::Euclidean).open()?;
    let (mut partials, mut rows) = (Vec::new(), 0);
    for (_, range) in planned.plan.chunks() {
        let mut fold = kernel.fold();
        source.begin(None).await?.read(&range, &projection, &mut *fold).await?;
        let folded = fold.finish()?;
        rows += folded.rows;
        partials.push(folded.partial);
    }
    Ok((kernel.answer(&mut partials.iter())?, rows))
}

/// Why a source cannot be read, where that stays so until somebody changes it.
pub(crate) async fn misconfigured(catalogue: &Catalogue<'_>) -> String {
    match run(catalogue).await {
        Err(Error::Misconfigured(problem)) => problem,
        other => panic!("{other:?}"),
    }
}
