//! The state of one job: what the store and the queues keep, and where everybody is at work on it.
//!
//! Chunks are alike, and so are partitions, messages of a chunk and mappers. What belongs to one of
//! them is kept together and in order, so that states that differ only by their numbers are one
//! state.

use std::hash::{Hash, Hasher};

use crate::setting::{AT_ONCE, MOST_CHUNKS, MOST_PARTITIONS, Setting};

/// The most invocations at one message: mappers or reducers, and one for the dead letter.
const MOST_WORKERS: usize = AT_ONCE + 1;

/// The most messages of a piece that are under way at the same time.
const MOST_MESSAGES: usize = 3;

/// The stage of a job that a piece belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stage {
    /// Chunks, which mappers work on.
    Map,
    /// Partitions, which reducers work on.
    Reduce,
}

/// A job and all that is known and done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    /// Whether the job's root exists (`Store::create`).
    pub(crate) created: bool,
    /// Whether all messages of a job of a key are known to have been sent (`Store::mark_queued`).
    pub(crate) queued: bool,
    /// Whether the root has a reason for the job as a whole (`Store::fail_job`).
    pub(crate) failure: bool,
    /// Whether the root says that a piece has failed (the second write of `Store::fail_chunk`).
    pub(crate) piece_failed: bool,
    /// Whether the job was cancelled (`Store::cancel`).
    pub(crate) cancelled: bool,
    /// Whether the deadline has passed (`Progress::deadline`).
    pub(crate) late: bool,
    /// The manifest, which `StageEnd::after` writes.
    pub(crate) manifest: Manifest,
    /// The chunks.
    pub(crate) chunks: [Piece; MOST_CHUNKS],
    /// The partitions of the second stage.
    pub(crate) partitions: [Piece; MOST_PARTITIONS],
    /// The first request for the job, and another that is under way at the same time.
    pub(crate) requests: [Option<Request>; 2],

    /// What may still happen.
    pub(crate) left: Left,

    /// What was seen and done so far. It changes nothing, and promises are about it.
    pub(crate) past: Past,
}

/// How often each of these may still happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    pub(crate) faults: u8,
    pub(crate) cancels: u8,
    pub(crate) retries: u8,
    pub(crate) repeats: u8,
    pub(crate) resends: u8,
    pub(crate) lapses: u8,
}

/// What happened to the job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Past {
    /// Somebody who asked saw the job completed.
    pub(crate) completed: bool,
    /// Somebody who asked saw the job cancelled.
    pub(crate) cancelled: bool,
    /// A caller was cut off before all messages were sent.
    pub(crate) cut: bool,
    /// The job as a whole had failed.
    pub(crate) failure: bool,
    /// A message was acknowledged before what that promises was stored.
    pub(crate) rash: bool,
    /// More messages of a piece were under way than the model has room for.
    pub(crate) overfull: bool,
    /// The job was retried.
    pub(crate) retried: bool,
}

/// The manifest of a job, by what it names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Manifest {
    /// There is none.
    #[default]
    None,
    /// It names the part that counts of each partition.
    Right,
    /// It names another part, or not all.
    Wrong,
}

/// A chunk or a partition: its leaf in the store, its objects, its messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    /// The record in the piece's leaf.
    pub(crate) record: Option<Record>,
    /// Whether the root counts the leaf. Each piece has a leaf of its own, so that every record
    /// takes the two writes of a tree.
    pub(crate) counted: bool,
    /// How often the root's count was lowered for the piece.
    pub(crate) times: u8,
    /// Whether the leaf has a reason why the piece failed.
    pub(crate) failure: bool,
    /// Whether it ever had one.
    pub(crate) said: bool,
    /// Whether a message was ever sent.
    pub(crate) sent: bool,
    /// Which requests have found the piece missing and will send its message.
    pub(crate) listed: [bool; 2],
    /// How many objects were put for the piece, two at most.
    pub(crate) objects: u8,
    /// Its messages.
    pub(crate) messages: [Message; MOST_MESSAGES],
}

/// What is stored of a piece that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Record {
    /// The attempt that stored it.
    pub(crate) attempt: u8,
    /// Whether the object that it names was put.
    pub(crate) put: bool,
    /// Whether that object is the one that was put by the attempt, made of all pieces of the stage
    /// before, each once.
    pub(crate) right: bool,
}

/// A message, and those who received it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Message {
    pub(crate) place: Place,
    /// How often the queue has delivered it.
    pub(crate) deliveries: u8,
    /// Those who received it and are still at work, be it acknowledged or not.
    pub(crate) workers: [Option<Worker>; MOST_WORKERS],
}

/// Where a message is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    /// It was not sent, or it was acknowledged.
    #[default]
    Nowhere,
    /// In the queue of mappers or reducers. It may be delivered at any time, because the visibility
    /// timeout of one who works on it may be over.
    Queue,
    /// In the queue of dead letters.
    Dead,
}

/// An invocation of a mapper, a reducer or the function behind a dead-letter queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Worker {
    /// The next thing that it does.
    pub(crate) at: At,
    /// Which delivery it has; `None` for a dead letter.
    pub(crate) attempt: Option<u8>,
    /// Whether what it has read or put is what it should be.
    pub(crate) right: bool,
}

/// The next step of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum At {
    /// `Opened::new`.
    Open,
    /// `Mapper::read`; a reducer reads its ranges of the objects that the records of the chunks
    /// name.
    Read,
    /// Puts the run of a chunk, or the part of a partition, into the bucket.
    Put,
    /// The write of `Store::record` to the leaf.
    Record,
    /// The write to the root: of `Store::record`, or of `Store::open` that finds a record.
    Count,
    /// The stage is complete: sends the messages of the next one, or writes the manifest.
    Finish,
    /// The invocation returns, and the queue deletes the message.
    Acknowledge,
    /// `Mapper::report`, up to `Opened::new` in it.
    Report(Failure),
    /// The write of `Store::fail_chunk` to the leaf.
    Fail(Failure),
    /// The write of `Store::fail_chunk` to the root.
    FailRoot(Failure),
}

/// Whether the failure of an attempt may be over next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Failure {
    Retryable,
    Lasting,
}

/// A request to the API that takes several steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) next: Next,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// `Submitter::submit`, or `submit_claimed` if the job has a key.
    Submit,
    /// `JobControl::retry`.
    Retry,
}

/// The next step of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Next {
    /// Asks how the job is: `submit_claimed`, `retry`.
    Look,
    /// `Store::create`.
    Create,
    /// The writes of `Store::reopen` to the leaves.
    Forget,
    /// The write of `Store::reopen` to the root.
    Reopen,
    /// `Store::chunks`: which pieces miss their record.
    List,
    /// `Queue::send`.
    Send,
    /// `Store::mark_queued`.
    Mark,
    /// `Store::fail_job`, because the messages could not all be sent.
    FailJob,
}

impl Job {
    /// The job of the first request, before anything was done.
    pub(crate) fn new(setting: &Setting) -> Self {
        let next = if setting.repeats.is_some() { Next::Look } else { Next::Create };
        Self {
            created: false,
            queued: false,
            failure: false,
            piece_failed: false,
            cancelled: false,
            late: false,
            manifest: Manifest::None,
            chunks: Default::default(),
            partitions: Default::default(),
            requests: [Some(Request { kind: Kind::Submit, next }), None],
            left: Left {
                faults: setting.faults,
                cancels: setting.cancels,
                retries: setting.retries,
                repeats: setting.repeats.unwrap_or_default(),
                resends: setting.resends,
                lapses: setting.lapses,
            },
            past: Past::default(),
        }
    }

    /// Returns the pieces of a stage.
    pub(crate) fn pieces(&self, setting: &Setting, stage: Stage) -> &[Piece] {
        match stage {
            Stage::Map => &self.chunks[..setting.chunks],
            Stage::Reduce => &self.partitions[..setting.partitions],
        }
    }

    /// Returns the pieces of a stage, to change them.
    pub(crate) fn pieces_mut(&mut self, setting: &Setting, stage: Stage) -> &mut [Piece] {
        match stage {
            Stage::Map => &mut self.chunks[..setting.chunks],
            Stage::Reduce => &mut self.partitions[..setting.partitions],
        }
    }

    /// Returns the same state with everything in order.
    pub(crate) fn in_order(mut self, setting: &Setting) -> Self {
        for stage in [Stage::Map, Stage::Reduce] {
            let pieces = self.pieces_mut(setting, stage);
            pieces.iter_mut().for_each(Piece::order);
            pieces.sort_unstable();
        }
        self
    }
}

impl Piece {
    /// Returns those who work on the piece.
    pub(crate) fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.messages.iter().flat_map(|message| message.workers.iter().flatten())
    }

    /// Sends a message. Another is not told from `copies` messages that wait and that nobody has.
    /// Returns whether there was room for it.
    pub(crate) fn send(&mut self, copies: usize) -> bool {
        self.sent = true;
        let waits = |message: &&Message| {
            message.place == Place::Queue && message.workers.iter().all(Option::is_none)
        };
        if self.messages.iter().filter(waits).count() >= copies {
            return true;
        }
        let free = |message: &&mut Message| **message == Message::default();
        let Some(message) = self.messages.iter_mut().find(free) else { return false };
        message.place = Place::Queue;
        true
    }

    /// Forgets the messages of a piece that counts, those who work on it, and that it had failed.
    pub(crate) fn settle(&mut self) {
        self.messages = Default::default();
        (self.failure, self.said, self.listed) = (false, false, [false; 2]);
    }

    /// Puts what belongs to the piece in order.
    fn order(&mut self) {
        // Nothing tells the workers of one message that is gone from those of another.
        let mut gone = [None; MOST_WORKERS];
        for message in self.messages.iter_mut().filter(|it| it.place == Place::Nowhere) {
            for worker in message.workers.iter_mut().filter(|worker| worker.is_some()) {
                if let Some(free) = gone.iter_mut().find(|free| free.is_none()) {
                    *free = worker.take();
                }
            }
        }
        if let Some(message) = self.messages.iter_mut().find(|it| it.place == Place::Nowhere) {
            message.workers = gone;
        }
        for message in &mut self.messages {
            message.workers.sort_unstable();
            if message.place == Place::Nowhere {
                message.deliveries = 0;
            }
        }
        self.messages.sort_unstable();
    }
}

/// Hashed as one number, because a state is hashed whenever somebody comes to it.
impl Hash for Piece {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self { record, counted, times, failure, said, sent, listed, objects, messages } = *self;
        let record = record.map_or(0, |Record { attempt, put, right }| {
            1 | u64::from(put) << 1 | u64::from(right) << 2 | u64::from(attempt) << 3
        });
        let flags = [counted, failure, said, sent, listed[0], listed[1]];
        let flags = flags.into_iter().fold(0, |bits, flag| bits << 1 | u64::from(flag));
        let kept = record << 16 | flags << 8 | u64::from(objects) << 4 | u64::from(times);
        let [first, second, third] = messages.map(Message::bits);
        hasher.write_u64(kept << 32 | first);
        hasher.write_u64(second << 32 | third);
    }
}

impl Message {
    /// Returns whether a mapper or a reducer works on it that has not died or given it back.
    pub(crate) fn is_held(&self) -> bool {
        self.workers.iter().flatten().any(|worker| worker.attempt.is_some())
    }

    /// Returns the message as a number below 2³².
    fn bits(self) -> u64 {
        let Self { place, deliveries, workers } = self;
        let kept = (place as u64) << 2 | u64::from(deliveries);
        let bits = |worker: Option<Worker>| worker.map_or(0, Worker::bits);
        workers.into_iter().fold(kept, |kept, worker| kept << 8 | bits(worker))
    }
}

impl Worker {
    /// Returns the worker as a number from 1 to 255.
    fn bits(self) -> u64 {
        let lasting = |why| u64::from(why == Failure::Lasting);
        let at = match self.at {
            At::Open => 1,
            At::Read => 2,
            At::Put => 3,
            At::Record => 4,
            At::Count => 5,
            At::Finish => 6,
            At::Acknowledge => 7,
            At::Report(why) => 8 + lasting(why),
            At::Fail(why) => 10 + lasting(why),
            At::FailRoot(why) => 12 + lasting(why),
        };
        at << 4 | u64::from(self.attempt.unwrap_or(0)) << 1 | u64::from(self.right)
    }
}
