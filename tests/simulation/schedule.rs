//! One schedule: grants turns to actors, one at a time, until nobody wants anything any more.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pgfold_core::{ChunkTask, JobId, Objects, Store, Timestamp};

use crate::{
    cut::Cut, ends::check_ends, errand::What, invocation::Invocation, messages::Received,
    site::Site, source::SourceFlaw, statistics::Statistics, turn::Ready, world::World,
};

/// A schedule that does not end by then never will.
const MOST_STEPS: u64 = 50_000;

/// What came of a schedule.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) statistics: Statistics,
    /// The promise that was broken, if one was.
    pub(crate) broken: Option<String>,
    /// What happened, if it was to be traced.
    pub(crate) trace: String,
}

/// The store that is tested.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) store: &'a dyn Store,
    /// The objects beside it.
    pub(crate) objects: &'a dyn Objects,
    /// Cuts calls of the store off, if they are of several requests.
    pub(crate) cut: Option<&'a Cut>,
}

/// How a schedule is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) start: Timestamp,
    /// Gives ids to jobs, if not the seed does.
    pub(crate) new_job_id: Option<fn() -> JobId>,
    /// Whether all jobs are a little too large for one item of DynamoDB.
    pub(crate) trees: bool,
    /// What is wrong with the source, if something is.
    pub(crate) source_flaw: Option<SourceFlaw>,
    /// Whether the queue of reminders loses all of them.
    pub(crate) loses_reminders: bool,
    pub(crate) traced: bool,
}

impl Run {
    /// Runs the schedule over `target`.
    pub(crate) async fn over(self, target: Target<'_>) -> Played {
        let world = Arc::new(World::new(self));
        let mut schedule = Schedule { world: &world, target, live: Vec::new() };
        let broken = match schedule.play().await {
            Ok(()) => check_ends(&world, target).await.err(),
            Err(broken) => Some(broken),
        };
        drop(schedule);
        let mut state = world.lock();
        Played { statistics: state.statistics.clone(), broken, trace: state.take_trace() }
    }
}

struct Schedule<'a> {
    world: &'a Arc<World>,
    target: Target<'a>,
    live: Vec<Live<'a>>,
}

/// An actor that has not ended, and what it is still to do.
struct Live<'a> {
    actor: usize,
    function: Function,
    future: Pin<Box<dyn Future<Output = ()> + 'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Mapper,
    Reducer,
    DeadLetter,
    Announcer,
    /// Of the API, for an errand.
    Api(usize),
}

/// What may happen next.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Turn(Ready),
    Chunk,
    Letter,
    Reminder,
    Errand(usize),
}

impl<'a> Schedule<'a> {
    /// Lets things happen until nothing can any more.
    async fn play(&mut self) -> Result<(), String> {
        self.world.lock().statistics.schedules += 1;
        while let Some(choice) = self.choose() {
            match choice {
                Choice::Turn(ready) => self.grant(ready).await,
                Choice::Chunk => self.deliver_chunk(false).await,
                Choice::Letter => self.deliver_letter().await,
                Choice::Reminder => self.deliver_reminder().await,
                Choice::Errand(errand) => self.run_errand(errand).await,
            }
            let mut state = self.world.lock();
            let step = state.step;
            state.ledger.must(step < MOST_STEPS, || "the schedule does not end".to_owned());
            if let Some(broken) = state.ledger.broken() {
                return Err(broken);
            }
        }
        Ok(())
    }

    /// What happens next; if nothing can now, time goes by until something can.
    fn choose(&mut self) -> Option<Choice> {
        let mappers = self
            .live
            .iter()
            .filter(|live| matches!(live.function, Function::Mapper | Function::Reducer))
            .count();
        let announcing =
            self.live.iter().filter(|live| live.function == Function::Announcer).count();
        let burying = self.live.iter().any(|live| live.function == Function::DeadLetter);
        let state = &mut *self.world.lock();
        state.step += 1;
        state.now += state.random.below(20);
        if state.random.below(1000) < state.setting.pauses {
            state.now += state.random.pick(&[1_000, 5_000, 22_000, 26_000, 60_000, 400_000]);
        }
        if state.random.below(1000) < state.setting.commits {
            state.database.commit(&mut state.random);
        }
        loop {
            let now = state.now;
            let mut choices: Vec<Choice> = state.turns.ready(now).map(Choice::Turn).collect();
            if mappers < state.setting.mappers && state.chunks.any_visible(now) {
                choices.push(Choice::Chunk);
            }
            if !burying && state.letters.any_visible(now) {
                choices.push(Choice::Letter);
            }
            if announcing < 2 && state.reminders.any_visible(now) {
                choices.push(Choice::Reminder);
            }
            let due = state.setting.errands.iter().enumerate().filter(|(_, at)| at.is_due(now));
            choices.extend(due.map(|(number, _)| Choice::Errand(number)));
            if !choices.is_empty() {
                return Some(state.random.pick(&choices));
            }
            let errands = state.setting.errands.iter().filter_map(|at| at.next_due(now));
            let moments = [
                state.turns.next_ready(now),
                state.chunks.next_visible(now),
                state.letters.next_visible(now),
                state.reminders.next_visible(now),
                errands.min(),
            ];
            state.now = moments.into_iter().flatten().min()?;
        }
    }

    async fn grant(&mut self, Ready { ticket, actor, call }: Ready) {
        {
            let mut state = self.world.lock();
            let fate = state.fate(actor, call);
            state.note(Some(actor), |state| format!("{}: {fate:?}", state.shown(call)));
            state.turns.grant(ticket, fate);
        }
        if let Some(at) = self.live.iter().position(|live| live.actor == actor) {
            self.settle(at).await;
        }
    }

    /// Lets an actor run until it waits for a turn or is no more.
    async fn settle(&mut self, at: usize) {
        let Live { actor, future, .. } = &mut self.live[at];
        let (world, actor) = (self.world, *actor);
        let run = |cx: &mut Context<'_>| {
            let ended = future.as_mut().poll(cx).is_ready();
            let state = world.lock();
            let killed = state.actors[actor].killed;
            let waits = state.turns.under_way == 0 && state.turns.waits(actor);
            if ended || killed || waits { Poll::Ready(ended || killed) } else { Poll::Pending }
        };
        if poll_fn(run).await {
            let Live { function, .. } = self.live.swap_remove(at);
            let mut state = self.world.lock();
            state.note(Some(actor), |state| match state.actors[actor].killed {
                true => "is killed".to_owned(),
                false => "ends".to_owned(),
            });
            state.holds_nothing(actor);
            if let Function::Api(errand) = function {
                state.abandon(errand);
            }
        }
    }

    async fn start<F: Future<Output = ()> + 'a>(
        &mut self,
        function: Function,
        name: &'static str,
        run: impl FnOnce(Invocation<'a>) -> F,
    ) {
        let actor = self.world.lock().enter(name);
        let site = Site { world: self.world, actor };
        let invocation = Invocation { site, target: self.target };
        self.live.push(Live { actor, function, future: Box::pin(run(invocation)) });
        self.settle(self.live.len() - 1).await;
    }

    async fn deliver_chunk(&mut self, echo: bool) {
        let received = self.world.lock().receive_chunk(echo);
        let Some(received) = received else { return };
        // Both kinds of messages are in one queue here.
        let is_partition = ChunkTask::from_json(&received.message.body)
            .is_ok_and(|task| task.range.partition().is_some());
        match is_partition {
            true => self.hand_over(Function::Reducer, "reducer", received).await,
            false => self.hand_over(Function::Mapper, "mapper", received).await,
        }
    }

    async fn deliver_letter(&mut self) {
        let received = self.world.lock().receive_letter();
        if let Some(received) = received {
            self.hand_over(Function::DeadLetter, "dead_letter", received).await;
        }
    }

    async fn deliver_reminder(&mut self) {
        let received = self.world.lock().receive_reminder();
        if let Some(received) = received {
            self.hand_over(Function::Announcer, "announcer", received).await;
        }
    }

    async fn hand_over(&mut self, function: Function, name: &'static str, received: Received) {
        let world = self.world;
        self.start(function, name, async move |invocation| {
            world.lock().receives(invocation.site.actor, &received);
            match function {
                Function::Mapper => invocation.map(received).await,
                Function::Reducer => invocation.reduce(received).await,
                Function::Announcer => invocation.announce(received).await,
                _ => invocation.bury(received).await,
            }
        })
        .await;
    }

    async fn run_errand(&mut self, errand: usize) {
        let (what, job) = self.world.lock().take_up(errand);
        let function = Function::Api(errand);
        match (what, job) {
            (What::Post { key, request }, _) => {
                self.start(function, "submit", async move |it| {
                    it.submit(errand, key, request).await
                })
                .await;
            }
            (What::DryRun(request), _) => {
                self.start(function, "dry_run", async move |it| it.dry_run(errand, request).await)
                    .await;
            }
            (What::Poll, Some(job)) => {
                self.start(function, "result", async move |it| it.poll(errand, job).await).await;
            }
            (What::Cancel, Some(job)) => {
                self.start(function, "cancel", async move |it| it.cancel(errand, job).await).await;
            }
            (What::Retry, Some(job)) => {
                self.start(function, "retry", async move |it| it.retry(errand, job).await).await;
            }
            (What::Spoil(poison), job) => self.world.lock().spoil(poison, job),
            (What::Echo, _) => self.deliver_chunk(true).await,
            (What::Poll | What::Cancel | What::Retry, None) => {}
        }
        // One without an actor is done with at once.
        if !self.live.iter().any(|live| live.function == function) {
            self.world.lock().abandon(errand);
        }
    }
}
