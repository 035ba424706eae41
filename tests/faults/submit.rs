//! Submit is killed between the job's record and its messages.

use std::{pin::pin, time::Duration};

use aws_sdk_sqs::Client;
use pgfold_adapters::{SystemClock, new_task_id, sdk_config};
use pgfold_core::{Claim, IdempotencyKey, JobRequest, JobState, Store, Timestamp, job_state};
use pgfold_tests::{Ended, FunctionProcess, Gate, http_event, local_cloud, sqs_event};
use serde_json::Value;

use crate::{Deployment, job::is_done, over_both_stores};

over_both_stores! {
    a_job_whose_submission_died_ends_at_its_deadline
    a_submission_that_died_is_carried_on_by_the_next_with_its_key
}

async fn a_job_whose_submission_died_ends_at_its_deadline(deployment: Deployment) {
    let submission = Submission::new(deployment).await;
    let claim = submission.dies_before_its_messages().await;
    assert_eq!(submission.messages().await, [""; 0]);
    let state = submission.state(&claim).await;
    assert_eq!(state, JobState::Pending { done: 0, total: 4 });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let JobState::Failed { reason, chunks } = submission.state(&claim).await else {
        panic!("{:?}", submission.state(&claim).await)
    };
    assert_eq!(reason, "4 of 4 chunks not done by the job's deadline");
    assert_eq!(chunks.iter().map(|failed| failed.chunk.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

async fn a_submission_that_died_is_carried_on_by_the_next_with_its_key(deployment: Deployment) {
    let submission = Submission::new(deployment).await;
    let claim = submission.dies_before_its_messages().await;
    let submit = submission.submit().await;
    for _ in 0..2 {
        let answer = submit.invoke(&submission.request()).await.unwrap();
        assert_eq!(answer["statusCode"], 200, "{answer}");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["task_id"], claim.task_id.to_string());
    }
    let messages = submission.messages().await;
    assert_eq!(messages.len(), 4, "sent by the first of the two");
    let mapper = submission.deployment.mapper().await;
    let event = sqs_event(messages.iter().map(String::as_str), 1);
    assert!(is_done(&mapper, &event).await, "{}", mapper.logs());
    let state = submission.state(&claim).await;
    let JobState::Completed(completed) = state else { panic!("{state:?}") };
    assert_eq!((&completed.answer["distance"], completed.rows), (&0.5.into(), 100));
}

/// A request that is sent again and again with one key, and a queue of its own.
struct Submission {
    deployment: Deployment,
    store: Box<dyn Store>,
    key: String,
    queue_url: String,
    sqs: Client,
    /// The queue's, for submit.
    gate: Gate,
}

impl Submission {
    async fn new(deployment: Deployment) -> Self {
        let sqs = Client::new(&sdk_config().await);
        let key = new_task_id().to_string();
        let queue = sqs.create_queue().queue_name(format!("faults-{key}")).send().await;
        let queue_url = queue.expect("the queue service of `make test`").queue_url.unwrap();
        let url = local_cloud("AWS_ENDPOINT_URL");
        let gate = Gate::to(url.split_once("://").unwrap().1.parse().unwrap()).await;
        let store = deployment.store().await;
        Self { deployment, store, key, queue_url, sqs, gate }
    }

    fn request(&self) -> Value {
        let headers = [("idempotency-key", self.key.as_str())];
        http_event("POST /compute_min_distance", &[], &headers, None)
    }

    /// A new submit function, whose jobs may take two seconds.
    async fn submit(&self) -> FunctionProcess {
        let environment = [
            ("CHUNKS_QUEUE_URL", self.queue_url.clone()),
            ("AWS_ENDPOINT_URL_SQS", format!("http://{}", self.gate.address())),
            ("JOB_DEADLINE_SECONDS", "2".to_owned()),
        ];
        self.deployment.function("submit", environment).await
    }

    /// Has submit die when the job is kept and no message of it is sent.
    async fn dies_before_its_messages(&self) -> Claim {
        let (submit, event) = (self.submit().await, self.request());
        self.gate.fall_silent();
        let mut invocation = pin!(submit.invoke(&event));
        tokio::select! {
            answer = &mut invocation => panic!("{answer:?}: {}", submit.logs()),
            () = self.gate.held() => {}
        }
        submit.kill().await;
        let ended = invocation.await;
        assert!(matches!(ended, Err(Ended::Died(_))), "{ended:?}");
        self.gate.sever().await;

        // Whoever claims the key now is told to whom it belongs.
        let now = Timestamp::from(std::time::SystemTime::now());
        let (task_id, request) = (new_task_id(), JobRequest::from_body(b"").unwrap());
        let late = Claim { task_id, request, claimed_at: now, expires_at: now };
        self.store.claim(&IdempotencyKey::new(&self.key).unwrap(), &late).await.unwrap()
    }

    async fn state(&self, claim: &Claim) -> JobState {
        job_state(&*self.store, &SystemClock, claim.task_id).await.unwrap()
    }

    /// The messages in the queue.
    async fn messages(&self) -> Vec<String> {
        let receive = self.sqs.receive_message().queue_url(&self.queue_url);
        let received = receive.max_number_of_messages(10).wait_time_seconds(1).send().await;
        let messages = received.unwrap().messages.unwrap_or_default();
        messages.into_iter().map(|message| message.body.unwrap()).collect()
    }
}
