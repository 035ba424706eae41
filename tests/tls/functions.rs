//! The functions themselves, as their environment configures them.

use pgfold_tests::{Ended, FunctionProcess, TestSchema, http_event, local_cloud};
use serde_json::{Value, json};

use crate::tls::{
    authority::Authority,
    login_gate::{Attempt, LoginGate},
    source::without_password,
};

/// What every mapper or submit needs besides its database.
fn environment() -> Vec<(&'static str, String)> {
    ["CHUNKS_QUEUE_URL", "REDUCTIONS_QUEUE_URL", "OBJECTS_BUCKET", "JOBS_TABLE"]
        .map(|name| (name, local_cloud(name)))
        .into()
}

#[tokio::test]
async fn a_function_that_would_not_be_safe_does_not_start_and_names_the_variable() {
    for (wrong, name, problem) in [
        (
            vec![("DATABASE_URL", "postgresql://me:s3cret@10.0.0.1/db?sslmode=disable")],
            "DATABASE_URL",
            "has sslmode=disable, but 10.0.0.1 is not this machine",
        ),
        (
            vec![("DATABASE_URL", "postgresql://me@127.0.0.1/db"), ("DATABASE_AUTH", "iam")],
            "DATABASE_URL",
            "has no TLS to 127.0.0.1, and an IAM token is sent over TLS only",
        ),
        (
            vec![("DATABASE_URL", "postgresql://db.example.com/db"), ("DATABASE_AUTH", "secret")],
            "DATABASE_SECRET_ARN",
            "is not set",
        ),
        (
            vec![("DATABASE_URL", "postgresql://me:s3cret@localhost/db"), ("DATABASE_AUTH", "md5")],
            "DATABASE_AUTH",
            "none of password, iam and secret",
        ),
        (
            vec![
                ("DATABASE_URL", "postgresql://me:s3cret@localhost/db"),
                ("DATABASE_CA_FILE", "/no/such/file.pem"),
            ],
            "DATABASE_CA_FILE",
            "which cannot be read: ",
        ),
        (
            vec![
                ("DATABASE_URL", "postgresql://me:s3cret@localhost/db"),
                ("STORE", "valkey"),
                ("VALKEY_URL", "redis://:s3cret@cache.example.com"),
            ],
            "VALKEY_URL",
            "is redis://, without TLS, to another machine",
        ),
        (
            vec![
                ("DATABASE_URL", "postgresql://me:s3cret@localhost/db"),
                ("STORE", "valkey"),
                ("VALKEY_URL", "rediss://me@cache.example.com"),
                ("VALKEY_AUTH", "iam"),
            ],
            "VALKEY_CACHE_NAME",
            "is not set",
        ),
    ] {
        let wrong = wrong.into_iter().map(|(name, value)| (name, value.to_owned()));
        let mapper = FunctionProcess::start("mapper", environment().into_iter().chain(wrong)).await;
        let ended = mapper.invoke(&Value::Null).await;
        let Err(Ended::Died(status)) = ended else { panic!("{ended:?}") };
        assert_eq!(status.code(), Some(1));
        let logs = mapper.logs();
        assert!(logs.contains(name) && logs.contains(problem), "{logs} is not: {name} {problem}");
        assert!(!logs.contains("s3cret"), "{logs}");
    }
}

#[tokio::test]
async fn submit_plans_over_tls_with_an_iam_token() {
    let schema = TestSchema::new(
        "CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points SELECT g, 0, 0, 3, 4 FROM generate_series(1, 100) g;
         ANALYZE points",
    )
    .await;
    let authority = Authority::new();
    let key = local_cloud("AWS_ACCESS_KEY_ID");
    let is_right = move |attempt: &Attempt| {
        attempt.user == "reader" && attempt.password.contains(&format!("Credential={key}%2F"))
    };
    let gate = LoginGate::new(&schema, &authority.issue("localhost"), is_right).await;
    let config = without_password(&schema, "localhost", gate.port());
    let options = config.get_options().unwrap().replace(' ', "%20").replace('=', "%3D");
    let url = format!(
        "postgresql://reader@localhost:{}/{}?sslmode=require&hostaddr=127.0.0.1&options={options}",
        gate.port(),
        config.get_dbname().unwrap()
    );
    let database = [
        ("DATABASE_URL", url),
        ("DATABASE_AUTH", "iam".to_owned()),
        ("DATABASE_CA_FILE", authority.path().to_owned()),
    ];
    let submit = FunctionProcess::start("submit", environment().into_iter().chain(database)).await;
    let mut event = http_event("POST /compute_min_distance", &[], &[], Some("{}"));
    event["rawQueryString"] = json!("dry_run=true");
    event["queryStringParameters"] = json!({ "dry_run": "true" });
    let answer = submit.invoke(&event).await.unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}: {}", submit.logs());
    let plan: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(plan["chunks"].as_array().unwrap().len(), 4, "{plan}");
    assert_eq!(gate.attempts().len(), 1);
    assert!(!submit.logs().contains("X-Amz-Signature"), "{}", submit.logs());
}
