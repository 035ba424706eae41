//! What the functions of the deployment do with one event, over the ports of the simulation.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{deliver, memory::MemorySource};
use pgfold_core::{
    Delivery, Error, JobControl, JobRequest, MapTask, Mapper, Queue, Store, Submitter, backoff,
    job_state,
};
use pgfold_tests::invocation;

use crate::{
    invariants::Asked, messages::Received, queue::SimulatedQueue, schedule::Target, site::Site,
    source::SimulatedSource, store::SimulatedStore,
};

/// How often a mapper that reads a chunk asks whether it is still wanted.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// An invocation of a function, with what it works with.
#[derive(Clone, Copy)]
pub(crate) struct Invocation<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) target: Target<'a>,
    pub(crate) table: &'a MemorySource,
}

impl<'a> Invocation<'a> {
    fn store(&self) -> SimulatedStore<'a> {
        SimulatedStore { site: self.site, target: self.target }
    }

    fn source(&self) -> SimulatedSource<'a> {
        SimulatedSource { site: self.site, table: self.table }
    }

    fn queue(&self, of_letters: bool) -> SimulatedQueue<'a> {
        SimulatedQueue { site: self.site, of_letters }
    }

    fn control<'b>(&'b self, queue: &'b dyn Queue, store: &'b dyn Store) -> JobControl<'b> {
        let policy = self.site.world.lock().setting.policy;
        JobControl { queue, store, clock: &self.site, policy }
    }

    /// The function `submit`. What is wanted is had once a job was submitted.
    pub(crate) async fn submit(self, errand: usize, key: Option<u8>, request: JobRequest) {
        let (task_id, policy) = {
            let mut state = self.site.world.lock();
            (state.new_task_id(), state.setting.policy)
        };
        let (source, queue, store) = (self.source(), self.queue(false), self.store());
        let submitter =
            Submitter { source: &source, queue: &queue, store: &store, clock: &self.site, policy };
        let key = key.map(|key| self.site.world.lock().key(key));
        let submitted = match &key {
            None => submitter.submit(task_id, request.clone()).await,
            Some(key) => submitter.submit_once(key, task_id, request.clone()).await,
        };
        self.site.observe(|state| match &submitted {
            Ok(job) => state.ledger.answered(key.as_ref(), &request, job),
            Err(error) => state.refused(self.site.actor, error),
        });
        self.site.answer().await;
        // One with a key that belongs to another request would be refused for ever.
        let satisfied = matches!(submitted, Ok(_) | Err(Error::Invalid(_)));
        self.site.observe(|state| state.done(errand, satisfied));
    }

    /// The function `mapper`.
    pub(crate) async fn map(self, received: Received) {
        let (source, queue, store) = (self.source(), self.queue(false), self.store());
        let mapper = Mapper { source: &source, store: &store, clock: &self.site };
        let max_attempts = self.site.world.lock().chunks.max_attempts();
        let map = async |one: pgfold_adapters::Received<'_>| {
            let (attempt, sent_at) = (one.attempt, one.sent_at);
            let delivery = Delivery { attempt, max_attempts, memory_mb: 1769, sent_at };
            self.map_one(&mapper, one.body, delivery).await
        };
        let backoff = |attempt, _: &Error| backoff(attempt);
        let response = deliver(&queue, &received.event(), backoff, map).await.unwrap();
        self.site.answer().await;
        if response.batch_item_failures.is_empty() {
            self.site.observe(|state| state.acknowledged(self.site.actor, &received, false));
        }
    }

    async fn map_one(
        &self,
        mapper: &Mapper<'_>,
        body: &str,
        delivery: Delivery,
    ) -> Result<(), Error> {
        let task = MapTask::from_json(body)?;
        let mapped = mapper.map(&task, delivery, self.unwanted(mapper, &task)).await;
        let Err(error) = mapped else { return Ok(()) };
        if delivery.attempt >= delivery.max_attempts {
            self.site.observe(|state| state.actors[self.site.actor].may_give_up = true);
        }
        // If the job cannot be told now, the dead letter tells it.
        let _ = mapper.give_up(&task, delivery, &error).await;
        Err(error)
    }

    async fn unwanted(&self, mapper: &Mapper<'_>, task: &MapTask) -> &'static str {
        loop {
            self.site.sleep(ASK_EVERY).await;
            if let Ok(Some(why)) = mapper.unwanted(task).await {
                self.site.observe(|state| state.statistics.interruptions += 1);
                return why;
            }
        }
    }

    /// The function `dead_letter`.
    pub(crate) async fn bury(self, received: Received) {
        let (queue, store) = (self.queue(true), self.store());
        self.site.observe(|state| state.actors[self.site.actor].may_give_up = true);
        let event = LambdaEvent::new(received.event(), invocation());
        let response = pgfold_dead_letter::handler(&store, &self.site, &queue, event).await;
        self.site.answer().await;
        if response.unwrap().batch_item_failures.is_empty() {
            self.site.observe(|state| state.acknowledged(self.site.actor, &received, true));
        }
    }

    /// The function `result`.
    pub(crate) async fn poll(self, errand: usize, number: usize) {
        let clock = |site: Site<'_>| {
            let state = site.world.lock();
            (state.step, state.clock(site.actor))
        };
        let (after_step, from) = clock(self.site);
        let task_id = self.site.world.lock().ledger.jobs[number].job.task_id;
        let told = job_state(&self.store(), &self.site, task_id).await;
        let (step, until) = clock(self.site);
        self.site.observe(|state| {
            state.note(Some(self.site.actor), |_| format!("  sees {told:?}"));
            let asked = Asked { after_step, from, until, step };
            state.ledger.saw(number, &told, asked, &state.setting.table);
            state.done(errand, false);
        });
    }

    /// The function `monitor`, asked to cancel.
    pub(crate) async fn cancel(self, errand: usize, number: usize) {
        let task_id = self.site.world.lock().ledger.jobs[number].job.task_id;
        let (queue, store) = (self.queue(false), self.store());
        let cancelled = self.control(&queue, &store).cancel(task_id).await;
        self.site.answer().await;
        self.site.observe(|state| state.done(errand, cancelled.is_ok()));
    }

    /// The function `monitor`, asked to retry.
    pub(crate) async fn retry(self, errand: usize, number: usize) {
        let task_id = self.site.world.lock().ledger.jobs[number].job.task_id;
        let (queue, store) = (self.queue(false), self.store());
        let retried = self.control(&queue, &store).retry(task_id).await;
        self.site.answer().await;
        self.site.observe(|state| {
            match &retried {
                Ok(_) => {}
                Err(Error::AlreadyCompleted(_)) => state.ledger.said_complete(number),
                Err(error) => state.refused(self.site.actor, error),
            }
            state.done(errand, retried.is_ok());
        });
    }
}

impl Received {
    /// The message as the function gets it.
    fn event(&self) -> SqsEvent {
        let mut message = SqsMessage::default();
        message.message_id = Some("message".to_owned());
        message.receipt_handle = Some(self.receipt.to_string());
        message.body = Some(self.message.body.clone());
        let count = ("ApproximateReceiveCount".to_owned(), self.receipt.attempt.to_string());
        message.attributes.extend([count]);
        let mut event = SqsEvent::default();
        event.records.push(message);
        event
    }
}
