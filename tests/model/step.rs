//! What can happen next.

use std::fmt;

use crate::{
    promises::{self, is_idle},
    setting::{AT_ONCE, Setting},
    state::{At, Failure, Job, Kind, Next, Place, Stage, Worker},
};

/// A message of a piece, by its numbers in the state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageOf {
    pub(crate) stage: Stage,
    pub(crate) piece: usize,
    pub(crate) message: usize,
}

/// An invocation that received a message, by its numbers in the state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkerOf {
    pub(crate) of: MessageOf,
    pub(crate) worker: usize,
}

impl fmt::Debug for MessageOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, piece, message } = self;
        write!(formatter, "{stage:?} {piece}, message {message}")
    }
}

impl fmt::Debug for WorkerOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, worker } = self;
        write!(formatter, "{of:?}, worker {worker}")
    }
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A request to the API does the next thing.
    Request(usize),
    /// An invocation does the next thing.
    Work(WorkerOf),
    /// An invocation that reads asks whether its piece is still wanted, and it is not (`unwanted` of
    /// `functions/mapper`).
    Stop(WorkerOf),
    /// The queue delivers a message: for the first time, because it came back, or because the
    /// visibility timeout of whoever has it is over.
    Deliver(MessageOf),
    /// The queue moves a message that was delivered `MaxAttempts` times to the dead letters. Whoever
    /// has it may still work.
    Bury(MessageOf),
    /// The queue delivers a dead letter.
    DeliverLetter(MessageOf),

    /// Somebody asks for a completed job that has no manifest. Whoever answers writes it, because
    /// the job cannot be retried, and perhaps nobody else is left to do so.
    Ask,

    /// The deadline passes. Only those who ask for the job look at it, and a repeated request. So in
    /// a job without a key it makes a difference to nobody who is at work, and is left out until
    /// the job is idle.
    DeadlinePasses,
    /// Somebody cancels the job (`JobControl::cancel`, one conditional write).
    Cancel,
    /// Somebody retries the job (`JobControl::retry`).
    Retry,
    /// A mapper that is late finds that the first stage is complete, and sends the messages of the
    /// reducers once more.
    Resend,
    /// Somebody repeats the request, with its key (`Submitter::submit_claimed`).
    Repeat,

    /// An invocation dies before the next thing, and so after the last.
    Die(WorkerOf),
    /// A read fails.
    FailRead(WorkerOf, Failure),
    /// A write is carried out, and the invocation gets an error.
    LoseReply(WorkerOf),
    /// An invocation that finishes the first stage sends some of the messages, and dies or gets an
    /// error.
    FinishSome { worker: WorkerOf, pieces: u8 },
    /// A request dies before the next thing.
    RequestDies(usize),
    /// A request sends some of its messages, and dies or gets an error.
    SendSome { request: usize, pieces: u8, dies: bool },
}

impl Step {
    /// Returns whether the step happens by itself: nobody asks for it, nothing goes wrong, and no
    /// time limit of the job is over.
    pub(crate) fn is_calm(&self) -> bool {
        matches!(
            self,
            Self::Request(_)
                | Self::Work(_)
                | Self::Deliver(_)
                | Self::Bury(_)
                | Self::DeliverLetter(_)
                | Self::Ask
        )
    }

    /// Adds all steps that are possible: first of those who are at work, then of queues, then the
    /// others.
    pub(crate) fn all(setting: &Setting, job: &Job, steps: &mut Vec<Self>) {
        requests(setting, job, steps);
        for stage in [Stage::Map, Stage::Reduce] {
            workers(setting, job, stage, steps);
        }
        for stage in [Stage::Map, Stage::Reduce] {
            deliveries(setting, job, stage, steps);
        }
        if promises::is_completed_without_manifest(setting, job) {
            steps.push(Self::Ask);
        }
        if job.created && !job.late && (setting.repeats.is_some() || is_idle(setting, job)) {
            steps.push(Self::DeadlinePasses);
        }
        if job.created && job.left.cancels > 0 {
            steps.push(Self::Cancel);
        }
        if job.left.resends > 0 && job.has_left_first_stage(setting) {
            steps.push(Self::Resend);
        }
        if job.requests[1].is_none() {
            if job.created && job.left.retries > 0 {
                steps.push(Self::Retry);
            }
            if job.left.repeats > 0 {
                steps.push(Self::Repeat);
            }
        }
    }
}

fn requests(setting: &Setting, job: &Job, steps: &mut Vec<Step>) {
    for (number, request) in job.requests.iter().enumerate() {
        let Some(request) = request else { continue };
        steps.push(Step::Request(number));
        if job.left.faults == 0 {
            continue;
        }
        steps.push(Step::RequestDies(number));
        if request.next == Next::Send {
            for pieces in subsets(listed(setting, job, number)) {
                let some = |dies| Step::SendSome { request: number, pieces, dies };
                steps.push(some(true));
                if request.kind == Kind::Retry || setting.repeats.is_none() {
                    steps.push(some(false));
                }
            }
        }
    }
}

fn workers(setting: &Setting, job: &Job, stage: Stage, steps: &mut Vec<Step>) {
    for (of, _) in messages(setting, job, stage) {
        let workers = &job.pieces(setting, stage)[of.piece].messages[of.message].workers;
        for (number, worker) in workers.iter().enumerate() {
            let Some(Worker { at, .. }) = *worker else { continue };
            let worker = WorkerOf { of, worker: number };
            steps.push(Step::Work(worker));
            if at == At::Read {
                steps.push(Step::Stop(worker));
            }
            if job.left.faults == 0 {
                continue;
            }
            steps.push(Step::Die(worker));
            match at {
                At::Read => steps.extend(
                    [Failure::Retryable, Failure::Lasting].map(|why| Step::FailRead(worker, why)),
                ),
                At::Put | At::Record | At::Count => steps.push(Step::LoseReply(worker)),
                At::Finish if stage == Stage::Map => {
                    let all = (1 << setting.partitions) - 1;
                    let some = |pieces| Step::FinishSome { worker, pieces };
                    steps.extend(subsets(all).map(some));
                }
                _ => {}
            }
        }
    }
}

fn deliveries(setting: &Setting, job: &Job, stage: Stage, steps: &mut Vec<Step>) {
    let at_work = |letters: bool| {
        let workers = job.pieces(setting, stage).iter().flat_map(|piece| piece.workers());
        workers.filter(|worker| worker.attempt.is_none() == letters).count()
    };
    let (may_map, may_tell) = (at_work(false) < AT_ONCE, at_work(true) == 0);
    for (of, place) in messages(setting, job, stage) {
        let message = &job.pieces(setting, stage)[of.piece].messages[of.message];
        let deliveries = message.deliveries;
        if place == Place::Queue && message.is_held() && job.left.lapses == 0 {
            continue;
        }
        match place {
            Place::Queue if deliveries < setting.max_attempts && may_map => {
                steps.push(Step::Deliver(of));
            }
            Place::Queue if deliveries >= setting.max_attempts => steps.push(Step::Bury(of)),
            Place::Dead if may_tell => steps.push(Step::DeliverLetter(of)),
            _ => {}
        }
    }
}

/// Returns each message of a stage with the place where it is.
fn messages(
    setting: &Setting,
    job: &Job,
    stage: Stage,
) -> impl Iterator<Item = (MessageOf, Place)> {
    job.pieces(setting, stage).iter().enumerate().flat_map(move |(piece, kept)| {
        let of = move |message| MessageOf { stage, piece, message };
        kept.messages.iter().enumerate().map(move |(number, message)| (of(number), message.place))
    })
}

/// Returns which pieces a request will send messages for, a bit for each, chunks first.
pub(crate) fn listed(setting: &Setting, job: &Job, number: usize) -> u8 {
    let stages = [Stage::Map, Stage::Reduce].map(|stage| job.pieces(setting, stage));
    let pieces = stages.into_iter().flatten().enumerate();
    pieces.filter(|(_, piece)| piece.listed[number]).fold(0, |bits, (at, _)| bits | 1 << at)
}

/// Returns each subset of some pieces, except all of them.
fn subsets(pieces: u8) -> impl Iterator<Item = u8> {
    (0..pieces).filter(move |some| some & !pieces == 0)
}
