use std::time::Duration;

use crate::{
    error::Result,
    job::{Job, Reminder, Timestamp},
    ports::Reminders,
};

/// Begins the watch over a job that has until `deadline`. Call it before the job is stored or taken
/// up again, so that no job runs unwatched.
///
/// # Errors
/// Those of [`Reminders::send`].
pub(crate) async fn watch(
    reminders: &dyn Reminders,
    job: &Job,
    deadline: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let (reminder, delay) = Reminder::first(job, deadline, now);
    reminders.send(&reminder, delay).await
}

/// Sends the reminder that a request is about to end a job. It is delivered when the request is over.
///
/// # Errors
/// Those of [`Reminders::send`].
pub(crate) async fn remind_later(reminders: &dyn Reminders, job: &Job) -> Result<()> {
    let (reminder, delay) = Reminder::ending(job);
    reminders.send(&reminder, delay).await
}

/// Sends the reminder that a job has ended. Call it after the change that ended the job, and before
/// the message or request that caused the change is done.
///
/// # Errors
/// Those of [`Reminders::send`].
pub(crate) async fn remind(reminders: &dyn Reminders, job: &Job) -> Result<()> {
    reminders.send(&Reminder::ended(job), Duration::ZERO).await
}
