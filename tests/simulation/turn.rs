//! The turns that actors wait for: none makes a call, or goes on after a sleep, before the
//! schedule grants it.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use crate::{
    fate::{Call, Fate},
    world::World,
};

/// The turns that are waited for, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    next: u64,
    waiting: Vec<Waiting>,
    /// How many calls that were granted are under way.
    pub(crate) under_way: usize,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    actor: usize,
    call: Call,
    /// From when on the turn may be granted.
    from: u64,
    granted: Option<Fate>,
    waker: Option<Waker>,
}

/// A turn that can be granted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) ticket: u64,
    pub(crate) actor: usize,
    pub(crate) call: Call,
}

impl Turns {
    /// Asks for a turn for `call`, at the time `from` or later.
    pub(crate) fn ask(&mut self, actor: usize, call: Call, from: u64) -> u64 {
        self.next += 1;
        let (ticket, granted, waker) = (self.next, None, None);
        self.waiting.push(Waiting { ticket, actor, call, from, granted, waker });
        ticket
    }

    /// The turns that can be granted.
    pub(crate) fn ready(&self, now: u64) -> impl Iterator<Item = Ready> {
        let ready = self.waiting.iter().filter(move |turn| turn.from <= now);
        ready.map(|&Waiting { ticket, actor, call, .. }| Ready { ticket, actor, call })
    }

    /// When the next turn can be granted that cannot be yet.
    pub(crate) fn next_ready(&self, now: u64) -> Option<u64> {
        self.waiting.iter().map(|turn| turn.from).filter(|&from| from > now).min()
    }

    /// Whether the actor waits for a turn.
    pub(crate) fn waits(&self, actor: usize) -> bool {
        self.waiting.iter().any(|turn| turn.actor == actor)
    }

    pub(crate) fn grant(&mut self, ticket: u64, fate: Fate) {
        if let Some(turn) = self.waiting.iter_mut().find(|turn| turn.ticket == ticket) {
            turn.granted = Some(fate);
            if let Some(waker) = turn.waker.take() {
                waker.wake();
            }
        }
    }

    fn position(&self, ticket: u64) -> Option<usize> {
        self.waiting.iter().position(|turn| turn.ticket == ticket)
    }
}

/// Comes back when the turn is granted. Dropped before, the turn is given up.
pub(crate) struct Turn<'a> {
    pub(crate) world: &'a World,
    pub(crate) ticket: u64,
}

impl Future for Turn<'_> {
    type Output = Fate;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fate> {
        let turns = &mut self.world.lock().turns;
        let Some(at) = turns.position(self.ticket) else { return Poll::Pending };
        match turns.waiting[at].granted {
            Some(fate) => {
                turns.waiting.remove(at);
                Poll::Ready(fate)
            }
            None => {
                turns.waiting[at].waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let turns = &mut self.world.lock().turns;
        if let Some(at) = turns.position(self.ticket) {
            turns.waiting.remove(at);
        }
    }
}
