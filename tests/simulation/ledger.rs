//! What has really happened in a schedule, whatever those were told whose calls went wrong; and
//! what must not have.

use std::collections::BTreeMap;

use pgfold_core::{
    ChunkIndex, Claim, Completed, IdempotencyKey, Job, JobRequest, Plan, Receipt, TaskId, Timestamp,
};

use crate::setting::SKEW;

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
    /// Until when it may be pending: its own deadline, or the latest that a retry gave it.
    pub(crate) deadline: Timestamp,
    /// At which step a retry had it forget why it failed.
    pub(crate) reopened: Option<u64>,
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
            deadline: job.deadline,
            reopened: None,
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
        // Of one that was cancelled before nothing more is sent.
        if self.job(id).is_none_or(|known| known.cancelled.is_none()) {
            self.queued(id);
        }
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
    /// has ended otherwise.
    pub(crate) fn done_with(&mut self, id: TaskId, chunk: ChunkIndex, slowest: Timestamp) {
        let Some(known) = self.job(id) else {
            return self
                .must(false, || format!("a message of {id}, which there is not, is deleted"));
        };
        let at = &known.chunks[usize::from(chunk.0)];
        let latest = slowest.as_millis() + 2 * SKEW;
        let ended =
            known.cancelled.is_some() || known.failed || known.job.expires_at.as_millis() <= latest;
        let done = at.record.is_some() || at.told.is_some() || at.unsure || ended;
        self.must(done, || {
            format!("chunk {chunk} of {id} is acknowledged, and nothing is kept of it")
        });
    }
}
