//! What happens in the world besides the calls of actors.

use pgfold_core::{ChunkTask, Error, JobState, Timestamp};

use crate::{
    errand::What,
    invariants::Asked,
    ledger::KnownChunk,
    messages::{Message, Received},
    poison::Poison,
    queue::QueueName,
    setting::SKEW,
    world::State,
};

impl State {
    /// The queue takes the message of a chunk.
    pub(crate) fn take(&mut self, task: &ChunkTask) {
        self.statistics.messages += 1;
        let (id, chunk) = (task.job_id, task.chunk);
        let calm = self.now >= self.setting.faults.until;
        let lost = !calm && self.random.below(1000) < self.setting.faults.message_lost;
        if lost {
            self.statistics.lost += 1;
            self.ledger.excuse(id, "a message was lost");
            self.note(None, |state| {
                format!("chunk {chunk} of {} is lost", state.ledger.number(id))
            });
        }
        if let Some(known) = self.ledger.job(id)
            && known.job.is_partition(chunk)
        {
            let sure = |chunk: &KnownChunk| chunk.record.is_some() || chunk.unsure;
            let all = known.of_source().iter().all(sure);
            self.ledger.must(all, || format!("{chunk} of {id} is reduced before all is mapped"));
        }
        match self.ledger.chunk(id, chunk) {
            Some(known) => known.sent = true,
            None => self.ledger.must(false, || format!("{id} is sent and is not kept")),
        }
        let body = task.to_json().unwrap();
        self.chunks.put(body, Some((id, chunk)), lost, self.now, 0);
    }

    /// A message that fits no job comes into the queue, made from one of job `number`.
    pub(crate) fn spoil(&mut self, poison: Poison, number: Option<usize>) {
        self.statistics.poison += 1;
        let job = number.map(|number| &self.ledger.jobs[number]);
        let body = poison.body(job.map(|known| (&known.job, &known.plan)), &mut self.random);
        self.note(None, |_| format!("poison: {poison:?}"));
        self.chunks.put(body, None, false, self.now, 0);
    }

    /// A message of the queue of chunks on its way to a mapper.
    pub(crate) fn receive_chunk(&mut self, echo: bool) -> Option<Received> {
        match self.chunks.receive(self.now, echo, &mut self.random)? {
            Ok(received) => {
                self.statistics.echoes += u64::from(echo);
                self.delivered(&received);
                Some(received)
            }
            Err(dead) => {
                self.statistics.dead_letters += 1;
                if let Some((id, _)) = dead.chunk {
                    self.ledger.excuse(id, "out of attempts");
                }
                self.note(None, |state| format!("{} becomes a dead letter", state.named(&dead)));
                self.letters.put(dead.body, dead.chunk, false, self.now, 0);
                None
            }
        }
    }

    /// A dead letter on its way to the function for those.
    pub(crate) fn receive_letter(&mut self) -> Option<Received> {
        match self.letters.receive(self.now, false, &mut self.random)? {
            Ok(received) => {
                self.delivered(&received);
                Some(received)
            }
            Err(aside) => {
                self.statistics.put_aside += 1;
                self.note(None, |state| format!("{} is put aside", state.named(&aside)));
                None
            }
        }
    }

    /// What an actor is to do with a message.
    pub(crate) fn receives(&mut self, actor: usize, Received { message, receipt }: &Received) {
        let lifetime = self.setting.lifetime().as_millis() as u64;
        let actor = &mut self.actors[actor];
        actor.poisoned = message.chunk.is_none();
        // By a clock that is ahead.
        let alone_from = (message.first_received + lifetime).saturating_sub(SKEW);
        actor.alone_from = if receipt.attempt > 1 { alone_from } else { 0 };
    }

    fn delivered(&mut self, Received { message, receipt }: &Received) {
        self.statistics.deliveries += 1;
        self.statistics.redeliveries += u64::from(receipt.attempt > 1);
        let attempt = receipt.attempt;
        self.note(None, |state| format!("{} is delivered, {attempt}", state.named(message)));
    }

    fn named(&self, message: &Message) -> String {
        match message.chunk {
            Some((id, chunk)) => format!("chunk {chunk} of job {}", self.ledger.number(id)),
            None => "poison".to_owned(),
        }
    }

    /// A function is done with a message, and the queue deletes it.
    pub(crate) fn acknowledged(&mut self, actor: usize, received: &Received, of_letters: bool) {
        let slowest = self.slowest_clock();
        match received.message.chunk {
            Some((id, chunk)) => self.ledger.done_with(id, chunk, slowest),
            // One whose time is over is gone before anybody looks closer, and one of a job that
            // there is not once the store has said so.
            None => {
                let latest = slowest.as_millis() + 2 * SKEW;
                let is_moot = ChunkTask::from_json(&received.message.body).is_ok_and(|task| {
                    task.expires_at.as_millis() <= latest || !self.ledger.knows(task.job_id)
                });
                self.ledger.must(is_moot, || "a message that fits no job is gone".to_owned());
            }
        }
        let queue = if of_letters { QueueName::Letters } else { QueueName::Chunks };
        self.delete(actor, queue, received);
    }

    /// The queue deletes a message that a function is done with.
    pub(crate) fn delete(&mut self, actor: usize, queue: QueueName, received: &Received) {
        self.note(Some(actor), |_| "  acknowledges its message".to_owned());
        let random = &mut self.random;
        match queue {
            QueueName::Chunks => self.chunks.delete(received.receipt, random),
            QueueName::Letters => self.letters.delete(received.receipt, random),
            QueueName::Reminders => self.reminders.delete(received.receipt, random),
        }
    }

    /// A client received an error, which faults or the client's request must explain.
    pub(crate) fn refused(&mut self, actor: usize, error: &Error) {
        let explained = matches!(
            error,
            Error::Unavailable { .. }
                | Error::Misconfigured(_)
                | Error::Invalid(_)
                | Error::Ended { .. }
        );
        let name = self.actors[actor].name;
        let late = name == "submit" && matches!(error, Error::TimedOut { .. });
        self.statistics.not_attached += u64::from(late);
        let lost = name == "submit" && matches!(error, Error::Ended { .. });
        self.statistics.lost_to_key += u64::from(lost);
        let explained = explained || late;
        self.ledger.must(explained, || format!("{name} answered: {}", error.with_causes()));
    }

    /// Takes up an errand: what it is, and the job that it is about if there is any.
    pub(crate) fn take_up(&mut self, errand: usize) -> (What, Option<usize>) {
        let errand = &mut self.setting.errands[errand];
        errand.busy = true;
        let what = errand.what.clone();
        let jobs = self.ledger.jobs.len() as u64;
        let job = (jobs > 0).then(|| self.random.below(jobs) as usize);
        (what, job)
    }

    /// An errand was done, perhaps for good.
    pub(crate) fn done(&mut self, errand: usize, satisfied: bool) {
        self.setting.errands[errand].done(self.now, satisfied, &mut self.random);
    }

    /// An errand is not being done any more, whether it was or not.
    pub(crate) fn abandon(&mut self, errand: usize) {
        if self.setting.errands[errand].busy {
            self.done(errand, false);
        }
    }

    /// Somebody sees the state of job `number` at the very end.
    pub(crate) fn saw_end(
        &mut self,
        number: usize,
        answer: &Result<JobState, Error>,
        now: Timestamp,
    ) {
        let step = self.step + 1;
        let asked = Asked { after_step: step, from: now, until: now, step };
        self.ledger.saw(number, answer, asked, &self.database);
    }

    /// A job has ended like this.
    pub(crate) fn ended(&mut self, number: usize, end: &JobState) {
        let early = self.setting.forgotten_early;
        let why = self.ledger.jobs[number].unfinished(end).filter(|_| !early);
        self.ledger.must(why.is_none(), || {
            format!("job {number} ended as {end:?}: {}", why.unwrap_or_default())
        });
        self.statistics.ended(&self.ledger.jobs[number].job, end);
    }
}
