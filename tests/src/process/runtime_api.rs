use std::{
    future::pending,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::Ended;

const VERSION: &str = "2018-06-01";

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:under-test";

/// An event on its way to the function, and the way back for its answer.
#[derive(Debug)]
struct Invocation {
    event: String,
    limit: Duration,
    acknowledged: bool,
    answer: oneshot::Sender<Result<Value, Ended>>,
}

/// What Lambda is to a function process, for one process that takes one event at a time:
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    events: mpsc::UnboundedSender<Invocation>,
    platform: Arc<Platform>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Platform {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    under_way: Mutex<Option<Invocation>>,
    next_id: AtomicU32,
    init_error: Mutex<Option<Value>>,
}

impl RuntimeApi {
    /// Serves on a free port of 127.0.0.1 until it is dropped.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (events, waiting) = mpsc::unbounded_channel();
        let platform = Arc::new(Platform {
            events: tokio::sync::Mutex::new(waiting),
            under_way: Mutex::default(),
            next_id: AtomicU32::new(1),
            init_error: Mutex::default(),
        });
        let shared = platform.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let platform = shared.clone();
                let service = service_fn(move |request| serve(platform.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, events, platform, server }
    }

    /// Hands the event to the function when it asks for one. If `acknowledged`, the function is
    /// informed that its answer has arrived, so that it asks for the next.
    pub(super) fn deliver(
        &self,
        event: &Value,
        limit: Duration,
        acknowledged: bool,
    ) -> oneshot::Receiver<Result<Value, Ended>> {
        let (answer, answered) = oneshot::channel();
        let invocation = Invocation { event: event.to_string(), limit, acknowledged, answer };
        // `platform` holds the other end as long as this lives.
        let _ = self.events.send(invocation);
        answered
    }

    /// What the function said why it cannot start.
    pub(super) fn init_error(&self) -> Option<Value> {
        lock(&self.platform.init_error).clone()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    platform: Arc<Platform>,
    request: Request<Incoming>,
) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let said = body.collect().await?.to_bytes();
    let said = serde_json::from_slice(&said).unwrap_or_default();
    let path: Vec<&str> = head.uri.path().split('/').collect();
    // There is one invocation at a time, so that its id adds nothing.
    match path[..] {
        ["", VERSION, "runtime", "invocation", "next"] => return Ok(platform.next().await),
        ["", VERSION, "runtime", "invocation", _, "response"] => platform.end(Ok(said)).await,
        ["", VERSION, "runtime", "invocation", _, "error"] => {
            platform.end(Err(Ended::Failed(said))).await;
        }
        ["", VERSION, "runtime", "init", "error"] => {
            *lock(&platform.init_error) = Some(said);
        }
        _ => panic!("the runtime API has no {}", head.uri),
    }
    let mut accepted = Response::default();
    *accepted.status_mut() = StatusCode::ACCEPTED;
    Ok(accepted)
}

impl Platform {
    /// The next event, which is waited for.
    async fn next(&self) -> Response<Full<Bytes>> {
        let Some(invocation) = self.events.lock().await.recv().await else {
            return pending().await;
        };
        let deadline = SystemTime::now() + invocation.limit;
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let event = invocation.event.clone();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        *lock(&self.under_way) = Some(invocation);
        let response = Response::builder()
            .header("lambda-runtime-aws-request-id", format!("request-{id}"))
            .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
            .header("lambda-runtime-invoked-function-arn", ARN);
        response.body(event.into()).expect("plain headers")
    }

    /// The end of the invocation that is under way.
    async fn end(&self, outcome: Result<Value, Ended>) {
        let Some(invocation) = lock(&self.under_way).take() else { return };
        // An error says that nobody waits for it any more.
        let _ = invocation.answer.send(outcome);
        if !invocation.acknowledged {
            pending().await
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
