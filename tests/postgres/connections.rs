//! Connections that are lost, and databases that are down.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{Consistency, Error, KeyRange, Reading, Source, kernel::Metric};
use pgfold_tests::{Gate, TestSchema, connect, min_distance, numbers};
use tokio_postgres::{
    Config,
    config::{Host, TargetSessionAttrs},
};

use crate::postgres::{
    chunks::{COLUMNS, POINTS, by_id, plan, points, read, source},
    hold::{filled, hold},
};

/// The error of a call whose session was ended by [`end_sessions`].
const ENDED: &str = "postgres is unavailable: terminating connection due to administrator command \
                     (SQLSTATE 57P01)";

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

#[tokio::test]
async fn a_session_that_is_ended_between_two_calls_fails_with_the_words_of_postgres() {
    let schema = filled().await;
    let source = points(&schema);
    let (_, held) = hold(&source).await.unwrap();
    let reading = source.begin(Some(held.id())).await.unwrap();
    end_sessions(&schema, 2).await;
    assert_eq!(error_of(reading).await, ENDED);
    assert_eq!(held.release().await.unwrap_err().to_string(), ENDED);
}

#[tokio::test]
async fn a_session_that_is_ended_in_the_middle_of_an_answer_fails_with_the_words_of_postgres() {
    let schema = filled().await;
    let fatal = "id < 5000 OR pg_terminate_backend(pg_backend_pid())".to_owned();
    let source = source(&schema, SourceTable { filter: Some(fatal), ..by_id() });
    assert_eq!(error_of(source.begin(None).await.unwrap()).await, ENDED);
}

/// Ends all sessions that have a lock on `points`.
async fn end_sessions(schema: &TestSchema, expected: usize) {
    let client = connect(&schema.database()).await;
    let end = "SELECT pg_terminate_backend(pid, 20000) FROM pg_locks
               WHERE relation = 'points'::regclass";
    let ended = client.query(end, &[]).await.unwrap();
    assert_eq!(ended.iter().filter(|row| row.get(0)).count(), expected);
}

/// Reads all of `points`. Returns the text of the error.
async fn error_of(reading: Box<dyn Reading>) -> String {
    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let all = KeyRange::new(Some(1.into()), None).unwrap().into();
    let read = reading.read(&all, &numbers(&COLUMNS), &mut *kernel.fold()).await;
    read.unwrap_err().to_string()
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
