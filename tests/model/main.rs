//! A model of the protocol that makes jobs exact (docs/guarantee.md), and of its second stage. All
//! that can happen within some bounds is explored, by the model checker stateright.
//!
//! - `state` is what stores and queues have, and where everybody is at work.
//! - `step` is what can happen next; `protocol`, `requests` and `work` do it. A comment names the
//!   code for which a step stands.
//! - `promises` is what must be true in every state.
//! - `flaw` is what can be wrong. Each flaw must be found.
//!
//! In every step something is used up: a delivery, a fault, a step of somebody's way. So every run
//! ends, and a promise about idle jobs is one about how every run ends. That nobody who has
//! something to do waits for ever is the one assumption of fairness.

mod calm;
mod explore;
mod flaw;
mod one_stage;
mod promises;
mod protocol;
mod requests;
mod setting;
mod state;
mod step;
mod two_stages;
mod work;
