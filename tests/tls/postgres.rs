//! Whom pgfold believes to be the database, and what it says to others.

use pgfold_adapters::config::DatabaseAuth;
use pgfold_core::Catalogue;
use pgfold_tests::{TestSchema, connect, no_aws};
use tokio::io::AsyncWriteExt;
use tokio_postgres::config::SslNegotiation;

use crate::tls::{
    authority::{Authority, Identity},
    front::Front,
    source::{address, misconfigured, over_tls, points, run},
};

/// Rows in which keys have gaps, and some coordinates are missing.
pub(crate) const POINTS: &str = "
    CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO points SELECT g * 3, sin(g), cos(g), sqrt(g), nullif(g % 1000, 7)
                       FROM generate_series(1, 300000) g;
    ANALYZE points";

async fn front(schema: &TestSchema, identity: &Identity) -> Front {
    Front::of_postgres(address(&schema.database()), identity).await
}

/// The table behind a front that shows this identity, to a client that trusts this authority.
async fn behind(
    schema: &TestSchema,
    identity: &Identity,
    trusted: &Authority,
) -> Catalogue<'static> {
    let front = front(schema, identity).await;
    let file = Some(trusted.file());
    points(over_tls(schema, "localhost", front.port()), DatabaseAuth::Password, file, &no_aws())
}

#[tokio::test]
async fn a_job_over_tls_reads_what_sql_reads() {
    let schema = TestSchema::new(POINTS).await;
    let sql = "SELECT count(*), min(sqrt((x2 - x1) ^ 2 + (y2 - y1) ^ 2)) FROM points";
    let row = connect(&schema.database()).await.query_one(sql, &[]).await.unwrap();
    let (rows, distance): (i64, f64) = (row.get(0), row.get(1));

    let authority = Authority::new();
    for name in ["localhost", "127.0.0.1"] {
        let front = front(&schema, &authority.issue(name)).await;
        for negotiation in [SslNegotiation::Postgres, SslNegotiation::Direct] {
            let mut config = over_tls(&schema, name, front.port());
            config.ssl_negotiation(negotiation);
            let file = Some(authority.file());
            let catalogue = points(config, DatabaseAuth::Password, file, &no_aws());
            let (answer, read) = run(&catalogue).await.unwrap();
            assert_eq!(read, rows as u64, "{name}, {negotiation:?}");
            assert_eq!(answer["distance"].as_f64(), Some(distance), "{name}, {negotiation:?}");
        }
    }
}

#[tokio::test]
async fn rows_that_come_slowly_over_tls_are_read_as_they_come() {
    // Each a record of its own, far smaller than what a reader of many rows is called for.
    let schema = TestSchema::new(
        "CREATE FUNCTION slow() RETURNS FLOAT LANGUAGE sql AS 'SELECT 0.0 FROM pg_sleep(0.01)';
         CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points SELECT g, 0, 0, 3, 4 FROM generate_series(1, 40) g;
         ALTER TABLE points RENAME TO rows;
         CREATE VIEW points AS SELECT id, x1, y1, x2 + slow() AS x2, y2 FROM rows",
    )
    .await;
    let authority = Authority::new();
    let front = front(&schema, &authority.issue("localhost")).await;
    let config = over_tls(&schema, "localhost", front.port());
    let file = Some(authority.file());
    let catalogue = points(config, DatabaseAuth::Password, file, &no_aws());
    let (answer, rows) = run(&catalogue).await.unwrap();
    assert_eq!((answer["distance"].as_f64(), rows), (Some(5.0), 40));
}

#[tokio::test]
async fn a_server_is_refused_that_is_not_the_one_meant() {
    let schema = TestSchema::new(POINTS).await;
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (identity, problem) in [
        (stranger.issue("localhost"), "is not issued by a trusted authority"),
        (authority.issue("db.example.com"), "is for another name"),
        (authority.issue("127.0.0.1"), "is for another name"),
        (authority.issue_until("localhost", 2020), "has expired"),
    ] {
        let catalogue = behind(&schema, &identity, &authority).await;
        let refused = misconfigured(&catalogue).await;
        assert_eq!(refused, format!("the database's certificate {problem}"));
    }
}

#[tokio::test]
async fn by_default_no_authority_of_a_tests_own_is_trusted() {
    let schema = TestSchema::new(POINTS).await;
    let authority = Authority::new();
    let front = front(&schema, &authority.issue("localhost")).await;
    let config = over_tls(&schema, "localhost", front.port());
    let catalogue = points(config, DatabaseAuth::Password, None, &no_aws());
    let problem = "the database's certificate is not issued by a trusted authority";
    assert_eq!(misconfigured(&catalogue).await, problem);
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_required() {
    let schema = TestSchema::new(POINTS).await;
    // The local cloud's own: it answers that it has no TLS.
    let config = over_tls(&schema, "localhost", address(&schema.database()).port());
    let catalogue = points(config, DatabaseAuth::Password, None, &no_aws());
    let refused = misconfigured(&catalogue).await;
    assert!(refused.contains("does not support TLS"), "{refused}");
}

#[tokio::test]
async fn what_an_attacker_says_before_tls_is_not_taken_for_the_server() {
    // The answer to SSLRequest, and with it bytes that a client with a buffer would read later.
    let front = Front::new(async |mut client| {
        client.write_all(b"SE\0\0\0\x0aMfake\0").await?;
        std::future::pending().await
    })
    .await;
    let schema = TestSchema::new(POINTS).await;
    let config = over_tls(&schema, "localhost", front.port());
    let catalogue = points(config, DatabaseAuth::Password, None, &no_aws());
    let error = run(&catalogue).await.unwrap_err().with_causes();
    assert!(!error.contains("fake"), "{error}");
    assert!(error.contains("corrupt message"), "it is TLS or nothing: {error}");
}
