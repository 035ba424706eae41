//! Databases that let users in by IAM tokens.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use pgfold_adapters::{config::DatabaseAuth, sdk_config};
use pgfold_core::{Catalogue, Error};
use pgfold_tests::{TestSchema, no_aws};

use crate::tls::{
    authority::Authority,
    login_gate::{Attempt, LoginGate},
    source::{misconfigured, points, run, without_password},
};

const POINTS: &str = "
    CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO points VALUES (1, 0, 0, 3, 4)";

/// An AWS in which a function has this key of a role.
async fn aws(key: &str) -> SdkConfig {
    let session = Some("a/session+token=".to_owned());
    let credentials = Credentials::new(key, "s3cret", session, None, "a test");
    let provider = SharedCredentialsProvider::new(credentials);
    sdk_config().await.into_builder().credentials_provider(provider).build()
}

fn source(
    schema: &TestSchema,
    gate: &LoginGate,
    authority: &Authority,
    aws: &SdkConfig,
) -> Catalogue<'static> {
    let mut config = without_password(schema, "localhost", gate.port());
    config.user("pgfold mapper");
    points(config, DatabaseAuth::Iam, Some(authority.file()), aws)
}

/// The place that a token is for, and its parameters.
fn parts(token: &str) -> (&str, BTreeMap<&str, &str>) {
    let (place, query) = token.split_once('?').unwrap();
    (place, query.split('&').map(|parameter| parameter.split_once('=').unwrap()).collect())
}

#[tokio::test]
async fn a_job_reads_with_a_token_for_every_connection() {
    let schema = TestSchema::new(POINTS).await;
    let authority = Authority::new();
    let is_right = |attempt: &Attempt| attempt.user == "pgfold mapper";
    let gate = LoginGate::new(&schema, &authority.issue("localhost"), is_right).await;
    for key in ["ONE", "OTHER"] {
        let source = source(&schema, &gate, &authority, &aws(key).await);
        assert_eq!(run(&source).await.unwrap().1, 1);
    }
    let attempts = gate.attempts();
    assert_eq!(attempts.len(), 2, "one connection serves all of a function's chunks");
    for (attempt, key) in attempts.iter().zip(["ONE", "OTHER"]) {
        let (place, parameters) = parts(&attempt.password);
        assert_eq!(place, format!("localhost:{}/", gate.port()));
        assert_eq!(parameters["Action"], "connect");
        assert_eq!(parameters["DBUser"], "pgfold%20mapper");
        assert_eq!(parameters["X-Amz-Expires"], "900");
        assert_eq!(parameters["X-Amz-Security-Token"], "a%2Fsession%2Btoken%3D");
        let scope = parameters["X-Amz-Credential"];
        assert!(scope.starts_with(&format!("{key}%2F")), "{scope}");
        assert!(scope.ends_with("%2Frds-db%2Faws4_request"), "{scope}");
    }
    assert_ne!(attempts[0].password, attempts[1].password);
}

#[tokio::test]
async fn a_token_that_is_refused_may_be_taken_later_and_is_nowhere_shown() {
    let schema = TestSchema::new(POINTS).await;
    let authority = Authority::new();
    let gate = LoginGate::new(&schema, &authority.issue("localhost"), |_| false).await;
    let error = run(&source(&schema, &gate, &authority, &aws("ONE").await)).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: "postgres", .. }), "{error:?}");
    let problem = "postgres: it refuses the configured role or database (SQLSTATE 28000)";
    assert!(error.with_causes().ends_with(problem), "{}", error.with_causes());
    assert_eq!(gate.attempts().len(), 1);
}

#[tokio::test]
async fn without_a_role_there_is_no_token() {
    let schema = TestSchema::new(POINTS).await;
    let authority = Authority::new();
    let gate = LoginGate::new(&schema, &authority.issue("localhost"), |_| true).await;
    let problem = misconfigured(&source(&schema, &gate, &authority, &no_aws())).await;
    assert_eq!(problem, "an IAM token needs AWS region");
    assert!(gate.attempts().is_empty());
}
