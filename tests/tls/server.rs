//! PostgreSQL's own TLS, with servers that are built with it, which `make engines` has.

use pgfold_adapters::config::DatabaseAuth;
use pgfold_tests::{TestSchema, connect, no_aws};
use tokio_postgres::config::{ChannelBinding, SslNegotiation};

use crate::tls::{
    authority::{Authority, Identity},
    postgres::POINTS,
    source::{address, misconfigured, over_tls, points, run},
};

/// From this version on a client may begin with TLS.
const DIRECT: i32 = 170_000;

/// Has the server speak TLS with this identity, from the next connection on; returns its version.
async fn show(schema: &TestSchema, identity: &Identity) -> i32 {
    let owner = connect(&schema.database()).await;
    for (file, pem) in [("server.crt", &identity.pem), ("server.key", &identity.key)] {
        let write = format!(
            "COPY (SELECT unnest(string_to_array(trim(E'\\n' FROM '{pem}'), E'\\n')))
             TO PROGRAM 'umask 077; cat > {file}'"
        );
        owner.batch_execute(&write).await.unwrap();
    }
    owner.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
    owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let version = "SELECT current_setting('server_version_num')::int";
    owner.query_one(version, &[]).await.unwrap().get(0)
}

/// A server has one identity at a time, so one test has all cases.
#[tokio::test]
#[ignore = "the local cloud's PostgreSQL is built without TLS"]
async fn a_job_over_the_servers_own_tls_reads_what_sql_reads() {
    let schema = TestSchema::new(POINTS).await;
    let sql = "SELECT count(*), min(sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2)) FROM points";
    let row = connect(&schema.database()).await.query_one(sql, &[]).await.unwrap();
    let (rows, distance): (i64, f64) = (row.get(0), row.get(1));
    let port = address(&schema.database()).port();
    let authority = Authority::new();
    let version = show(&schema, &authority.issue("localhost")).await;

    let mut negotiations = vec![SslNegotiation::Postgres];
    negotiations.extend((version >= DIRECT).then_some(SslNegotiation::Direct));
    for negotiation in negotiations {
        let mut config = over_tls(&schema, "localhost", port);
        config.ssl_negotiation(negotiation);
        // The server proves that it knows the password over this very connection.
        config.channel_binding(ChannelBinding::Require);
        let file = Some(authority.file());
        let catalogue = points(config, DatabaseAuth::Password, file, &no_aws());
        let (answer, read) = run(&catalogue).await.unwrap();
        assert_eq!(read, rows as u64, "{negotiation:?}");
        assert_eq!(answer["distance"].as_f64(), Some(distance), "{negotiation:?}");
    }

    let trusted = Some(Authority::new().file());
    let config = over_tls(&schema, "localhost", port);
    let catalogue = points(config, DatabaseAuth::Password, trusted, &no_aws());
    let problem = "the database's certificate is not issued by a trusted authority";
    assert_eq!(misconfigured(&catalogue).await, problem);
}
