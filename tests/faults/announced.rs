//! Every ending of every job is announced, though submitters, mappers, reducers, whoever cancels and
//! the announcer itself are killed at random.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    time::{Duration, Instant},
};

use pgfold_adapters::new_job_id;
use pgfold_core::ChunkTask;
use pgfold_tests::{Ended, EventBus, FunctionProcess, Random, http_event};
use serde_json::{Value, json};

use crate::faults::{
    GatedDeployment, inbox::Inbox, killed_at_random::Deliveries, over_both_stores,
};

over_both_stores! {
    every_ending_is_announced
}

/// Where the schedule of kills begins; the moments differ from run to run.
const SEED: u64 = 11;

/// How long a job may take, in seconds. One that is late is announced within a minute of that.
const DEADLINE: u64 = 60;

/// How a job is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With an answer.
    Answer,
    /// With a file, after its second stage.
    File,
    /// Somebody cancels it.
    Cancelled,
    /// A chunk is given up.
    GivenUp,
    /// The message of a chunk is lost, and nobody asks.
    Late,
}

impl End {
    const ALL: [Self; 5] = [Self::Answer, Self::File, Self::Cancelled, Self::GivenUp, Self::Late];

    fn state(self) -> &'static str {
        match self {
            Self::Answer | Self::File => "completed",
            Self::Cancelled => "cancelled",
            Self::GivenUp | Self::Late => "failed",
        }
    }

    fn job(self) -> Value {
        let output = (self == Self::File).then(|| json!({ "format": "jsonl" }));
        let mut job = json!({ "kernel": "min_distance", "chunks": 2 });
        if let Some(output) = output {
            job["output"] = output;
        }
        job
    }
}

async fn every_ending_is_announced(deployment: GatedDeployment) {
    deployment.gate.open();
    // 1,000 every night.
    let count = env::var("ANNOUNCED_JOBS").map_or(20, |count| count.parse().unwrap());
    let (chunks, reductions, reminders) =
        (Inbox::create().await, Inbox::create().await, Inbox::create().await);
    let bus = EventBus::create().await;
    let environment = [
        ("CHUNKS_QUEUE_URL", chunks.url.clone()),
        ("REDUCTIONS_QUEUE_URL", reductions.url.clone()),
        ("REMINDERS_QUEUE_URL", reminders.url.clone()),
        ("DEAD_LETTER_QUEUE_URL", chunks.url.clone()),
        ("REDUCTIONS_DEAD_LETTER_QUEUE_URL", reductions.url.clone()),
        ("POISON_QUEUE_URL", chunks.url.clone()),
        ("EVENT_BUS", bus.name.clone()),
        ("JOB_DEADLINE_SECONDS", DEADLINE.to_string()),
        ("MAX_ATTEMPTS", "10".to_owned()),
    ];
    let requests = Requests { deployment: &deployment, environment: &environment };
    let deliveries = |function, seed| Deliveries::new(&deployment, function, &environment, seed);
    let mut random = Random::new(SEED);

    let mut ends = BTreeMap::new();
    for end in (0..count).map(|number| End::ALL[number % End::ALL.len()]) {
        let job_id = requests.submitted(&end.job(), &mut random).await;
        ends.insert(job_id, end);
    }
    for (job_id, _) in ends.iter().filter(|(_, end)| **end == End::Cancelled) {
        requests.cancelled(job_id, &mut random).await;
    }

    let mut messages: BTreeSet<String> =
        chunks.messages_to_come(2 * count).await.into_iter().collect();
    messages.extend(chunks.messages().await);
    let (mut mapped, mut given_up) = (Vec::new(), Vec::new());
    for message in messages {
        let task = ChunkTask::from_json(&message).unwrap();
        match (ends[&task.job_id.to_string()], task.chunk.0) {
            (End::Late, 1) => {}
            (End::GivenUp, 1) => given_up.push(message),
            _ => mapped.push(message),
        }
    }
    let mut killed = deliveries("mapper", SEED + 1).deliver(mapped).await;
    killed += deliveries("dead_letter", SEED + 2).deliver(given_up).await;
    let files = ends.values().filter(|end| **end == End::File).count();
    let mut partitions: BTreeSet<String> =
        reductions.messages_to_come(files).await.into_iter().collect();
    partitions.extend(reductions.messages().await);
    killed += deliveries("reducer", SEED + 3).deliver(partitions.into_iter().collect()).await;

    // Whoever ended a job has sent a reminder, or its watch comes.
    let announcer = deliveries("announcer", SEED + 4);
    let (mut announced, mut seen) = (BTreeMap::<String, Value>::new(), BTreeSet::new());
    let until = Instant::now() + Duration::from_secs(DEADLINE + 120);
    while ends.keys().any(|job_id| !seen.contains(job_id)) {
        assert!(Instant::now() < until, "{} of {count} jobs are announced", seen.len());
        killed += announcer.deliver(reminders.messages().await).await;
        for event in bus.received().await {
            let detail = &event["detail"];
            let (id, job_id) = (detail["event_id"].as_str(), detail["task_id"].as_str());
            let (id, job_id) = (id.unwrap().to_owned(), job_id.unwrap().to_owned());
            // Repeats say the same.
            let before = announced.insert(id.clone(), detail["state"].clone());
            assert!(before.is_none_or(|before| before == detail["state"]), "{id}");
            assert_eq!(detail["state"], ends[&job_id].state(), "{detail}");
            seen.insert(job_id);
        }
    }
    // A job ends once here, so each has one event, which may be repeated.
    assert_eq!(announced.len(), count, "{announced:?}");
    println!("{count} endings are announced, {killed} functions were killed at work");
    assert!(killed > 0);
}

/// Requests that are repeated until they are answered.
struct Requests<'a> {
    deployment: &'a GatedDeployment,
    environment: &'a [(&'static str, String)],
}

impl Requests<'_> {
    /// Submits a job under a key, and returns its id.
    async fn submitted(&self, job: &Value, random: &mut Random) -> String {
        let key = new_job_id().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let event = http_event("POST /tasks", &[], &headers, Some(&job.to_string()));
        let answer = self.answered("submit", &event, random).await;
        answer["task_id"].as_str().unwrap().to_owned()
    }

    async fn cancelled(&self, job_id: &str, random: &mut Random) {
        let route = "DELETE /tasks/{task_id}";
        let event = http_event(route, &[("task_id", job_id)], &[], None);
        self.answered("jobs", &event, random).await;
    }

    /// Sends a request to processes that are killed at some moment, at last to one that is not, and
    /// returns the answer.
    async fn answered(&self, function: &str, event: &Value, random: &mut Random) -> Value {
        while random.chance(50) {
            let process = self.process(function).await;
            let after = Duration::from_millis(random.below(100));
            tokio::select! {
                answer = process.invoke(event) => drop(checked(answer)),
                () = tokio::time::sleep(after) => process.kill().await,
            }
        }
        checked(self.process(function).await.invoke(event).await)
    }

    async fn process(&self, function: &str) -> FunctionProcess {
        self.deployment.function(function, self.environment.iter().cloned()).await
    }
}

fn checked(answer: Result<Value, Ended>) -> Value {
    let answer = answer.unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}
