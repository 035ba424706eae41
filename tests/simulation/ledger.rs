//! What has really happened in a schedule, whatever those were told whose calls went wrong; and
//! what must not have.

use std::collections::BTreeMap;

use pgfold_core::{
    ChunkIndex, ChunkRecord, Claim, Completed, Error, IdempotencyKey, Job, JobRequest, OpenChunk,
    Plan, Receipt, Recorded, TaskId, Timestamp,
};

use crate::{setting::SKEW, world::State};

/// All that was carried out.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) jobs: Vec<KnownJob>,
    numbers: BTreeMap<TaskId, usize>,
    /// The claims of a key, each held until it expired.
    keys: BTreeMap<String, Vec<Claim>>,
    broken: Option<String>,
}

/// What was carried out for a job. A step is the number of a turn.
#[derive(Debug)]
pub(crate) struct KnownJob {
    pub(crate) job: Job,
    pub(crate) plan: Plan,
    pub(crate) chunks: Vec<KnownChunk>,
    /// At which step a record was said to make it complete.
    pub(crate) complete: Option<u64>,
    /// At which step it was cancelled.
    pub(crate) cancelled: Option<u64>,
    /// Whether it was failed as a whole.
    pub(crate) failed: bool,
    /// The answer that was first seen, and the step after which.
    pub(crate) answer: Option<(u64, Completed)>,
    /// Why it need not complete.
    pub(crate) excuse: Option<&'static str>,
}

/// What was carried out for a chunk.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownChunk {
    /// Whether a message was sent for it.
    pub(crate) sent: bool,
    /// At which step it was recorded, with the receipt of the record that was said to be the
    /// first; none if that is not known.
    pub(crate) record: Option<(u64, Option<Receipt>)>,
    /// At which step its job was told why it is missing.
    pub(crate) told: Option<u64>,
    /// Whether a record or a reason was cut off, and may be kept.
    pub(crate) unsure: bool,
}

impl KnownJob {
    /// Whether every chunk may have its record.
    pub(crate) fn may_be_complete(&self) -> bool {
        self.chunks.iter().all(|chunk| chunk.record.is_some() || chunk.unsure)
    }
}

impl Ledger {
    /// Takes note of a promise that is broken, unless it `holds`. The first is kept.
    pub(crate) fn must(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.broken.is_none() {
            self.broken = Some(what());
        }
    }

    /// The first promise that was broken.
    pub(crate) fn broken(&self) -> Option<String> {
        self.broken.clone()
    }

    /// What the trace calls a job.
    pub(crate) fn number(&self, id: TaskId) -> String {
        self.numbers.get(&id).map_or_else(|| "?".to_owned(), ToString::to_string)
    }

    pub(crate) fn job(&mut self, id: TaskId) -> Option<&mut KnownJob> {
        self.jobs.get_mut(*self.numbers.get(&id)?)
    }

    pub(crate) fn chunk(&mut self, id: TaskId, chunk: ChunkIndex) -> Option<&mut KnownChunk> {
        self.job(id)?.chunks.get_mut(usize::from(chunk.0))
    }

    pub(crate) fn excuse(&mut self, id: TaskId, why: &'static str) {
        if let Some(known) = self.job(id) {
            known.excuse.get_or_insert(why);
        }
    }

    pub(crate) fn created(&mut self, job: &Job, plan: &Plan) {
        if let Some(known) = self.job(job.task_id) {
            let same = known.job == *job;
            return self.must(same, || format!("{} was replaced by another job", job.task_id));
        }
        self.numbers.insert(job.task_id, self.jobs.len());
        self.jobs.push(KnownJob {
            job: job.clone(),
            plan: plan.clone(),
            chunks: vec![KnownChunk::default(); plan.len()],
            complete: None,
            cancelled: None,
            failed: false,
            answer: None,
            excuse: None,
        });
    }

    /// Of a key one claim is held until it expires.
    pub(crate) fn claimed(&mut self, key: &IdempotencyKey, claim: &Claim, held: &Claim) {
        let claims = self.keys.entry(key.to_string()).or_default();
        let right = match claims.last() {
            Some(last) if last == held => return,
            Some(last) => claim.claimed_at >= last.expires_at && held == claim,
            None => held == claim,
        };
        claims.push(held.clone());
        self.must(right, || {
            format!("a key was claimed for {} and before for another", held.task_id)
        });
    }

    /// What is said to be queued has been sent.
    pub(crate) fn queued(&mut self, id: TaskId) {
        let Some(known) = self.job(id) else { return };
        let sent = known.chunks.iter().all(|chunk| chunk.sent);
        self.must(sent, || format!("{id} is marked as queued, and is not"));
    }

    /// A client was told that its job is submitted.
    pub(crate) fn answered(
        &mut self,
        key: Option<&IdempotencyKey>,
        request: &JobRequest,
        job: &Job,
    ) {
        let id = job.task_id;
        self.queued(id);
        let known = self.job(id).is_some_and(|known| known.job == *job);
        self.must(known, || format!("a client was told of {id}, which there is not"));
        let Some(claims) = key.and_then(|key| self.keys.get(&key.to_string())) else { return };
        let claim = claims.iter().find(|claim| claim.task_id == id);
        let right = claim.is_some_and(|claim| claim.request == *request);
        self.must(right, || format!("a key was answered with {id}, to which it does not belong"));
    }

    /// A client was told that every chunk counts.
    pub(crate) fn said_complete(&mut self, number: usize) {
        let complete = self.jobs[number].may_be_complete();
        self.must(complete, || format!("job {number} is said to be complete, and is not"));
    }

    pub(crate) fn failed(&mut self, id: TaskId) {
        if let Some(known) = self.job(id) {
            known.failed = true;
        }
        self.excuse(id, "failed as a whole");
    }

    /// A message is no longer in the queue, so the chunk is in, or the job says why it is not, or
    /// has ended otherwise. The function for dead letters does not look at the latter.
    pub(crate) fn done_with(
        &mut self,
        id: TaskId,
        chunk: ChunkIndex,
        of_letters: bool,
        slowest: Timestamp,
    ) {
        let Some(known) = self.job(id) else {
            return self
                .must(false, || format!("a message of {id}, which there is not, is deleted"));
        };
        let at = &known.chunks[usize::from(chunk.0)];
        let latest = slowest.as_millis() + 2 * SKEW;
        let ended =
            known.cancelled.is_some() || known.failed || known.job.expires_at.as_millis() <= latest;
        let done = at.record.is_some() || at.told.is_some() || at.unsure || (ended && !of_letters);
        self.must(done, || {
            format!("chunk {chunk} of {id} is acknowledged, and nothing is kept of it")
        });
    }
}

impl State {
    /// No mapper meets a message without its job.
    pub(crate) fn opened(&mut self, actor: usize, id: TaskId, opened: Result<&OpenChunk, &Error>) {
        // A message that fits no job may meet any answer.
        if self.actors[actor].poisoned {
            return;
        }
        let there = !matches!(opened, Err(Error::NotFound(_) | Error::OtherPlan(_)));
        self.ledger
            .must(there, || format!("a message of {id} was delivered before its job was kept"));
    }

    /// Of each chunk one record is the first, and somebody is told when the last is in.
    pub(crate) fn recorded(
        &mut self,
        actor: usize,
        job: &Job,
        chunk: ChunkIndex,
        record: &ChunkRecord,
        recorded: Result<&Recorded, &Error>,
    ) {
        let (step, id) = (self.step, job.task_id);
        self.written(actor, id, recorded.map(drop));
        let Some(known) = self.ledger.chunk(id, chunk) else { return };
        let Ok(&Recorded { first, complete }) = recorded else {
            known.unsure = true;
            return;
        };
        let right = known.unsure || known.record.is_none() == first;
        let receipt = first.then(|| record.receipt.clone());
        known.record.get_or_insert((step, receipt));
        self.note(Some(actor), |_| format!("  first {first}, complete {complete}"));
        self.ledger.must(right, || {
            format!("a record of chunk {chunk} of {id} is said to be the first: {first}")
        });
        let Some(known) = self.ledger.job(id) else { return };
        if complete {
            known.complete.get_or_insert(step);
        }
        let sure = known.chunks.iter().all(|chunk| chunk.record.is_some());
        let right = if complete { known.may_be_complete() } else { !sure };
        self.ledger.must(right, || {
            format!("{id} is said to be complete: {complete}, after chunk {chunk}")
        });
    }

    /// A chunk is given up only when nothing else is left.
    pub(crate) fn told(
        &mut self,
        actor: usize,
        id: TaskId,
        chunk: ChunkIndex,
        told: Result<&(), &Error>,
    ) {
        let step = self.step;
        self.written(actor, id, told.copied());
        let may = self.actors[actor].may_give_up;
        self.ledger.must(may, || format!("chunk {chunk} of {id} is given up before its time"));
        let Some(known) = self.ledger.chunk(id, chunk) else { return };
        match told {
            Ok(()) => _ = known.told.get_or_insert(step),
            Err(_) => known.unsure = true,
        }
        self.ledger.excuse(id, "a chunk was given up");
    }

    /// A message that fits no job changes none.
    fn written(&mut self, actor: usize, id: TaskId, written: Result<(), &Error>) {
        let harmless = !self.actors[actor].poisoned || written.is_err();
        self.ledger.must(harmless, || format!("a message that fits no job changed {id}"));
    }

    /// A job is cancelled or completed, not both.
    pub(crate) fn cancelled(&mut self, id: TaskId, cancelled: Result<&(), &Error>) {
        let step = self.step;
        let Some(known) = self.ledger.job(id) else { return };
        let was_complete = known.complete.is_some() || known.chunks.is_empty();
        let may_be_complete = known.may_be_complete();
        let (right, what) = match cancelled {
            Ok(()) => {
                let cancelled_before = known.cancelled.is_some();
                known.cancelled.get_or_insert(step);
                known.excuse.get_or_insert("cancelled");
                (cancelled_before || !was_complete, "it is completed and was cancelled")
            }
            Err(Error::AlreadyCompleted(_)) => {
                (may_be_complete && known.cancelled.is_none(), "it is said to be completed")
            }
            Err(Error::Unavailable { .. }) => (true, ""),
            Err(_) => (false, "it could not be cancelled"),
        };
        self.ledger.must(right, || format!("{id}: {what}"));
    }
}
