use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use crate::tls::front::Front;

pub(crate) const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1";

/// A Secrets Manager with one secret.
pub(crate) struct Secrets {
    front: Front,
    state: Arc<State>,
}

struct State {
    secret: Mutex<String>,
    fetched: AtomicUsize,
}

impl Secrets {
    pub(crate) async fn new(secret: &Value) -> Self {
        let secret = Mutex::new(secret.to_string());
        let state = Arc::new(State { secret, fetched: AtomicUsize::new(0) });
        let shared = Arc::clone(&state);
        let front = Front::new(move |client| {
            let state = Arc::clone(&shared);
            async move {
                let answer = service_fn(move |request| answer(Arc::clone(&state), request));
                let served = http1::Builder::new().serve_connection(TokioIo::new(client), answer);
                served.await.map_err(std::io::Error::other)
            }
        })
        .await;
        Self { front, state }
    }

    pub(crate) fn rotate(&self, secret: &Value) {
        *self.state.secret.lock().unwrap() = secret.to_string();
    }

    /// How often the secret was asked for.
    pub(crate) fn fetched(&self) -> usize {
        self.state.fetched.load(Ordering::Relaxed)
    }

    /// An AWS whose Secrets Manager this is.
    pub(crate) fn aws(&self) -> SdkConfig {
        aws(self.front.address())
    }
}

/// An AWS whose services are at this address.
pub(crate) fn aws(address: SocketAddr) -> SdkConfig {
    let credentials = Credentials::new("KEY", "s3cret", None, None, "a test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(format!("http://{address}"))
        .build()
}

async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    let target = request.headers()["x-amz-target"].clone();
    assert_eq!(target, "secretsmanager.GetSecretValue");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["SecretId"], ARN);
    state.fetched.fetch_add(1, Ordering::Relaxed);
    let secret = json!({ "ARN": ARN, "SecretString": *state.secret.lock().unwrap() });
    let response = Response::builder().header("content-type", "application/x-amz-json-1.1");
    Ok(response.body(Full::from(secret.to_string())).unwrap())
}
