use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{Job, JobId, Progress, TaskToken, Timestamp, Trace, message},
};

/// A message that reminds of a job whose ending must be announced.
///
/// There are two kinds. Whoever ends a job sends one that says so; a request, which nobody repeats
/// if it dies, sends one before, too. Whoever submits a job, or takes it up again, first sends one
/// that watches it: until the job has ended, each delivery of it sends the next, and the one at the
/// job's deadline ends the job. So an ending is announced also if whoever caused it died before saying
/// so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// The version of the message, [`Reminder::VERSION`].
    #[serde(rename = "v")]
    version: u16,
    /// The job.
    #[serde(rename = "task_id")]
    pub job_id: JobId,
    /// When the job expires.
    pub expires_at: Timestamp,
    /// The trace of the job.
    pub trace: Trace,
    /// What the reminder is for.
    pub kind: ReminderKind,
    /// The token of a workflow that waits for the job, if the reminder is of a watch. A submission that
    /// was repeated may have brought another than the job's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_token: Option<TaskToken>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u16) -> bool {
    *number == 0
}

/// What a reminder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReminderKind {
    /// The job has ended.
    Ended,
    /// The job is watched until it has ended.
    Watch {
        /// When the first reminder of the watch was sent.
        since: Timestamp,
        /// Whether an earlier reminder of the watch found the job.
        seen: bool,
        /// How many chunks counted then.
        #[serde(default, skip_serializing_if = "is_zero")]
        done: u16,
    },
}

impl Reminder {
    /// The version of the message that this build writes and reads.
    pub const VERSION: u16 = 1;

    /// The longest time between two reminders of a watch, which is the longest that SQS delays a
    /// message.
    pub const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);

    /// The longest time between two reminders of a watch over a job for which a workflow waits: it
    /// hears at least as often that chunks are recorded.
    pub const LONGEST_SILENCE: Duration = Duration::from_secs(60);

    /// The shortest time until a reminder that is sent before the change that it reminds of: longer
    /// than a function of the API runs.
    const SHORTEST_FIRST_DELAY: Duration = Duration::from_secs(30);

    /// How long before a job expires its watch looks at it once more.
    const LAST_LOOK: Duration = Duration::from_secs(30);

    /// The time for which a watch waits for its job to be stored: as long as a function runs at
    /// most.
    const CREATION_TIME: Duration = Duration::from_secs(15 * 60);

    /// Makes the reminder that a job has ended.
    pub fn ended(job: &Job) -> Self {
        Self::new(job, ReminderKind::Ended)
    }

    /// Makes the reminder that a job is about to be ended. Returns it with its delay.
    pub fn ending(job: &Job) -> (Self, Duration) {
        (Self::new(job, ReminderKind::Ended), Self::SHORTEST_FIRST_DELAY)
    }

    /// Makes the first reminder of a watch over a job that has until `deadline`. Returns it with
    /// the delay after which it should be delivered.
    pub fn first(job: &Job, deadline: Timestamp, now: Timestamp) -> (Self, Duration) {
        let kind = ReminderKind::Watch { since: now, seen: false, done: 0 };
        let task_token = job.task_token.clone();
        let reminder = Self { task_token, ..Self::new(job, kind) };
        // A store may delete a job when it expires, so the job must be seen before.
        let half_a_life = Duration::from_millis(job.expires_at.millis_since(now) / 2);
        let delay = until(deadline, now).min(half_a_life).max(Self::SHORTEST_FIRST_DELAY);
        (reminder, delay.min(Self::longest_delay(job.task_token.is_some())))
    }

    /// Makes the reminder after this one of a watch over a job that has until its deadline or its
    /// expiry. Returns it with its delay; `None` if this one is of no watch.
    pub fn next(&self, progress: &Progress, now: Timestamp) -> Option<(Self, Duration)> {
        let ReminderKind::Watch { since, .. } = self.kind else { return None };
        let kind = ReminderKind::Watch { since, seen: true, done: progress.done };
        let has_token = progress.job.task_token.is_some() || self.task_token.is_some();
        let delay = until(progress.deadline.min(last_look(&progress.job, now)), now);
        let delay = delay.clamp(Duration::from_secs(1), Self::longest_delay(has_token));
        Some((Self { kind, ..self.clone() }, delay))
    }

    /// Returns whether more chunks count than at the reminder before of its watch.
    pub const fn has_advanced(&self, progress: &Progress) -> bool {
        matches!(self.kind, ReminderKind::Watch { done, .. } if progress.done > done)
    }

    /// Makes the reminder after this one of a watch over a job that is not stored yet. Returns it
    /// with its delay; `None` if nobody will store the job any more.
    pub fn again(&self, now: Timestamp) -> Option<(Self, Duration)> {
        match self.kind {
            ReminderKind::Watch { since, seen: false, .. } if now < since + Self::CREATION_TIME => {
                Some((self.clone(), Self::SHORTEST_FIRST_DELAY))
            }
            _ => None,
        }
    }

    /// Returns whether an earlier reminder of the watch found the job.
    pub const fn has_seen_job(&self) -> bool {
        matches!(self.kind, ReminderKind::Watch { seen: true, .. })
    }

    const fn longest_delay(has_token: bool) -> Duration {
        if has_token { Self::LONGEST_SILENCE } else { Self::LONGEST_DELAY }
    }

    fn new(job: &Job, kind: ReminderKind) -> Self {
        Self {
            version: Self::VERSION,
            job_id: job.job_id,
            expires_at: job.expires_at,
            trace: job.trace.clone(),
            kind,
            task_token: None,
        }
    }

    /// Returns the message as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("a reminder of task {}", self.job_id), error))
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`Error::OtherVersion`] if another build has sent it; [`Error::Invalid`] if it is no
    /// reminder. The error does not quote the message.
    pub fn from_json(json: &str) -> Result<Self> {
        message::read("reminder", json, |version| {
            Error::check_version("a reminder", version, Self::VERSION)
        })
    }
}

/// Returns when a watch must look at a job because it expires: shortly before, because a store may
/// delete it then, and afterwards.
fn last_look(job: &Job, now: Timestamp) -> Timestamp {
    let before = job.expires_at - Reminder::LAST_LOOK;
    if now < before { before } else { job.expires_at }
}

/// Returns the time from `now` until `due`, in whole seconds, rounded up.
fn until(due: Timestamp, now: Timestamp) -> Duration {
    Duration::from_secs(due.millis_since(now).div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The golden samples of reminders. Deployed builds send and read these.
    const TRACE: &str = concat!(
        r#""trace":{"id":"1-67271aed-2f6e7a529c1e3d2f0a4b5c6d","#,
        r#""context":"Root=1-67271aed-2f6e7a529c1e3d2f0a4b5c6d"}"#,
    );

    fn message(kind: &str, token: &str) -> String {
        let id = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d";
        format!(
            r#"{{"v":1,"task_id":"{id}","expires_at":4102444800000,{TRACE},"kind":{kind}{token}}}"#
        )
    }

    #[test]
    fn reminders_read_back_as_they_were_sent() {
        let watch = r#"{"watch":{"since":1795348800000,"seen":true,"done":7}}"#;
        for json in [
            message(r#""ended""#, ""),
            message(r#"{"watch":{"since":1795348800000,"seen":false}}"#, ""),
            message(watch, r#","task_token":"t""#),
        ] {
            assert_eq!(Reminder::from_json(&json).unwrap().to_json().unwrap(), json);
        }
    }

    #[test]
    fn a_watch_looks_at_the_deadline_before_expiry_and_at_least_every_quarter_of_an_hour() {
        let second = |seconds: u64| Timestamp::from_millis(1000 * seconds);
        let mut job = crate::job::Job::from_json(concat!(
            r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","#,
            r#""computation":{"source":{"name":"points","definition":"63542088477d0e61"},"#,
            r#""query":{"compute":{"one":{"kernel":{"name":"summary","params":{}},"#,
            r#""columns":["x"]}}}},"#,
            r#""plan":"0123456789abcdef","chunks":4,"piece":16,"estimated_rows":1000000,"#,
            r#""created_at":0,"deadline":3600000,"expires_at":86400000,"#,
            r#""trace":{"id":"1","context":"Root=1"}}"#,
        ))
        .unwrap();
        let delay = |job: &Job, deadline: u64, now: u64| {
            let (watch, _) = Reminder::first(job, second(deadline), second(0));
            let mut progress = Progress::new(job.clone());
            progress.deadline = second(deadline);
            watch.next(&progress, second(now)).unwrap().1.as_secs()
        };
        assert_eq!(Reminder::first(&job, second(3600), second(0)).1.as_secs(), 900);
        assert_eq!(Reminder::first(&job, second(10), second(0)).1.as_secs(), 30);
        assert_eq!(delay(&job, 3600, 900), 900);
        assert_eq!(delay(&job, 3600, 3500), 100);
        // By a clock that is behind.
        assert_eq!(delay(&job, 3600, 3600), 1);
        // A retry set a deadline that is later than the job lives.
        assert_eq!(delay(&job, 90_000, 86_000), 370);
        assert_eq!(delay(&job, 90_000, 86_370), 30);
        // A workflow hears more often.
        job.task_token = Some(TaskToken::new("t").unwrap());
        assert_eq!(delay(&job, 3600, 900), 60);
    }

    #[test]
    fn an_unreadable_reminder_is_described_without_its_text() {
        for (message, problem) in [
            ("s3cret", "unreadable reminder: Syntax error at column 1"),
            (r#"{"v":1,"s3cret":2}"#, "unreadable reminder: Data error at column 18"),
        ] {
            assert_eq!(Reminder::from_json(message).unwrap_err().to_string(), problem);
        }
        let later = Reminder::from_json(r#"{"v":2,"s3cret":2}"#).unwrap_err();
        assert!(matches!(later, Error::OtherVersion { version: 2, known: 1, .. }), "{later:?}");
    }
}
