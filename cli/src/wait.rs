//! Waiting for a job's end.

use std::{future, time::Duration};

use tokio::{
    select,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    api::{Api, Chunks},
    error::{Error, Result},
    interrupt::interrupted,
    progress::Progress,
    response::{Document, Task},
};

/// How soon to ask again: most jobs take less than a second.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How rarely to ask, in the long run.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Requests in a row that may come to nothing before the server counts as gone.
const TOLERATED: u32 = 5;

/// What waiting came to.
pub(crate) enum Waited {
    Ended(Document, Task),
    /// With the last that was told of the job, if anything was.
    TimedOut(Option<Document>),
    Interrupted(Option<Document>),
}

/// Waits until the job has ended, the deadline is there or Ctrl-C is pressed. `chunks` is what the
/// last document is to have of them.
pub(crate) async fn wait(
    api: &Api,
    job_id: &str,
    chunks: Chunks,
    progress: &mut Progress,
) -> Result<Waited> {
    let mut last = None;
    // In this order: Ctrl-C is listened for before anything is asked, and a request that the
    // deadline cut off does not look like a server that is gone.
    select! {
        biased;
        () = interrupted() => Ok(Waited::Interrupted(last)),
        () = deadline(api.deadline) => Ok(Waited::TimedOut(last)),
        ended = until_ended(api, job_id, chunks, progress, &mut last) => {
            let (document, task) = ended?;
            Ok(Waited::Ended(document, task))
        }
    }
}

async fn until_ended(
    api: &Api,
    job_id: &str,
    chunks: Chunks,
    progress: &mut Progress,
    last: &mut Option<Document>,
) -> Result<(Document, Task)> {
    let mut retry = Retry::default();
    loop {
        let ask = async || api.task(job_id, Chunks::None).await;
        let (document, task) = retry.ask(ask, |error| progress.trouble(error)).await?;
        if task.state.has_ended() {
            return match chunks {
                Chunks::None => Ok((document, task)),
                Chunks::All => {
                    let ask = async || api.task(job_id, chunks).await;
                    retry.ask(ask, |error| progress.trouble(error)).await
                }
            };
        }
        progress.show(&task);
        *last = Some(document);
        retry.pause().await;
    }
}

/// Asks again what was not answered, ever more rarely.
pub(crate) struct Retry {
    pause: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { pause: FIRST_PAUSE }
    }
}

impl Retry {
    /// The answer to `ask`, which may be lost a few times, of which `trouble` is told.
    pub(crate) async fn ask<T>(
        &mut self,
        ask: impl AsyncFn() -> Result<T>,
        mut trouble: impl FnMut(&Error),
    ) -> Result<T> {
        let mut lost = 0;
        loop {
            match ask().await {
                Err(error) if error.is_retryable() && lost < TOLERATED => trouble(&error),
                answered => return answered,
            }
            lost += 1;
            self.pause().await;
        }
    }

    async fn pause(&mut self) {
        sleep(self.pause).await;
        self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// When the deadline is there.
pub(crate) async fn deadline(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Asks a server that does not answer the first `lost` times; how often it was asked.
    async fn ask(lost: u32, error: fn() -> Error) -> (Result<()>, u32) {
        let asked = Cell::new(0);
        let mut retry = Retry { pause: Duration::ZERO };
        let answer = async || {
            asked.set(asked.get() + 1);
            if asked.get() > lost { Ok(()) } else { Err(error()) }
        };
        (retry.ask(answer, |_| ()).await, asked.get())
    }

    fn unanswered() -> Error {
        Error::Unanswered { request: String::new(), why: String::new() }
    }

    #[tokio::test]
    async fn a_few_lost_requests_are_tolerated_but_not_more() {
        assert!(matches!(ask(TOLERATED, unanswered).await, (Ok(()), 6)));
        assert!(matches!(ask(TOLERATED + 1, unanswered).await, (Err(_), 6)));
    }

    #[tokio::test]
    async fn what_cannot_pass_is_not_asked_again() {
        let refused = || Error::Usage(String::new());
        assert!(matches!(ask(1, refused).await, (Err(_), 1)));
    }
}
