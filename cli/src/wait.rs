//! Waiting for a job's end.

use std::time::Duration;

use pgfold_api::JobDetail;
use tokio::{select, time::sleep};

use crate::{
    api::{Api, Chunks},
    deadline::deadline,
    document::Document,
    error::{Error, Result},
    interrupt::interrupted,
    progress::Progress,
    state::has_ended,
};

/// The first pause between two requests: most jobs take less than a second.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between two requests.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The most failed requests in a row before the server counts as gone.
pub(crate) const TOLERATED: u32 = 5;

/// The result of waiting for a job.
pub(crate) enum Waited {
    Ended(Document, Box<JobDetail>),
    /// With the last document received about the job, if any.
    TimedOut(Option<Document>),
    Interrupted(Option<Document>),
}

/// Waits until the job has ended, the deadline has passed or Ctrl-C is pressed. `chunks` selects
/// the chunks in the last document.
pub(crate) async fn wait(
    api: &Api,
    job_id: &str,
    chunks: Chunks,
    progress: &mut Progress,
) -> Result<Waited> {
    let mut last = None;
    // The order matters: Ctrl-C must be handled from the first request on, and a request that the
    // deadline interrupts must not count as an unreachable server.
    select! {
        biased;
        () = interrupted() => Ok(Waited::Interrupted(last)),
        () = deadline(api.deadline) => Ok(Waited::TimedOut(last)),
        ended = until_ended(api, job_id, chunks, progress, &mut last) => {
            let (document, job) = ended?;
            Ok(Waited::Ended(document, Box::new(job)))
        }
    }
}

async fn until_ended(
    api: &Api,
    job_id: &str,
    chunks: Chunks,
    progress: &mut Progress,
    last: &mut Option<Document>,
) -> Result<(Document, JobDetail)> {
    let mut retry = Retry::default();
    loop {
        let ask = async || api.job(job_id, Chunks::None).await;
        let (document, detail) = retry.ask(ask, |error| progress.trouble(error)).await?;
        if has_ended(&detail.job.state) {
            return match chunks {
                Chunks::None => Ok((document, detail)),
                Chunks::All => {
                    let ask = async || api.job(job_id, chunks).await;
                    retry.ask(ask, |error| progress.trouble(error)).await
                }
            };
        }
        progress.show(&detail);
        *last = Some(document);
        retry.pause().await;
    }
}

/// Repeats a request that was not answered, after increasing pauses.
pub(crate) struct Retry {
    pause: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { pause: FIRST_PAUSE }
    }
}

impl Retry {
    /// Returns the answer to `ask`. Repeats a retryable failure up to [`TOLERATED`] times, and
    /// calls `trouble` with the error each time.
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

    /// Pauses before the next request, longer each time.
    pub(crate) async fn pause(&mut self) {
        sleep(self.pause).await;
        self.pause = (self.pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Asks a server that does not answer the first `lost` times. Returns the answer and how often
    /// the server was asked.
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
    async fn an_error_that_is_not_retryable_is_not_repeated() {
        let refused = || Error::Usage(String::new());
        assert!(matches!(ask(1, refused).await, (Err(_), 1)));
    }
}
