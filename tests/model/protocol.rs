//! The protocol as a model: what each step does.

use stateright::{Model, Property};

use crate::{
    flaw::Flaw,
    promises,
    requests::{self, step_of_request},
    setting::Setting,
    state::{At, Job, Left, Manifest, Piece, Place, Stage, Worker},
    step::{Step, listed},
    work,
};

/// A job, and everybody who has to do with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol {
    pub(crate) setting: Setting,
}

impl Model for Protocol {
    type State = Job;
    type Action = Step;

    fn init_states(&self) -> Vec<Job> {
        vec![Job::new(&self.setting)]
    }

    fn actions(&self, job: &Job, steps: &mut Vec<Step>) {
        Step::all(&self.setting, job, steps);
    }

    fn next_state(&self, job: &Job, step: Step) -> Option<Job> {
        let next = self.after(job, step);
        (next != *job).then_some(next)
    }

    fn within_boundary(&self, job: &Job) -> bool {
        !job.past.overfull
    }

    fn properties(&self) -> Vec<Property<Self>> {
        promises::all(&self.setting)
    }
}

impl Protocol {
    /// Returns the state after a step.
    pub(crate) fn after(&self, job: &Job, step: Step) -> Job {
        let (setting, mut job) = (&self.setting, *job);
        match step {
            Step::Request(number) => step_of_request(setting, &mut job, number),
            Step::Work(worker) => work::step(setting, &mut job, worker, false),
            Step::Stop(worker) => work::stop(setting, &mut job, worker),
            Step::Deliver(of) => {
                let message = &mut job.pieces_mut(setting, of.stage)[of.piece].messages[of.message];
                let lapses = u8::from(message.is_held());
                message.deliveries += 1;
                let attempt = Some(message.deliveries);
                work::begin(message, Worker { at: At::Open, attempt, right: true });
                job.left.lapses -= lapses;
            }
            Step::Bury(of) => {
                let message = &mut job.pieces_mut(setting, of.stage)[of.piece].messages[of.message];
                let lapses = u8::from(message.is_held());
                (message.place, message.deliveries) = (Place::Dead, 0);
                job.left.lapses -= lapses;
            }
            Step::DeliverLetter(of) => {
                let message = &mut job.pieces_mut(setting, of.stage)[of.piece].messages[of.message];
                work::begin(message, Worker { at: At::Open, attempt: None, right: true });
            }
            Step::Ask => work::finish(setting, &mut job, Stage::Reduce),
            Step::DeadlinePasses => job.late = true,
            Step::Cancel => {
                job.left.cancels -= 1;
                if !job.is_complete(setting) || setting.has(Flaw::CancelsTheCompleted) {
                    job.cancelled = true;
                }
            }
            Step::Retry => {
                job.left.retries -= 1;
                job.requests[1] = Some(requests::RETRY);
            }
            Step::Resend => {
                job.left.resends -= 1;
                send_partitions(setting, &mut job);
            }
            Step::Repeat => {
                job.left.repeats -= 1;
                job.requests[1] = Some(requests::REPEAT);
            }
            Step::Die(worker) => {
                job.left.faults -= 1;
                work::end(setting, &mut job, worker);
            }
            Step::FailRead(worker, why) => {
                job.left.faults -= 1;
                work::go_on(setting, &mut job, worker, At::Report(why));
            }
            Step::LoseReply(worker) => {
                job.left.faults -= 1;
                work::step(setting, &mut job, worker, true);
            }
            Step::FinishSome { worker, pieces } => {
                job.left.faults -= 1;
                send(setting, &mut job, pieces << setting.chunks);
                work::end(setting, &mut job, worker);
            }
            Step::RequestDies(number) => {
                job.left.faults -= 1;
                requests::die(setting, &mut job, number);
            }
            Step::SendSome { request, pieces, dies } => {
                job.left.faults -= 1;
                send(setting, &mut job, pieces);
                requests::cut(setting, &mut job, request, dies);
            }
        }
        let seen = promises::seen(setting, &job);
        job.past.completed |= seen == promises::Seen::Completed;
        job.past.cancelled |= seen == promises::Seen::Cancelled;
        job.past.failure |= job.failure;
        if setting.partitions > 0 {
            job.settle(setting);
        }
        job.in_order(setting)
    }
}

/// Sends a message for each of these pieces, a bit for each, chunks first.
pub(crate) fn send(setting: &Setting, job: &mut Job, pieces: u8) {
    for stage in [Stage::Map, Stage::Reduce] {
        let first = if stage == Stage::Map { 0 } else { setting.chunks };
        let mut overfull = false;
        for (number, piece) in job.pieces_mut(setting, stage).iter_mut().enumerate() {
            if pieces & 1 << (first + number) != 0 {
                overfull |= !piece.send(setting.copies);
            }
        }
        job.past.overfull |= overfull;
    }
}

/// Sends the messages of all partitions.
pub(crate) fn send_partitions(setting: &Setting, job: &mut Job) {
    send(setting, job, ((1 << setting.partitions) - 1) << setting.chunks);
}

/// Sends the messages of the pieces that a request has listed.
pub(crate) fn send_listed(setting: &Setting, job: &mut Job, number: usize) {
    send(setting, job, listed(setting, job, number));
    requests::forget_list(setting, job, number);
}

impl Job {
    /// Returns whether the root counts all pieces of a stage: its `missing` is 0.
    pub(crate) fn counts_all(&self, setting: &Setting, stage: Stage) -> bool {
        let pieces = self.pieces(setting, stage);
        let times: u8 = pieces.iter().map(|piece| piece.times).sum();
        usize::from(times) >= pieces.len()
    }

    /// Returns whether the job is complete by what the root counts (`Progress::done`).
    pub(crate) fn is_complete(&self, setting: &Setting) -> bool {
        let first_only = setting.partitions == 0 || setting.has(Flaw::CompletedByFirstStage);
        self.counts_all(setting, if first_only { Stage::Map } else { Stage::Reduce })
    }

    /// Returns whether no piece can change the job any more (`Progress::ended`).
    pub(crate) fn has_ended(&self, setting: &Setting) -> bool {
        self.cancelled || self.failure || self.is_complete(setting)
    }

    /// Returns whether all chunks count and all partitions have been sent.
    pub(crate) fn has_left_first_stage(&self, setting: &Setting) -> bool {
        let is_sent = self.pieces(setting, Stage::Reduce).iter().all(|partition| partition.sent);
        is_sent && self.counts_all(setting, Stage::Map)
    }

    /// Forgets those who are late in a stage that is over. Whatever they do next finds a record that
    /// counts, and so changes nothing, except that it may send the messages of the reducers once
    /// more, which [`Step::Resend`] does instead. Without this, states would be all pairs of a late
    /// state of the first stage and any state of the second. The first stage alone is explored with
    /// those who are late.
    fn settle(&mut self, setting: &Setting) {
        if self.has_left_first_stage(setting) {
            self.pieces_mut(setting, Stage::Map).iter_mut().for_each(Piece::settle);
        }
        if self.is_complete(setting) && self.manifest == Manifest::Right {
            self.pieces_mut(setting, Stage::Reduce).iter_mut().for_each(Piece::settle);
        }
        if self.cancelled {
            self.left = Left::default();
        }
    }
}
