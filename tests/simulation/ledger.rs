//! What has really happened in a schedule, whatever callers received whose calls went wrong; and
//! what must not have.

use std::collections::BTreeMap;

use pgfold_core::{
    ChunkIndex, Claim, Completed, Ending, FailedAttempt, Job, JobId, LastError, Plan, Progress,
    Receipt, Timestamp,
};

use crate::setting::SKEW;

/// All that was carried out.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) jobs: Vec<KnownJob>,
    numbers: BTreeMap<JobId, usize>,
    /// The claims of a key, each held until it expired.
    pub(crate) keys: BTreeMap<String, Vec<Claim>>,
    broken: Option<String>,
}

/// What was carried out for a job. A step is the number of a turn.
#[derive(Debug)]
pub(crate) struct KnownJob {
    pub(crate) job: Job,
    pub(crate) plan: Plan,
    /// Which actor submitted it.
    pub(crate) creator: usize,
    /// At which instant of the database it was planned.
    pub(crate) instant: usize,
    pub(crate) chunks: Vec<KnownChunk>,
    /// At which step a record was said to make it complete.
    pub(crate) complete: Option<u64>,
    /// At which step it was cancelled.
    pub(crate) cancelled: Option<u64>,
    /// Whether it was failed as a whole.
    pub(crate) failed: bool,
    /// The answer that was first seen, and the step after which.
    pub(crate) answer: Option<(u64, Completed)>,
    /// What was in its files when they were first seen; an error if they could not be read.
    pub(crate) files: Option<Result<Vec<String>, String>>,
    /// Why it need not complete.
    pub(crate) excuse: Option<&'static str>,
    /// Until when it may be pending: its own deadline, or the latest that a retry gave it.
    pub(crate) deadline: Timestamp,
    /// The earliest of those: who retries early by a clock that is behind sets an earlier one.
    pub(crate) soonest_deadline: Timestamp,
    /// At which step a retry had it forget why it failed.
    pub(crate) reopened: Option<u64>,
    /// At which step it was first said for how many milliseconds its snapshot was held.
    pub(crate) released: Option<(u64, u64)>,
    /// How many attempts were noted as failed.
    pub(crate) noted: u64,
    /// At which step the last of them was, and what the job is to say of it.
    pub(crate) last_error: Option<(u64, LastError)>,
    /// The events that were announced about it, by their ids.
    pub(crate) announced: BTreeMap<String, Ending>,
    /// Whether a reminder of it was put aside.
    pub(crate) may_be_unannounced: bool,
}

/// What was carried out for a chunk.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownChunk {
    /// Whether a message was sent for it.
    pub(crate) sent: bool,
    /// Whether it is attached to its job's snapshot.
    pub(crate) attached: bool,
    /// At which steps it was said that more was discarded.
    pub(crate) discarded: Vec<u64>,
    /// At which step it was recorded, with the receipt of the record that was said to be the
    /// first; none if that is not known.
    pub(crate) record: Option<(u64, Option<Receipt>)>,
    /// The step at which the store was given the reason why the record is missing.
    pub(crate) reported: Option<u64>,
    /// Whether a record or a reason was cut off, and may be kept.
    pub(crate) unsure: bool,
}

impl KnownJob {
    /// The chunks of its source, without its partitions.
    pub(crate) fn of_source(&self) -> &[KnownChunk] {
        &self.chunks[..usize::from(self.job.source_chunks())]
    }

    /// Whether every chunk may have its record.
    pub(crate) fn may_be_complete(&self) -> bool {
        self.chunks.iter().all(|chunk| chunk.record.is_some() || chunk.unsure)
    }

    /// Whether nobody waits for its chunks to be attached: they are, or it has ended.
    pub(crate) fn is_attached_or_over(&self) -> bool {
        let over = |chunk: &KnownChunk| chunk.reported.is_some() || chunk.unsure;
        self.of_source().iter().all(|chunk| chunk.attached)
            || self.cancelled.is_some()
            || self.failed
            || self.chunks.iter().any(over)
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
    pub(crate) fn number(&self, id: JobId) -> String {
        self.numbers.get(&id).map_or_else(|| "?".to_owned(), ToString::to_string)
    }

    pub(crate) fn job(&mut self, id: JobId) -> Option<&mut KnownJob> {
        self.jobs.get_mut(*self.numbers.get(&id)?)
    }

    pub(crate) fn chunk(&mut self, id: JobId, chunk: ChunkIndex) -> Option<&mut KnownChunk> {
        self.job(id)?.chunks.get_mut(usize::from(chunk.0))
    }

    pub(crate) fn excuse(&mut self, id: JobId, why: &'static str) {
        if let Some(known) = self.job(id) {
            known.excuse.get_or_insert(why);
        }
    }

    pub(crate) fn created(&mut self, job: &Job, plan: &Plan, creator: usize, instant: usize) {
        if let Some(known) = self.job(job.job_id) {
            let same = known.job == *job;
            return self.must(same, || format!("{} was replaced by another job", job.job_id));
        }
        self.numbers.insert(job.job_id, self.jobs.len());
        self.jobs.push(KnownJob {
            job: job.clone(),
            plan: plan.clone(),
            creator,
            instant,
            chunks: vec![KnownChunk::default(); plan.len()],
            complete: None,
            cancelled: None,
            failed: false,
            answer: None,
            files: None,
            excuse: None,
            deadline: job.deadline,
            soonest_deadline: job.deadline,
            reopened: None,
            released: None,
            noted: 0,
            last_error: None,
            announced: BTreeMap::new(),
            may_be_unannounced: false,
        });
    }

    /// What is said to be queued has been sent.
    pub(crate) fn queued(&mut self, id: JobId) {
        let Some(known) = self.job(id) else { return };
        let sent = known.of_source().iter().all(|chunk| chunk.sent);
        self.must(sent, || format!("{id} is marked as queued, and is not"));
    }

    /// Whether there is, or was, such a job.
    pub(crate) fn knows(&self, id: JobId) -> bool {
        self.numbers.contains_key(&id)
    }

    /// A job keeps that an attempt at a chunk of it failed.
    pub(crate) fn noted(&mut self, id: JobId, failed: &FailedAttempt, step: u64) {
        if let Some(known) = self.job(id) {
            known.noted += 1;
            known.last_error = Some((step, failed.last_error()));
        }
    }

    /// No attempt that failed is forgotten, and a job says how the last of them ended until it is
    /// taken up again. A client may have noted one twice whose reply it did not get.
    fn saw_failed_attempts(&mut self, progress: &Progress) {
        let id = progress.job.job_id;
        let Some(known) = self.job(id) else { return };
        let (said, noted) = (progress.failed.attempts, known.noted);
        let is_last = match (&progress.last_error, &known.last_error) {
            (None, Some((step, _))) => known.reopened >= Some(*step),
            (said, noted) => said.as_ref() == noted.as_ref().map(|(_, last)| last),
        };
        let right = said > noted || said == noted && is_last;
        self.must(right, || {
            let last = &progress.last_error;
            format!("{id} is said to have {said} failed attempts, the last {last:?}, not {noted}")
        });
    }

    /// Of the chunks as many are said to be attached as are.
    pub(crate) fn saw_progress(&mut self, progress: &Progress) {
        self.saw_failed_attempts(progress);
        let id = progress.job.job_id;
        let Some(known) = self.job(id) else { return };
        let attached = known.chunks.iter().filter(|chunk| chunk.attached).count();
        let held_ms = known.released.map(|(_, held_ms)| held_ms);
        let right = attached == usize::from(progress.attached) && held_ms == progress.held_ms;
        self.must(right, || {
            let (said, said_held) = (progress.attached, progress.held_ms);
            format!(
                "{id} is said to have {said} chunks attached, held for {said_held:?} ms, not \
                 {attached} and {held_ms:?}"
            )
        });
    }

    pub(crate) fn failed(&mut self, id: JobId) {
        if let Some(known) = self.job(id) {
            known.failed = true;
        }
        self.excuse(id, "failed as a whole");
    }

    /// A message is no longer in the queue, so the chunk is in, or the job says why it is not, or
    /// has ended otherwise.
    pub(crate) fn done_with(&mut self, id: JobId, chunk: ChunkIndex, slowest: Timestamp) {
        let Some(known) = self.job(id) else {
            return self
                .must(false, || format!("a message of {id}, which there is not, is deleted"));
        };
        let at = &known.chunks[usize::from(chunk.0)];
        let latest = slowest.as_millis() + 2 * SKEW;
        let ended =
            known.cancelled.is_some() || known.failed || known.job.expires_at.as_millis() <= latest;
        let done = at.record.is_some() || at.reported.is_some() || at.unsure || ended;
        self.must(done, || {
            format!("chunk {chunk} of {id} is acknowledged, and nothing is kept of it")
        });
    }
}
