//! Submit is killed: at each of its requests to the store, and before its messages.

use std::{pin::pin, time::Duration};

use pgfold_adapters::{SystemClock, memory::MemoryObjects, new_job_id};
use pgfold_api::MinDistanceRequest;
use pgfold_core::{Claim, IdempotencyKey, JobId, JobState, Store, Timestamp, job_state};
use pgfold_tests::{Ended, FunctionProcess, Gate, http_event, local_cloud, sqs_event};
use serde_json::Value;

use crate::faults::{GatedDeployment, inbox::Inbox, job::is_done, over_both_stores};

over_both_stores! {
    a_job_whose_submission_died_ends_at_its_deadline
    a_submission_that_died_is_carried_on_by_the_next_with_its_key
    a_submission_may_die_at_any_request_to_the_store
}

async fn a_job_whose_submission_died_ends_at_its_deadline(deployment: GatedDeployment) {
    let submission = Submission::new(&deployment).await;
    let claim = submission.dies_before_its_messages().await;
    assert_eq!(submission.inbox.messages().await, [""; 0]);
    let state = submission.state(claim.job_id).await;
    assert_eq!(state, JobState::Pending { done: 0, total: CHUNKS });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let JobState::Failed { reason, chunks } = submission.state(claim.job_id).await else {
        panic!("{:?}", submission.state(claim.job_id).await)
    };
    assert_eq!(reason, "20 of 20 chunks not done by the job's deadline");
    assert!(chunks.iter().map(|failed| failed.chunk.0).eq(0..CHUNKS));
}

async fn a_submission_that_died_is_carried_on_by_the_next_with_its_key(
    deployment: GatedDeployment,
) {
    let submission = Submission::new(&deployment).await;
    let claim = submission.dies_before_its_messages().await;
    assert_eq!(submission.is_carried_on().await, claim.job_id);
}

async fn a_submission_may_die_at_any_request_to_the_store(deployment: GatedDeployment) {
    for passed in 0.. {
        let submission = Submission::new(&deployment).await;
        let (submit, event) = (submission.submit().await, submission.request());
        deployment.gate.let_pass(passed);
        let mut invocation = pin!(submit.invoke(&event));
        let answered = tokio::select! {
            answer = &mut invocation => Some(answer.unwrap()),
            () = deployment.gate.held() => None,
        };
        submit.kill().await;
        deployment.gate.sever().await;
        let job_id = submission.is_carried_on().await;
        if let Some(answer) = answered {
            assert_eq!(body(&answer)["task_id"], job_id.to_string());
            // The claim, the question whether its job is there, the job and the mark.
            assert!(passed >= 4, "{passed} requests");
            return;
        }
    }
}

fn body(answer: &Value) -> Value {
    assert_eq!(answer["statusCode"], 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

/// Chunks of the jobs here: a tree in DynamoDB.
const CHUNKS: u16 = 20;
const BODY: &str = r#"{"chunks": 20}"#;

/// A request that is sent again and again with one key, and a queue of its own.
struct Submission<'a> {
    deployment: &'a GatedDeployment,
    store: Box<dyn Store>,
    key: String,
    inbox: Inbox,
    /// The queue's, for submit.
    gate: Gate,
}

impl<'a> Submission<'a> {
    async fn new(deployment: &'a GatedDeployment) -> Self {
        let (key, inbox) = (new_job_id().to_string(), Inbox::create().await);
        let url = local_cloud("AWS_ENDPOINT_URL");
        let gate = Gate::to(url.split_once("://").unwrap().1.parse().unwrap()).await;
        let store = deployment.store().await;
        Self { deployment, store, key, inbox, gate }
    }

    fn request(&self) -> Value {
        let headers = [("idempotency-key", self.key.as_str())];
        http_event("POST /compute_min_distance", &[], &headers, Some(BODY))
    }

    /// A new submit function, whose jobs may take two seconds.
    async fn submit(&self) -> FunctionProcess {
        let environment = [
            ("CHUNKS_QUEUE_URL", self.inbox.url.clone()),
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

        // A caller that claims the key now learns whose it is.
        let now = Timestamp::from(std::time::SystemTime::now());
        let (job_id, request) =
            (new_job_id(), MinDistanceRequest::read(BODY.as_bytes()).unwrap().try_into().unwrap());
        let late = Claim { job_id, request, claimed_at: now, expires_at: now };
        self.store.claim(&IdempotencyKey::new(&self.key).unwrap(), &late).await.unwrap()
    }

    /// The same request starts the job; its messages are sent, and complete it.
    async fn is_carried_on(&self) -> JobId {
        let submit = self.submit().await;
        let answer = body(&submit.invoke(&self.request()).await.unwrap());
        assert_eq!(body(&submit.invoke(&self.request()).await.unwrap()), answer);
        let job_id = answer["task_id"].as_str().unwrap().parse().unwrap();

        let messages = self.inbox.messages().await;
        let mapper = self.deployment.mapper().await;
        let event = sqs_event(messages.iter().map(String::as_str), 1);
        assert!(is_done(&mapper, &event).await, "{}", mapper.logs());
        let state = self.state(job_id).await;
        let JobState::Completed(completed) = state else { panic!("{state:?}") };
        assert_eq!(
            (&completed.answer().unwrap().answer["distance"], completed.rows),
            (&0.5.into(), 100)
        );
        job_id
    }

    async fn state(&self, job_id: JobId) -> JobState {
        job_state(&*self.store, &MemoryObjects::default(), &SystemClock, job_id).await.unwrap()
    }
}
