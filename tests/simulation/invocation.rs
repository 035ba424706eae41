//! What the functions of the deployment do with one event, over the ports of the simulation.

use std::{io, sync::Mutex, time::Duration};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{FileFormats, Metrics, deliver, memory::MemoryWorkflows, xray};
use pgfold_api::{JobEnded, server::Place};
use pgfold_core::{
    Announcer, Catalogue, ChunkTask, Clock, Delivery, Ended, Error, JobControl, JobRequest, Mapper,
    Mappers, Objects, Recorder, Reducer, SkipReason, StageEnd, Store, Submitter, Worker, backoff,
    job_state,
};
use pgfold_tests::invocation;

use crate::{
    announced::SimulatedEvents,
    files,
    invariants::Asked,
    messages::Received,
    objects::SimulatedObjects,
    queue::{QueueName, SimulatedQueue},
    schedule::Target,
    site::Site,
    source::SimulatedSource,
    store::SimulatedStore,
};

/// How often a mapper that reads a chunk asks whether it is still wanted.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// An invocation of a function, with what it works with.
#[derive(Clone, Copy)]
pub(crate) struct Invocation<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) target: Target<'a>,
}

impl<'a> Invocation<'a> {
    fn store(&self) -> SimulatedStore<'a> {
        SimulatedStore { site: self.site, target: self.target }
    }

    fn objects(&self) -> SimulatedObjects<'a> {
        SimulatedObjects { site: self.site, target: self.target }
    }

    fn catalogue(&self) -> Catalogue<'a> {
        Catalogue::new([("points".to_owned(), SimulatedSource::new(self.site))])
    }

    fn queue(&self, queue: QueueName) -> SimulatedQueue<'a> {
        SimulatedQueue { site: self.site, queue }
    }

    fn recorder<'b>(
        &'b self,
        store: &'b dyn Store,
        objects: &'b dyn Objects,
        queue: &'b SimulatedQueue<'b>,
    ) -> Recorder<'b> {
        let end = StageEnd { store, objects, reducers: queue, reminders: queue };
        Recorder { end, clock: &self.site }
    }

    fn control<'b>(
        &'b self,
        queue: &'b SimulatedQueue<'b>,
        store: &'b dyn Store,
    ) -> JobControl<'b> {
        let policy = self.site.world.lock().setting.policy;
        let (reducers, reminders) = (queue, queue);
        JobControl { queue, reducers, reminders, store, clock: &self.site, policy }
    }

    fn submitter<'b>(
        &'b self,
        catalogue: &'b Catalogue<'b>,
        queue: &'b SimulatedQueue<'b>,
        store: &'b dyn Store,
    ) -> Submitter<'b> {
        let state = self.site.world.lock();
        let concurrency = state.setting.mappers as u16;
        let (policy, mappers) = (state.setting.policy, Mappers { concurrency, memory_mb: 1769 });
        let reminders = queue;
        Submitter {
            catalogue,
            queue,
            reminders,
            store,
            clock: &self.site,
            policy,
            mappers,
            answers_workflows: false,
        }
    }

    /// The function `submit`. What is wanted is had once a job was submitted.
    pub(crate) async fn submit(self, errand: usize, key: Option<u8>, request: JobRequest) {
        let job_id = self.site.world.lock().new_job_id();
        let (catalogue, queue, store) =
            (self.catalogue(), self.queue(QueueName::Chunks), self.store());
        let submitter = self.submitter(&catalogue, &queue, &store);
        let key = key.map(|key| self.site.world.lock().key(key));
        self.site.observe(|state| state.actors[self.site.actor].key = key.clone());
        let trace = xray::trace_of_job(job_id);
        let submitted = match &key {
            None => submitter.submit(job_id, trace, request.clone(), None).await,
            Some(key) => match submitter.claim(key, job_id, request.clone()).await {
                Ok(claim) => submitter.submit_claimed(claim, trace, None).await,
                Err(error) => Err(error),
            },
        };
        self.site.observe(|state| match &submitted {
            Ok(submitted) => state.answered(self.site.actor, &request, submitted),
            Err(error) => state.refused(self.site.actor, error),
        });
        self.site.answer().await;
        // One with a key that belongs to another request would be refused for ever.
        let satisfied = matches!(submitted, Ok(_) | Err(Error::Invalid(_)));
        self.site.observe(|state| state.done(errand, satisfied));
    }

    /// The function `submit`, asked how a job would be carried out.
    pub(crate) async fn dry_run(self, errand: usize, request: JobRequest) {
        let (catalogue, queue, store) =
            (self.catalogue(), self.queue(QueueName::Chunks), self.store());
        let answer = self.submitter(&catalogue, &queue, &store).dry_run(&request).await;
        self.site.observe(|state| {
            if let Err(error) = &answer {
                state.refused(self.site.actor, error);
            }
            state.done(errand, true);
        });
    }

    /// The function `mapper`.
    pub(crate) async fn map(self, received: Received) {
        let (catalogue, queue, store) =
            (self.catalogue(), self.queue(QueueName::Chunks), self.store());
        let (objects, room) = (self.objects(), self.site.world.lock().setting.room);
        let mapper = Mapper {
            catalogue: &catalogue,
            recorder: self.recorder(&store, &objects, &queue),
            objects: &objects,
            files: &objects,
            encoders: &FileFormats,
            room,
            most_in_memory: Mapper::MOST_IN_MEMORY,
        };
        self.work(&mapper, &queue, received).await;
    }

    /// The function `reducer`.
    pub(crate) async fn reduce(self, received: Received) {
        let (queue, store, objects) = (self.queue(QueueName::Chunks), self.store(), self.objects());
        let reducer = Reducer {
            recorder: self.recorder(&store, &objects, &queue),
            objects: &objects,
            files: &objects,
            encoders: &FileFormats,
        };
        self.work(&reducer, &queue, received).await;
    }

    /// A function behind the queue of chunks, or of partitions.
    async fn work(&self, worker: &impl Worker, queue: &SimulatedQueue<'_>, received: Received) {
        let max_attempts = self.site.world.lock().chunks.max_attempts();
        let lifetime = self.site.world.lock().setting.lifetime();
        let work = async |one: pgfold_adapters::Received| {
            let pgfold_adapters::Received { task, attempt, sent_at, first_received_at } = one;
            let memory_mb = 1769;
            let delivery =
                Delivery { attempt, max_attempts, memory_mb, sent_at, first_received_at, lifetime };
            self.attempt(worker, &task, delivery).await
        };
        let backoff = |attempt, _: &Error| backoff(attempt);
        let response = deliver(queue, &received.event(self.site), backoff, work).await.unwrap();
        self.site.answer().await;
        if response.batch_item_failures.is_empty() {
            self.site.observe(|state| state.acknowledged(self.site.actor, &received, false));
        }
    }

    async fn attempt(
        &self,
        worker: &impl Worker,
        task: &ChunkTask,
        delivery: Delivery,
    ) -> Result<(), Error> {
        let started_at = self.site.now();
        let recorder = worker.recorder();
        let done = worker.attempt(task, delivery, self.unwanted(recorder, task)).await;
        let Err(failure) = done else { return Ok(()) };
        if delivery.attempt >= delivery.max_attempts {
            self.site.observe(|state| state.actors[self.site.actor].may_give_up = true);
        }
        // What cannot be stored with the job now, the dead letter stores.
        match recorder.report(task, delivery, started_at, &failure).await.done {
            Some(_) => Ok(()),
            None => Err(failure.error),
        }
    }

    async fn unwanted(&self, recorder: &Recorder<'_>, task: &ChunkTask) -> SkipReason {
        loop {
            self.site.sleep(ASK_EVERY).await;
            if let Ok(Some(why)) = recorder.unwanted(task).await {
                self.site.observe(|state| state.statistics.interruptions += 1);
                return why;
            }
        }
    }

    /// The function `dead_letter`.
    pub(crate) async fn bury(self, received: Received) {
        let (queue, store, objects) =
            (self.queue(QueueName::Letters), self.store(), self.objects());
        let reducers = self.queue(QueueName::Chunks);
        let recorder = self.recorder(&store, &objects, &reducers);
        self.site.observe(|state| state.actors[self.site.actor].may_give_up = true);
        let event = LambdaEvent::new(received.event(self.site), invocation());
        let metrics = Metrics::new("simulation", io::sink());
        let response = pgfold_dead_letter::handler(&recorder, &queue, &metrics, event).await;
        self.site.answer().await;
        if response.unwrap().batch_item_failures.is_empty() {
            self.site.observe(|state| state.acknowledged(self.site.actor, &received, true));
        }
    }

    /// The function `announcer`.
    pub(crate) async fn announce(self, received: Received) {
        let (queue, store, objects) =
            (self.queue(QueueName::Reminders), self.store(), self.objects());
        let (after_step, said) = (self.site.world.lock().step, Mutex::default());
        let announcer = Announcer {
            store: &store,
            objects: &objects,
            reminders: &queue,
            events: &SimulatedEvents { site: self.site },
            workflows: &MemoryWorkflows::default(),
            clock: &self.site,
            detail: &|ended: &Ended| {
                *said.lock().unwrap() = Some(ended.clone());
                let place = Place { deployment: "simulation".to_owned(), bucket: "b".to_owned() };
                JobEnded::new(ended, &place).to_json()
            },
        };
        let event = LambdaEvent::new(received.event(self.site), invocation());
        let metrics = Metrics::new("simulation", io::sink());
        let response = pgfold_announcer::handler(&announcer, &queue, &metrics, event).await;
        if let Some(ended) = said.into_inner().unwrap() {
            let lines = match &ended.known {
                Some((_, state)) => files::lines(self.target, state).await,
                None => None,
            };
            self.site.observe(|state| state.said(self.site.actor, &ended, lines, after_step));
        }
        self.site.answer().await;
        if response.unwrap().batch_item_failures.is_empty() {
            let queue = QueueName::Reminders;
            self.site.observe(|state| state.delete(self.site.actor, queue, &received));
        }
    }

    /// The function `result`.
    pub(crate) async fn poll(self, errand: usize, number: usize) {
        let clock = |site: Site<'_>| {
            let state = site.world.lock();
            (state.step, state.clock(site.actor))
        };
        let (after_step, from) = clock(self.site);
        let job_id = self.site.world.lock().ledger.jobs[number].job.job_id;
        let answer = job_state(&self.store(), &self.objects(), &self.site, job_id).await;
        if let Ok(state) = &answer
            && let Some(lines) = files::lines(self.target, state).await
        {
            self.site.observe(|state| {
                state.ledger.jobs[number].files.get_or_insert(lines);
            });
        }
        let (step, until) = clock(self.site);
        self.site.observe(|state| {
            state.note(Some(self.site.actor), |_| format!("  sees {answer:?}"));
            let asked = Asked { after_step, from, until, step };
            state.ledger.saw(number, &answer, asked, &state.database);
            state.done(errand, false);
        });
    }

    /// The function `jobs`, asked to cancel.
    pub(crate) async fn cancel(self, errand: usize, number: usize) {
        let job_id = self.site.world.lock().ledger.jobs[number].job.job_id;
        let (queue, store) = (self.queue(QueueName::Chunks), self.store());
        let cancelled = self.control(&queue, &store).cancel(job_id).await;
        self.site.answer().await;
        self.site.observe(|state| state.done(errand, cancelled.is_ok()));
    }

    /// The function `jobs`, asked to retry.
    pub(crate) async fn retry(self, errand: usize, number: usize) {
        let job_id = self.site.world.lock().ledger.jobs[number].job.job_id;
        let (queue, store) = (self.queue(QueueName::Chunks), self.store());
        let retried = self.control(&queue, &store).retry(job_id).await;
        self.site.answer().await;
        self.site.observe(|state| {
            match &retried {
                Ok(_) => state.ledger.taken_up(number),
                Err(Error::AlreadyCompleted(_)) => state.ledger.said_complete(number),
                Err(Error::Ended { .. }) => state.statistics.not_taken_up += 1,
                Err(error) => state.refused(self.site.actor, error),
            }
            state.done(errand, retried.is_ok());
        });
    }
}

impl Received {
    /// The message as the function gets it.
    fn event(&self, site: Site<'_>) -> SqsEvent {
        let mut message = SqsMessage::default();
        message.message_id = Some("message".to_owned());
        message.receipt_handle = Some(self.receipt.to_string());
        message.body = Some(self.message.body.clone());
        let moment = |after| site.world.lock().moment(after).as_millis().to_string();
        let attributes = [
            ("ApproximateReceiveCount", self.receipt.attempt.to_string()),
            ("ApproximateFirstReceiveTimestamp", moment(self.message.first_received)),
            ("SentTimestamp", moment(self.message.sent)),
        ];
        message.attributes.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
        let mut event = SqsEvent::default();
        event.records.push(message);
        event
    }
}
