//! Messages that are delivered until they are done with, to processes that are killed at random.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    os::unix::process::ExitStatusExt,
    pin::pin,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use pgfold_tests::{Ended, FunctionProcess, Random, sqs_event};
use serde_json::Value;

use crate::faults::{GatedDeployment, job::is_acknowledgement};

/// The number of processes at a time.
const AT_ONCE: usize = 3;

/// The signal that ends a process as a power cut would.
const KILL: i32 = 9;

/// The last delivery of a message that is disturbed.
const LAST_DISTURBED: u32 = 3;

/// Deliveries of messages to processes of a function.
pub(crate) struct Deliveries<'a> {
    deployment: &'a GatedDeployment,
    function: &'static str,
    environment: &'a [(&'static str, String)],
    random: RefCell<Random>,
    /// The messages that wait, with the number of their next delivery.
    waiting: RefCell<VecDeque<(String, u32)>>,
    /// How long the quickest delivery took, so that kills are earlier than most ends.
    quickest: Cell<Duration>,
    killed: Cell<u32>,
}

/// What is to happen to a delivery.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Its process is killed at some moment, or when it is done.
    KilledAtWork,
    /// Its process is killed when it has reported success, before anybody knows.
    KilledBeforeAcknowledgement,
    /// The message comes once more, though it is done with.
    Twice,
    Undisturbed,
}

impl<'a> Deliveries<'a> {
    pub(crate) fn new(
        deployment: &'a GatedDeployment,
        function: &'static str,
        environment: &'a [(&'static str, String)],
        seed: u64,
    ) -> Self {
        Self {
            deployment,
            function,
            environment,
            random: RefCell::new(Random::new(seed)),
            waiting: RefCell::default(),
            quickest: Cell::new(Duration::from_millis(300)),
            killed: Cell::new(0),
        }
    }

    /// Delivers messages until all are done with. Returns how many processes were killed at work.
    pub(crate) async fn deliver(&self, messages: Vec<String>) -> u32 {
        *self.waiting.borrow_mut() = messages.into_iter().map(|message| (message, 1)).collect();
        join_all((0..AT_ONCE).map(|_| self.work())).await;
        self.killed.get()
    }

    /// Delivers messages to one process after the other, as long as some wait. A message whose process
    /// is killed is delivered anew by the same worker, if by no other.
    async fn work(&self) {
        let mut process = None;
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some((message, attempt)) = next else { return };
            let running = match process.take() {
                Some(running) => running,
                None => {
                    let environment = self.environment.iter().cloned();
                    self.deployment.function(self.function, environment).await
                }
            };
            let fate = self.fate(attempt);
            let event = sqs_event([message.as_str()], attempt);
            let (is_done, is_alive) = self.disturbed(&running, &event, fate).await;
            if !is_done || matches!(fate, Fate::Twice) {
                assert!(attempt < 10, "{message} comes back: {}", running.logs());
                self.waiting.borrow_mut().push_back((message, attempt + 1));
            }
            process = is_alive.then_some(running);
        }
    }

    fn fate(&self, attempt: u32) -> Fate {
        if attempt > LAST_DISTURBED {
            return Fate::Undisturbed;
        }
        let at_work = Fate::KilledAtWork;
        self.random.borrow_mut().pick(&[
            at_work,
            at_work,
            at_work,
            Fate::KilledBeforeAcknowledgement,
            Fate::Twice,
            Fate::Undisturbed,
        ])
    }

    /// Delivers an event. Returns whether its message is done with, and whether the process is alive.
    async fn disturbed(
        &self,
        process: &FunctionProcess,
        event: &Value,
        fate: Fate,
    ) -> (bool, bool) {
        let begun = Instant::now();
        match fate {
            Fate::KilledAtWork => {
                let longest = self.quickest.get().as_micros() as u64;
                let after = Duration::from_micros(self.random.borrow_mut().below(longest + 1));
                let mut invocation = pin!(process.invoke(event));
                let ended = tokio::select! {
                    ended = &mut invocation => ended,
                    () = tokio::time::sleep(after) => {
                        process.kill().await;
                        invocation.await
                    }
                };
                match ended {
                    Err(Ended::Died(status)) => {
                        // Not by itself.
                        assert_eq!(status.signal(), Some(KILL), "{}", process.logs());
                        self.killed.set(self.killed.get() + 1);
                        (false, false)
                    }
                    // It was quicker, and may be dead for all that.
                    ended => {
                        process.kill().await;
                        (is_acknowledgement(&ended.unwrap()), false)
                    }
                }
            }
            Fate::KilledBeforeAcknowledgement => {
                let answer = process.invoke_unacknowledged(event).await;
                process.kill().await;
                assert!(answer.is_ok(), "{answer:?}: {}", process.logs());
                (false, false)
            }
            Fate::Twice | Fate::Undisturbed => {
                let answer = process.invoke(event).await;
                let answer = answer.unwrap_or_else(|ended| panic!("{ended:?}: {}", process.logs()));
                let is_done = is_acknowledgement(&answer);
                if is_done {
                    self.quickest.set(self.quickest.get().min(begun.elapsed()));
                }
                (is_done, true)
            }
        }
    }
}
