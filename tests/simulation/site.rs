//! Where an actor meets the world: each call waits for its turn, and may go wrong.

use std::{future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use pgfold_core::{Clock, Error, Result, Timestamp};

use crate::{
    fate::{Call, Fate, Service},
    turn::Turn,
    world::{State, World},
};

/// An actor's place in the world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(crate) world: &'a Arc<World>,
    pub(crate) actor: usize,
}

/// How much of a call is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    Half,
}

impl<'a> Site<'a> {
    fn turn(self, call: Call, after: u64) -> Turn<'a> {
        let mut state = self.world.lock();
        let from = state.now + after;
        let ticket = state.turns.ask(self.actor, call, from);
        Turn { world: self.world, ticket }
    }

    /// Makes a call when its turn comes; what becomes of it is up to the schedule.
    pub(crate) async fn call<T, F>(
        self,
        call: Call,
        carry_out: impl FnOnce(Extent) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let fate = self.turn(call, 0).await;
        let extent = match fate {
            Fate::Refused => return Err(call.unavailable()),
            Fate::Misconfigured => {
                self.world.lock().actors[self.actor].may_give_up = true;
                return Err(Error::Misconfigured("permission denied for the table".to_owned()));
            }
            Fate::KilledBefore => self.die().await,
            Fate::Halfway | Fate::KilledHalfway => Extent::Half,
            Fate::CarriedOut | Fate::ReplyLost | Fate::KilledAfter => Extent::Whole,
        };
        self.world.lock().turns.under_way += 1;
        let result = carry_out(extent).await;
        self.observe(|state| {
            state.turns.under_way -= 1;
            state.note(Some(self.actor), |_| match &result {
                Ok(_) => "  done".to_owned(),
                Err(error) => format!("  {error}"),
            });
        });
        match fate {
            Fate::KilledAfter | Fate::KilledHalfway => self.die().await,
            Fate::ReplyLost | Fate::Halfway => Err(call.unavailable()),
            _ => result,
        }
    }

    /// Sleeps in simulated time, unless the actor's own time is over before.
    pub(crate) async fn sleep(self, duration: Duration) {
        let sleep = Call::new(Service::Lambda, "sleep");
        if self.turn(sleep, duration.as_millis() as u64).await == Fate::KilledBefore {
            self.die().await
        }
    }

    /// Has the platform take the actor's answer, unless it is killed at the last moment.
    pub(crate) async fn answer(self) {
        if self.turn(Call::new(Service::Lambda, "answer"), 0).await == Fate::KilledBefore {
            self.die().await
        }
    }

    /// Has `see` see, and change, the state of the world.
    pub(crate) fn observe(self, see: impl FnOnce(&mut State)) {
        see(&mut self.world.lock());
    }

    /// The actor is dropped before it is polled again.
    async fn die<T>(self) -> T {
        self.world.lock().actors[self.actor].killed = true;
        pending().await
    }
}

/// The actor's clock.
#[async_trait]
impl Clock for Site<'_> {
    fn now(&self) -> Timestamp {
        self.world.lock().clock(self.actor)
    }

    async fn sleep(&self, duration: Duration) {
        Site::sleep(*self, duration).await;
    }
}
