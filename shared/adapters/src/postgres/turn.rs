//! Waiting for a connection while the database has none free.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use pgfold_core::{Error, Result};
use tokio::time::{Instant, sleep};
use tokio_postgres::error::SqlState;

/// How long a submission waits for a connection.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The first pause between two attempts, and the longest. Each pause is twice the one before, and
/// varies at random, so that clients which are refused together do not retry together.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(800));

/// A retryable error of Postgres, with its SQLSTATE.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: String,
    /// The whole message, for the log.
    pub(super) said: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Refusal {}

/// Returns the result of `attempt`. Repeats it for up to [`TIMEOUT`] while it gets no session. An
/// attempt that has begun is not interrupted.
///
/// # Errors
/// Those of `attempt`; that of the last attempt if all were refused.
pub(super) async fn in_turn<T, F: Future<Output = Result<T>>>(
    attempt: impl Fn() -> F,
) -> Result<T> {
    let until = Instant::now() + TIMEOUT;
    let (mut longest, most) = PAUSES;
    loop {
        let error = match attempt().await {
            Err(error) if has_no_session(&error) => error,
            done => return done,
        };
        let pause = varied(longest);
        if Instant::now() + pause >= until {
            return Err(error);
        }
        sleep(pause).await;
        longest = (longest * 2).min(most);
    }
}

/// Returns whether an attempt failed before its transaction began: the database has too many
/// connections, is starting up or shutting down, or closed the connection because it was idle.
fn has_no_session(error: &Error) -> bool {
    let Error::Unavailable { source, .. } = error else { return false };
    let codes = [
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_SESSION_TIMEOUT,
    ];
    source
        .downcast_ref::<Refusal>()
        .is_some_and(|refusal| codes.iter().any(|code| *code.code() == *refusal.code))
}

/// Returns a random duration from half of `longest` to `longest`.
fn varied(longest: Duration) -> Duration {
    // Every `RandomState` has other keys, so the hash of the empty tuple is a random number.
    let random = RandomState::new().hash_one(()) as f64 / u64::MAX as f64;
    longest.mul_f64(0.5 + random / 2.0)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn refused(code: &str) -> Error {
        let refusal = Refusal { code: code.to_owned(), said: "sorry".to_owned() };
        Error::unavailable_because("postgres", "sorry", refusal)
    }

    #[tokio::test]
    async fn an_attempt_is_repeated_until_it_gets_a_connection() {
        for code in ["53300", "57P03", "57P05"] {
            let left = Cell::new(3);
            let done = in_turn(async || match left.replace(left.get() - 1) {
                0 => Ok("planned"),
                _ => Err(refused(code)),
            });
            assert_eq!((done.await.unwrap(), left.get()), ("planned", -1), "{code}");
        }
    }

    #[tokio::test]
    async fn another_error_is_returned_at_once() {
        for error in [
            || refused("40001"),
            || refused("53200"),
            || Error::unavailable("postgres", "connection refused"),
            || Error::Misconfigured("too many connections".to_owned()),
        ] {
            let attempts = Cell::new(0);
            let failed = in_turn(async || {
                attempts.set(attempts.get() + 1);
                Err::<(), _>(error())
            });
            assert_eq!(failed.await.unwrap_err().to_string(), error().to_string());
            assert_eq!(attempts.get(), 1);
        }
    }

    #[test]
    fn pauses_vary_within_their_bounds() {
        let longest = Duration::from_millis(800);
        let pauses: Vec<Duration> = (0..50).map(|_| varied(longest)).collect();
        assert!(pauses.iter().all(|pause| (longest / 2..=longest).contains(pause)));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
