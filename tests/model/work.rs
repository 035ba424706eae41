//! What mappers, reducers and the functions behind the dead-letter queues do.
//!
//! Reducers and the second stage's dead letters are as those of the first: they differ in what they
//! read, and in how they finish their stage.

use crate::{
    flaw::Flaw,
    protocol::send_partitions,
    setting::Setting,
    state::{At, Failure, Job, Manifest, Message, Piece, Place, Record, Stage, Worker},
    step::WorkerOf,
};

/// A worker receives a message.
pub(crate) fn begin(message: &mut Message, worker: Worker) {
    if let Some(free) = message.workers.iter_mut().find(|free| free.is_none()) {
        *free = Some(worker);
    }
}

/// A worker is no more. Its message stays where it is.
pub(crate) fn end(setting: &Setting, job: &mut Job, id: WorkerOf) {
    *slot(setting, job, id) = None;
}

/// A worker does something else next.
pub(crate) fn go_on(setting: &Setting, job: &mut Job, id: WorkerOf, at: At) {
    if let Some(worker) = slot(setting, job, id) {
        worker.at = at;
    }
}

/// A worker that reads asks whether its piece is still wanted, and stops if it is not.
pub(crate) fn stop(setting: &Setting, job: &mut Job, id: WorkerOf) {
    let Some(worker) = *slot(setting, job, id) else { return };
    if let Some(at) = opened(setting, job, id, worker) {
        proceed(setting, job, id, at);
    }
}

/// A worker does its next step. If the reply to it is `lost`, the worker takes it for a failure.
pub(crate) fn step(setting: &Setting, job: &mut Job, id: WorkerOf, lost: bool) {
    let Some(worker) = *slot(setting, job, id) else { return };
    let is_letter = worker.attempt.is_none();
    let at = match worker.at {
        At::Open => match opened(setting, job, id, worker) {
            Some(at) => at,
            None if is_letter && setting.has(Flaw::DropsDeadLetters) => At::Acknowledge,
            None if is_letter => At::Fail(Failure::Lasting),
            None => At::Read,
        },
        At::Read => read(setting, job, id),
        At::Put => put(setting, job, id, worker),
        At::Record => record(setting, job, id, worker),
        At::Count => {
            piece(setting, job, id).count();
            counted(setting, job, id.of.stage)
        }
        At::Finish => {
            finish(setting, job, id.of.stage);
            At::Acknowledge
        }
        At::Acknowledge => {
            acknowledge(setting, job, id);
            return end(setting, job, id);
        }
        At::Report(why) => match opened(setting, job, id, worker) {
            Some(at) => at,
            None if why == Failure::Lasting || is_last(setting, worker) => At::Fail(why),
            None if setting.has(Flaw::AcksRetryable) => At::Acknowledge,
            None => return end(setting, job, id),
        },
        At::Fail(why) => {
            let hides = setting.has(Flaw::FailureHidesRecord);
            let kept = piece(setting, job, id);
            if kept.record.is_none() {
                (kept.failure, kept.said) = (true, true);
                At::FailRoot(why)
            } else {
                if !hides {
                    kept.count();
                }
                match after_failure(why) {
                    Some(_) if !hides => counted(setting, job, id.of.stage),
                    Some(at) => at,
                    None => return end(setting, job, id),
                }
            }
        }
        At::FailRoot(why) => {
            job.piece_failed = true;
            match after_failure(why) {
                Some(at) => at,
                None => return end(setting, job, id),
            }
        }
    };
    if lost {
        go_on(setting, job, id, At::Report(Failure::Retryable));
    } else {
        proceed(setting, job, id, at);
    }
}

/// Goes on to the next step. Flaws acknowledge a message here that the protocol does not.
fn proceed(setting: &Setting, job: &mut Job, id: WorkerOf, at: At) {
    let is_map = id.of.stage == Stage::Map;
    let early = match at {
        At::Record => setting.has(Flaw::AckBeforeRecord),
        At::Finish => is_map && setting.has(Flaw::ReducersAfterAck),
        _ => false,
    };
    if early {
        acknowledge(setting, job, id);
    }
    go_on(setting, job, id, at);
    // To acknowledge a message that is gone changes nothing, so it does not take a step of its own.
    if at == At::Acknowledge && place(setting, job, id) == Place::Nowhere {
        acknowledge(setting, job, id);
        end(setting, job, id);
    }
}

/// `Opened::new`, `Recorder::open`: returns what a worker does with a piece that is not wanted, or has its record.
fn opened(setting: &Setting, job: &Job, id: WorkerOf, worker: Worker) -> Option<At> {
    let kept = &job.pieces(setting, id.of.stage)[id.of.piece];
    if !job.created {
        // `SkipReason::Unknown`.
        return Some(At::Acknowledge);
    }
    if kept.record.is_some() {
        let is_done = setting.has(Flaw::RecordedIsDone)
            || worker.attempt.is_none() && setting.has(Flaw::LettersSendNothing);
        return Some(if !kept.counted && !setting.has(Flaw::LeavesLeafUncounted) {
            At::Count
        } else if is_done {
            At::Acknowledge
        } else {
            counted(setting, job, id.of.stage)
        });
    }
    job.has_ended(setting).then_some(At::Acknowledge)
}

/// `StageEnd::after`: returns what a worker does whose piece counts.
fn counted(setting: &Setting, job: &Job, stage: Stage) -> At {
    let is_complete = setting.partitions > 0 && job.counts_all(setting, stage);
    if is_complete && !job.cancelled { At::Finish } else { At::Acknowledge }
}

/// `Mapper::read`, and `Reducer::write`, which merges what the records of the chunks name.
fn read(setting: &Setting, job: &mut Job, id: WorkerOf) -> At {
    let mut right = true;
    if id.of.stage == Stage::Reduce {
        for chunk in job.pieces(setting, Stage::Map) {
            match chunk.record {
                Some(record) if record.put => {
                    let finds_another = setting.has(Flaw::ReadsLosers) && chunk.objects > 1;
                    right &= record.right && !finds_another;
                }
                _ => return At::Report(Failure::Lasting),
            }
        }
    }
    if let Some(worker) = slot(setting, job, id) {
        worker.right = right;
    }
    if setting.partitions > 0 && !setting.has(Flaw::RecordBeforeObject) {
        At::Put
    } else {
        At::Record
    }
}

/// Puts an object. Its name is made of its content, or no other writer has it, so nobody can change it.
fn put(setting: &Setting, job: &mut Job, id: WorkerOf, worker: Worker) -> At {
    let kept = piece(setting, job, id);
    kept.objects = (kept.objects + 1).min(2);
    if setting.has(Flaw::RecordBeforeObject) {
        if let Some(record) = &mut kept.record {
            record.put = true;
        }
        return At::Count;
    }
    if setting.has(Flaw::NamedByDelivery) {
        if let Some(record) = kept.record.as_mut().filter(|it| Some(it.attempt) == worker.attempt) {
            record.right = false;
        }
        for (number, message) in kept.messages.iter_mut().enumerate() {
            for (other, put) in message.workers.iter_mut().enumerate() {
                let is_other = (number, other) != (id.of.message, id.worker);
                if let Some(put) = put
                    && is_other
                    && put.at == At::Record
                    && put.attempt == worker.attempt
                {
                    put.right = false;
                }
            }
        }
    }
    if id.of.stage == Stage::Reduce && setting.has(Flaw::ManifestBeforeLastPart) {
        let missing = |piece: &&Piece| !piece.counted;
        if job.pieces(setting, Stage::Reduce).iter().filter(missing).count() == 1 {
            job.manifest = Manifest::Wrong;
        }
    }
    At::Record
}

/// The conditional write of `Store::record` to the leaf.
fn record(setting: &Setting, job: &mut Job, id: WorkerOf, worker: Worker) -> At {
    let kept = piece(setting, job, id);
    let twice = setting.has(Flaw::RecordsTwice);
    if kept.record.is_none() || twice {
        // Only a flaw depends on the number of the delivery.
        let attempt = worker.attempt.filter(|_| setting.has(Flaw::NamedByDelivery));
        let put = !setting.has(Flaw::RecordBeforeObject);
        kept.record = Some(Record { attempt: attempt.unwrap_or(0), put, right: worker.right });
        if twice {
            kept.counted = false;
        }
    }
    if setting.has(Flaw::RecordBeforeObject) { At::Put } else { At::Count }
}

/// Sends the messages of the reducers, or writes the manifest from the records of the parts.
pub(crate) fn finish(setting: &Setting, job: &mut Job, stage: Stage) {
    match stage {
        Stage::Map => send_partitions(setting, job),
        Stage::Reduce => {
            let parts = job.pieces(setting, Stage::Reduce);
            let right = parts.iter().all(|part| part.record.is_some_and(|record| record.right));
            job.manifest = if right { Manifest::Right } else { Manifest::Wrong };
        }
    }
}

/// Returns what is done after the reason of a failure was stored; `None` if the message comes back.
fn after_failure(why: Failure) -> Option<At> {
    (why == Failure::Lasting).then_some(At::Acknowledge)
}

/// The queue deletes the message of a worker. A dead letter is not deleted by a mapper that was
/// late.
fn acknowledge(setting: &Setting, job: &mut Job, id: WorkerOf) {
    job.past.rash |= !may_acknowledge(setting, job, id);
    let is_letter = slot(setting, job, id).is_some_and(|worker| worker.attempt.is_none());
    let message = &mut piece(setting, job, id).messages[id.of.message];
    let place = if is_letter { Place::Dead } else { Place::Queue };
    if message.place == place {
        message.place = Place::Nowhere;
    }
}

/// Returns whether all is stored that the acknowledgement of a message promises.
fn may_acknowledge(setting: &Setting, job: &Job, id: WorkerOf) -> bool {
    let kept = &job.pieces(setting, id.of.stage)[id.of.piece];
    if !job.created || job.cancelled || job.past.failure {
        return true;
    }
    kept.counted || kept.said || job.is_complete(setting)
}

fn is_last(setting: &Setting, worker: Worker) -> bool {
    worker.attempt.is_some_and(|attempt| attempt >= setting.max_attempts)
}

fn place(setting: &Setting, job: &mut Job, id: WorkerOf) -> Place {
    piece(setting, job, id).messages[id.of.message].place
}

fn slot<'a>(setting: &Setting, job: &'a mut Job, id: WorkerOf) -> &'a mut Option<Worker> {
    &mut piece(setting, job, id).messages[id.of.message].workers[id.worker]
}

fn piece<'a>(setting: &Setting, job: &'a mut Job, id: WorkerOf) -> &'a mut Piece {
    &mut job.pieces_mut(setting, id.of.stage)[id.of.piece]
}

impl Piece {
    /// The conditional write to the root: it counts a leaf once.
    pub(crate) fn count(&mut self) {
        if !self.counted {
            self.counted = true;
            self.times += 1;
        }
    }
}
