//! What must be true of every state of a job that anybody receives.

use pgfold_core::{ChunkIndex, Error, FailedChunk, JobState, Timestamp};

use crate::{
    database::Database,
    ledger::{KnownChunk, KnownJob, Ledger},
};

/// When somebody asked for a job's state: between which times, by his own clock, and after
/// which step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) after_step: u64,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// The step in which the answer came.
    pub(crate) step: u64,
}

impl Ledger {
    /// Checks an answer about job `number`.
    pub(crate) fn saw(
        &mut self,
        number: usize,
        answer: &Result<JobState, Error>,
        asked: Asked,
        database: &Database,
    ) {
        let known = &self.jobs[number];
        let wrong = known.wrong(answer, asked, database);
        if let (Ok(JobState::Completed(completed)), None) = (answer, &known.answer) {
            self.jobs[number].answer = Some((asked.step, completed.clone()));
        }
        self.must(wrong.is_none(), || {
            let why = wrong.unwrap_or_default();
            format!("job {number} is said to be {answer:?}, asked {asked:?}: {why}")
        });
    }
}

impl KnownJob {
    /// Why the answer cannot be right, if it cannot.
    fn wrong(
        &self,
        answer: &Result<JobState, Error>,
        asked: Asked,
        database: &Database,
    ) -> Option<String> {
        let state = match answer {
            Ok(state) => state,
            Err(Error::Unavailable { .. }) => return None,
            Err(error) => return Some(error.with_causes()),
        };
        let Asked { after_step, from, until, .. } = asked;
        let before = |step: Option<u64>| step.is_some_and(|step| step < after_step);
        let answered = self.answer.as_ref().map(|(step, _)| *step);
        let completed = before(self.complete) || before(answered);
        let ended = completed || before(self.cancelled);
        let reported_since =
            |chunk: &KnownChunk| before(chunk.reported) && chunk.reported > self.reopened;
        let given_up = |chunk: &KnownChunk| chunk.record.is_none() && reported_since(chunk);
        let broken = |rules: &[(bool, &str)]| {
            let broken = rules.iter().find(|(broken, _)| *broken);
            broken.map(|(_, why)| (*why).to_owned())
        };
        let expired = (from >= self.job.expires_at, "it has expired");
        match state {
            JobState::Expired => broken(&[(until < self.job.expires_at, "it has not expired")]),
            JobState::Pending { total, .. } => broken(&[
                expired,
                (ended, "it has ended"),
                (from >= self.deadline, "its deadline is over"),
                (self.chunks.iter().any(given_up), "a chunk of it was given up"),
                (*total != self.job.chunks, "it has other chunks"),
            ]),
            JobState::Cancelled => broken(&[
                expired,
                (self.cancelled.is_none(), "nobody cancelled it"),
                (self.answer.is_some(), "it was completed"),
            ]),
            JobState::Failed { reason, chunks } => {
                broken(&[expired, (ended, "it has ended otherwise")])
                    .or_else(|| self.wrong_failure(reason, chunks, asked))
            }
            JobState::Completed(completed) => {
                broken(&[expired, (self.cancelled.is_some(), "it was cancelled")])
                    .or_else(|| self.wrong_answer(completed, asked, database))
            }
        }
    }

    /// A failure has a cause, and names the chunks at fault unless the whole job is.
    fn wrong_failure(&self, reason: &str, chunks: &[FailedChunk], asked: Asked) -> Option<String> {
        let recorded = |chunk: ChunkIndex| {
            let record = &self.chunks[usize::from(chunk.0)].record;
            record.as_ref().is_some_and(|(step, _)| *step < asked.after_step)
        };
        let cause = self.failed
            || asked.until >= self.soonest_deadline
            || self.chunks.iter().any(|chunk| chunk.reported.is_some() || chunk.unsure);
        // A record that was cut off may be kept and not count yet.
        let uncounted = self.may_be_complete() && self.chunks.iter().any(|chunk| chunk.unsure);
        if reason.is_empty() || !cause {
            Some("there is no reason".to_owned())
        } else if chunks.is_empty() && !self.failed && !uncounted {
            Some("no chunk is at fault".to_owned())
        } else {
            let done = chunks.iter().find(|at_fault| recorded(at_fault.chunk));
            done.map(|at_fault| format!("chunk {} is done", at_fault.chunk))
        }
    }

    /// Why the job should be completed by now and is not, if that is so.
    pub(crate) fn unfinished(&self, end: &JobState) -> Option<&'static str> {
        let all_sent = self.of_source().iter().all(|chunk| chunk.sent);
        if !all_sent || self.excuse.is_some() || matches!(end, JobState::Completed(_)) {
            None
        } else {
            Some("nothing kept it from being completed")
        }
    }
}
