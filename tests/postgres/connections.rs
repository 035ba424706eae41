//! Connections that are lost, and databases that are down.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use pgfold_adapters::PostgresSource;
use pgfold_core::{Consistency, Error};
use pgfold_tests::{Gate, TestSchema};
use tokio_postgres::{
    Config,
    config::{Host, TargetSessionAttrs},
};

use crate::postgres::chunks::{POINTS, by_id, plan, read};

/// The source of `points` behind a gate.
async fn behind_gate(schema: &TestSchema) -> (Gate, PostgresSource) {
    let config = schema.database();
    let gate = Gate::to(address(&config)).await;
    let mut behind = Config::new();
    behind.host(gate.address().ip().to_string()).port(gate.address().port());
    behind.user(config.get_user().unwrap()).dbname(config.get_dbname().unwrap());
    behind.options(config.get_options().unwrap());
    if let Some(password) = config.get_password() {
        behind.password(password);
    }
    (gate, PostgresSource::new(behind, by_id(), Duration::from_secs(30)))
}

fn address(config: &Config) -> SocketAddr {
    let [Host::Tcp(host)] = config.get_hosts() else {
        panic!("the local cloud's database has one TCP address, not {:?}", config.get_hosts())
    };
    format!("{host}:{}", config.get_ports()[0]).parse().unwrap()
}

#[tokio::test]
async fn a_lost_connection_is_replaced() {
    let schema = TestSchema::new(&format!(
        "{POINTS}; INSERT INTO points (x1, y1, x2, y2) VALUES (0, 0, 3, 4)"
    ))
    .await;
    let (gate, source) = behind_gate(&schema).await;
    for _ in 0..3 {
        let chunks = read(&source, Consistency::PerChunk, 4).await.unwrap();
        assert_eq!(chunks.answer()["distance"], 5.0);
    }
    assert_eq!(gate.accepted(), 1, "one connection serves call after call");
    gate.sever().await;
    assert_eq!(read(&source, Consistency::PerChunk, 4).await.unwrap().rows(), 1);
    assert_eq!(gate.accepted(), 2);
}

#[tokio::test]
async fn a_database_that_is_down_is_unavailable_at_once_and_back_when_it_is() {
    let schema = TestSchema::new(POINTS).await;
    let (gate, source) = behind_gate(&schema).await;
    plan(&source, 4).await.unwrap();

    gate.shut();
    unavailable(&source).await;
    gate.fall_silent();
    unavailable(&source).await;
    gate.open();
    plan(&source, 4).await.unwrap();

    // Silent under a connection that was good the moment before.
    gate.fall_silent();
    unavailable(&source).await;
    gate.open();
    plan(&source, 4).await.unwrap();
}

#[tokio::test]
async fn of_several_hosts_the_first_that_is_there_and_of_the_kind_asked_for_is_taken() {
    let schema = TestSchema::new(POINTS).await;
    let one = schema.database();
    // To the first port nobody listens.
    let two = |target: TargetSessionAttrs| {
        let mut two = Config::new();
        two.host("127.0.0.1").port(1).target_session_attrs(target);
        two.host(address(&one).ip().to_string()).port(address(&one).port());
        two.user(one.get_user().unwrap()).dbname(one.get_dbname().unwrap());
        two.options(one.get_options().unwrap()).password(one.get_password().unwrap_or_default());
        PostgresSource::new(two, by_id(), Duration::from_secs(30))
    };
    plan(&two(TargetSessionAttrs::Any), 4).await.unwrap();
    plan(&two(TargetSessionAttrs::ReadWrite), 4).await.unwrap();
    let error = plan(&two(TargetSessionAttrs::ReadOnly), 4).await.unwrap_err();
    assert_eq!(error.with_causes(), "postgres is unavailable: no host is ReadOnly");
}

/// Planning fails as something that may heal, before an API's caller would give up.
async fn unavailable(source: &PostgresSource) {
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let started = Instant::now();
        let error = read(source, consistency, 4).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { service: "postgres", .. }), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}
