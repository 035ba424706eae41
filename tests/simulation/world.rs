//! What all actors of a schedule share: the time, the queues, the turns they wait for, and what
//! has happened.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pgfold_core::{IdempotencyKey, JobId, SnapshotId, Timestamp};
use pgfold_tests::Random;

use crate::{
    database::Database,
    fate::{Call, Fate, Service},
    ledger::Ledger,
    messages::Messages,
    poison::random_task_id,
    schedule::Run,
    setting::{SKEW, Setting},
    source::SourceFlaw,
    statistics::Statistics,
    turn::Turns,
};

/// The world of a schedule.
#[derive(Debug)]
pub(crate) struct World {
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    /// When the schedule started, and how many milliseconds ago that was.
    start: Timestamp,
    pub(crate) now: u64,
    /// How many turns have been granted.
    pub(crate) step: u64,
    pub(crate) random: Random,
    pub(crate) setting: Setting,
    pub(crate) database: Database,
    /// What is wrong with the source, if something is.
    pub(crate) source_flaw: Option<SourceFlaw>,
    pub(crate) actors: Vec<Actor>,
    pub(crate) turns: Turns,
    /// The queue of chunks, and that of dead letters.
    pub(crate) chunks: Messages,
    pub(crate) letters: Messages,
    /// The queue of reminders, and whether it loses all of them.
    pub(crate) reminders: Messages,
    pub(crate) loses_reminders: bool,
    pub(crate) ledger: Ledger,
    pub(crate) statistics: Statistics,
    new_job_id: Option<fn() -> JobId>,
    /// What the idempotency keys of this schedule begin with, and of no other.
    clients: String,
    trace: Option<Vec<String>>,
}

/// One invocation of a function.
#[derive(Debug)]
pub(crate) struct Actor {
    pub(crate) name: &'static str,
    /// By how many milliseconds its clock is ahead, from 0 to twice [`SKEW`]; half of it is right.
    skew: u64,
    /// When it began.
    from: u64,
    pub(crate) killed: bool,
    /// Whether the message that it handles fits no job.
    pub(crate) poisoned: bool,
    /// From when on nobody else can be at work on its message, who had it before.
    pub(crate) alone_from: u64,
    /// Whether it may say why a chunk is missing: it met an error that cannot heal, or handles a
    /// message for the last time.
    pub(crate) may_give_up: bool,
    /// The idempotency key that it was called with.
    pub(crate) key: Option<IdempotencyKey>,
    /// The instant at which it planned last.
    pub(crate) planned: Option<usize>,
    /// Whether its own record is the first of its chunk.
    pub(crate) counts: bool,
    /// The snapshot at which it has begun to read.
    pub(crate) began: Option<SnapshotId>,
}

/// The time of the functions of the API that change jobs, in milliseconds.
const API_TIME: u64 = 29_000;

impl World {
    /// The world as it is before anything has happened.
    pub(crate) fn new(run: Run) -> Self {
        let Run { seed, start, new_job_id, trees, source_flaw, loses_reminders, traced } = run;
        let mut random = Random::new(seed);
        let mut setting = Setting::new(&mut random);
        if trees {
            setting = setting.of_trees(&mut random);
        }
        let trace = traced.then(|| vec![format!("{setting:#?}")]);
        let mut state = State {
            start,
            now: 0,
            step: 0,
            database: Database::new(setting.table.clone()),
            source_flaw,
            actors: Vec::new(),
            turns: Turns::default(),
            chunks: Messages::new(setting.visibility, setting.max_attempts),
            letters: Messages::new(120_000, 5),
            reminders: Messages::new(360_000, 20),
            loses_reminders,
            ledger: Ledger::default(),
            statistics: Statistics::default(),
            random,
            setting,
            new_job_id,
            clients: String::new(),
            trace,
        };
        state.clients = state.new_job_id().to_string();
        Self { state: Mutex::new(state) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A new actor.
    pub(crate) fn enter(&mut self, name: &'static str) -> usize {
        let skew = self.random.below(2 * SKEW + 1);
        self.actors.push(Actor {
            name,
            skew,
            from: self.now,
            killed: false,
            poisoned: false,
            alone_from: 0,
            may_give_up: false,
            key: None,
            planned: None,
            counts: false,
            began: None,
        });
        self.actors.len() - 1
    }

    /// The time that an actor's clock shows.
    pub(crate) fn clock(&self, actor: usize) -> Timestamp {
        let shown = self.start.as_millis() + self.now + self.actors[actor].skew;
        Timestamp::from_millis(shown.saturating_sub(SKEW))
    }

    /// So many milliseconds after the start of the schedule, by a clock that is right.
    pub(crate) fn moment(&self, after: u64) -> Timestamp {
        Timestamp::from_millis(self.start.as_millis() + after)
    }

    /// The time that every clock has passed.
    pub(crate) fn slowest_clock(&self) -> Timestamp {
        Timestamp::from_millis((self.start.as_millis() + self.now).saturating_sub(SKEW))
    }

    pub(crate) fn new_job_id(&mut self) -> JobId {
        match self.new_job_id {
            Some(new) => new(),
            None => random_task_id(&mut self.random).parse().unwrap(),
        }
    }

    /// The idempotency key `number` of this schedule.
    pub(crate) fn key(&self, number: u8) -> IdempotencyKey {
        IdempotencyKey::new(&format!("{} {number}", self.clients)).unwrap()
    }

    /// What becomes of an actor's call.
    pub(crate) fn fate(&mut self, actor: usize, call: Call) -> Fate {
        self.statistics.calls += 1;
        let Actor { name, from, .. } = self.actors[actor];
        let time = match name {
            "submit" | "cancel" | "retry" => API_TIME,
            "mapper" | "reducer" => self.setting.lifetime().as_millis() as u64,
            _ => u64::MAX,
        };
        if self.now - from >= time {
            self.statistics.timed_out += 1;
            return Fate::KilledBefore;
        }
        let fate = Fate::of(call, &self.setting.faults, self.now, &mut self.random);
        self.statistics.fates[fate as usize] += 1;
        fate
    }

    /// Adds a line to the trace, if there is one.
    pub(crate) fn note(&mut self, actor: Option<usize>, line: impl FnOnce(&Self) -> String) {
        if self.trace.is_none() {
            return;
        }
        let text = line(self);
        let who = match actor {
            Some(actor) => format!("{} {actor}", self.actors[actor].name),
            None => String::new(),
        };
        let line = format!("{:>10.3} s  {who:<16} {text}", self.now as f64 / 1000.0);
        self.trace.get_or_insert_default().push(line);
    }

    /// Takes the trace out.
    pub(crate) fn take_trace(&mut self) -> String {
        self.trace.take().unwrap_or_default().join("\n")
    }

    /// A call as the trace shows it.
    pub(crate) fn shown(&self, call: Call) -> String {
        let service = match call.service {
            Service::Postgres => "postgres",
            Service::Sqs => "sqs",
            Service::Store => "store",
            Service::Objects => "objects",
            Service::EventBridge => "eventbridge",
            Service::Lambda => "lambda",
        };
        let job = call.job.map(|id| format!(" job {}", self.ledger.number(id)));
        let chunk = call.chunk.map(|chunk| format!(" chunk {chunk}"));
        format!("{service} {}{}{}", call.name, job.unwrap_or_default(), chunk.unwrap_or_default())
    }
}
