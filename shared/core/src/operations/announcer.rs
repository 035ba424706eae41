use std::time::Duration;

use crate::{
    error::{Error, Result},
    job::{Announcement, Ending, Job, JobId, Progress, Reason, Reminder, TaskToken, Timestamp},
    operations::{
        JobResult, JobState,
        reduce::{reduce, with_chunks, without_chunks},
    },
    ports::{Clock, Event, Events, Objects, Outcome, Reminders, Store, Workflows},
};

/// Announces how jobs ended, and ends those whose deadline has passed.
pub struct Announcer<'a> {
    /// Stores the jobs.
    pub store: &'a dyn Store,
    /// Has the partials that are too large for a record.
    pub objects: &'a dyn Objects,
    /// Sends the next reminders of watches.
    pub reminders: &'a dyn Reminders,
    /// Announces the events.
    pub events: &'a dyn Events,
    /// Has the tasks that wait for jobs.
    pub workflows: &'a dyn Workflows,
    /// Returns the time of the events.
    pub clock: &'a dyn Clock,
    /// Makes what subscribers of an event receive.
    pub detail: &'a (dyn Fn(&Ended) -> Result<String> + Sync),
}

/// A job that has ended, for an event about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The id of the event, see [`Ending::event_id`].
    pub event_id: String,
    /// The job.
    pub job_id: JobId,
    /// How it ended.
    pub ending: Ending,
    /// When the event was made.
    pub at: Timestamp,
    /// What is known of the job; `None` if it expired and its store has deleted it.
    pub known: Option<(Progress, JobState)>,
}

/// What became of a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminded {
    /// The job has ended, and this was announced.
    Announced(Ending),
    /// The job has ended, and an earlier reminder had this announced.
    AnnouncedBefore(Ending),
    /// The job has not ended.
    Pending,
    /// There is no such job.
    Unknown,
}

impl Announcer<'_> {
    /// Does what a reminder reminds of. If the job has ended, announces the ending, unless that was
    /// done before. If its deadline has passed, ends it first: the job has then failed, and its
    /// mappers stop. Sends the next reminder of a watch, unless the job cannot end any more.
    ///
    /// Repeating the call does no harm: an event that is announced twice has the same id.
    ///
    /// # Errors
    /// Those of the ports, and of [`reduce`]. The reminder must then be delivered again.
    pub async fn remind(&self, reminder: &Reminder) -> Result<Reminded> {
        let now = self.clock.now();
        let progress = match self.store.progress(reminder.job_id).await {
            Err(Error::NotFound(_)) => return self.remind_of_unknown(reminder, now).await,
            progress => progress?,
        };
        if let (Some(ending), None) = (announced_finally(&progress), &reminder.task_token) {
            return Ok(Reminded::AnnouncedBefore(ending));
        }
        let (progress, state) = self.state(progress, now).await?;
        let (deadline, next) = (progress.deadline, reminder.next(&progress, now));
        let reminded = match Ending::of(state.status()) {
            None => {
                if reminder.has_advanced(&progress) {
                    for token in tokens(&progress.job, reminder) {
                        self.workflows.beat(&token).await?;
                    }
                }
                Reminded::Pending
            }
            Some(ending) => self.announce_once(reminder, ending, progress, state, now).await?,
        };
        // A job that has failed may be pending again, if the chunk succeeds that failed.
        let is_over = match reminded {
            Reminded::Announced(ending) | Reminded::AnnouncedBefore(ending) => {
                ending.is_final() || now >= deadline
            }
            Reminded::Pending | Reminded::Unknown => false,
        };
        if !is_over && let Some((next, delay)) = next {
            self.reminders.send(&next, delay).await?;
        }
        Ok(reminded)
    }

    /// Returns the state of a job that may have ended. If its deadline has passed, stores that it
    /// has failed.
    async fn state(&self, progress: Progress, now: Timestamp) -> Result<(Progress, JobState)> {
        // What the state was when the job expired is announced, if nobody did so before.
        let alive = progress.job.expires_at - Duration::from_millis(1);
        let at = now.min(alive);
        let (mut progress, state) = match without_chunks(&progress, at) {
            Some(state) => (progress, state),
            None => {
                let (progress, chunks) = with_chunks(self.store, progress).await?;
                let state = reduce(self.objects, &progress, &chunks, at).await?;
                (progress, state)
            }
        };
        if let JobState::Failed { reason, chunks } = &state
            && at >= progress.deadline
            && progress.done < progress.job.chunks
            && progress.failure.is_none()
        {
            let names: Vec<String> = chunks.iter().map(|failed| failed.chunk.to_string()).collect();
            let reason = match names.len() {
                0 => Reason::new(reason),
                _ => Reason::new(format_args!("{reason}: {}", listed(&names))),
            };
            self.store.fail_job(progress.job.job_id, &reason).await?;
            progress.failure = Some(reason.to_string());
        }
        match state {
            JobState::Pending { .. } if now > alive => Ok((progress, JobState::Expired)),
            JobState::Failed { reason, chunks } => {
                let reason = progress.failure.clone().unwrap_or(reason);
                Ok((progress, JobState::Failed { reason, chunks }))
            }
            state => Ok((progress, state)),
        }
    }

    /// Announces how a job ended, unless that was done before, and ends the tasks that wait for it.
    ///
    /// The event comes first, because a workflow that may not be answered must not keep it back. A
    /// watch has the token, too, so whoever dies in between leaves the task to it.
    async fn announce_once(
        &self,
        reminder: &Reminder,
        ending: Ending,
        progress: Progress,
        state: JobState,
        at: Timestamp,
    ) -> Result<Reminded> {
        let Progress { job: Job { job_id, .. }, .. } = progress;
        let event_id = ending.event_id(&progress.job, progress.deadline);
        let announced = progress.announced.as_ref();
        let is_announced = announced.is_some_and(|announced| announced.event_id == event_id);
        let tokens = match is_announced {
            true => reminder.task_token.iter().cloned().collect(),
            false => tokens(&progress.job, reminder),
        };
        let known = Some((progress, state));
        let ended = Ended { event_id: event_id.clone(), job_id, ending, at, known };
        if !is_announced {
            self.announce(&ended).await?;
            let announcement = Announcement { event_id, ending, at };
            match self.store.mark_announced(job_id, &announcement).await {
                // It expired meanwhile.
                Err(Error::NotFound(_)) => {}
                marked => marked?,
            }
        }
        for token in &tokens {
            self.workflows.end(token, &self.outcome(&ended)?).await?;
        }
        match is_announced {
            true => Ok(Reminded::AnnouncedBefore(ending)),
            false => Ok(Reminded::Announced(ending)),
        }
    }

    /// Decides about a job that is not stored: not yet, not any more, or never.
    async fn remind_of_unknown(&self, reminder: &Reminder, now: Timestamp) -> Result<Reminded> {
        let job_id = reminder.job_id;
        if reminder.has_seen_job() {
            // Half a minute ago at the latest the job was there and had not ended.
            let ending = Ending::Expired;
            let event_id = ending.first_event_id(job_id);
            let ended = Ended { event_id, job_id, ending, at: now, known: None };
            self.announce(&ended).await?;
            if let Some(token) = &reminder.task_token {
                self.workflows.end(token, &self.outcome(&ended)?).await?;
            }
            return Ok(Reminded::Announced(ending));
        }
        if let Some((again, delay)) = reminder.again(now) {
            self.reminders.send(&again, delay).await?;
        }
        Ok(Reminded::Unknown)
    }

    /// Returns the outcome of a task that waits for a job: what subscribers of the event receive, or
    /// why there is no answer.
    fn outcome(&self, ended: &Ended) -> Result<Outcome> {
        let job_id = ended.job_id;
        let (error, cause) = match ended.ending {
            Ending::Completed => return Ok(Outcome::Done { output: (self.detail)(ended)? }),
            Ending::Failed => ("pgfold.Failed", format!("task {job_id} failed{}", why(ended))),
            Ending::Cancelled => ("pgfold.Cancelled", format!("task {job_id} was cancelled")),
            Ending::Expired => ("pgfold.Expired", format!("task {job_id} has expired")),
        };
        Ok(Outcome::Failed { error, cause })
    }

    async fn announce(&self, ended: &Ended) -> Result<()> {
        if let Some((_, JobState::Completed(completed))) = &ended.known
            && let JobResult::Files(manifest) = &completed.result
        {
            // Whoever had to write it may have died.
            manifest.put(self.objects).await?;
        }
        let detail = (self.detail)(ended)?;
        let Ended { event_id, job_id, ending, at, .. } = ended;
        let event =
            Event { id: event_id.clone(), job_id: *job_id, ending: *ending, at: *at, detail };
        self.events.announce(&event).await
    }
}

/// Returns why a job failed, to follow a sentence.
fn why(ended: &Ended) -> String {
    match &ended.known {
        Some((_, JobState::Failed { reason, .. })) => format!(": {reason}"),
        _ => String::new(),
    }
}

/// Returns the tokens of the workflows that wait for a job, as far as it and a reminder know them.
fn tokens(job: &Job, reminder: &Reminder) -> Vec<TaskToken> {
    let mut tokens: Vec<TaskToken> = job.task_token.iter().cloned().collect();
    let other = reminder.task_token.iter().find(|token| !tokens.contains(token)).cloned();
    tokens.extend(other);
    tokens
}

/// Returns the ending of a job that was announced and cannot change.
fn announced_finally(progress: &Progress) -> Option<Ending> {
    let ending = progress.announced.as_ref()?.ending;
    ending.is_final().then_some(ending)
}

/// Returns the first names of a list that may be long.
fn listed(names: &[String]) -> String {
    const MOST: usize = 20;
    let first = names[..names.len().min(MOST)].join(", ");
    match names.len().saturating_sub(MOST) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
