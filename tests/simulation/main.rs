//! Whole jobs over pgfold's real core, in a world where everything goes wrong.
//!
//! Clients submit, poll, cancel and retry; mappers and the function for dead letters take
//! messages from a queue that loses, repeats and reorders them; the database goes away; calls
//! are refused, or carried out and not answered; functions are killed at any call; clocks
//! differ; messages that fit no job are mixed in. All of it is decided by a seed, one call at a
//! time, so that a schedule of events can be run again exactly.
//!
//! `SIMULATION_SEED=n` runs one schedule and prints its events; `SIMULATION_SCHEDULES=n` changes
//! how many are run.

mod errand;
mod events;
mod fate;
mod invariants;
mod invocation;
mod ledger;
mod messages;
mod poison;
mod ports;
mod random;
mod schedule;
mod setting;
mod site;
mod statistics;
mod turn;
mod world;

use std::ops::Range;

use futures_util::FutureExt;
use pgfold_adapters::memory::MemoryStore;
use pgfold_core::{Store, Timestamp};

use crate::{
    schedule::{Broken, Run},
    statistics::Statistics,
};

fn in_memory(seed: u64, traced: bool, store: &dyn Store) -> Result<Statistics, Broken> {
    let start = Timestamp::from_millis(1_700_000_000_000);
    let run = Run { seed, start, new_task_id: None, traced };
    run.over(store).now_or_never().expect("memory is never waited for")
}

fn seeds(schedules: u64) -> Range<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIMULATION_SCHEDULES").unwrap_or(schedules),
    }
}

#[test]
fn over_memory() {
    let mut sum = Statistics::default();
    for seed in seeds(10_000) {
        match in_memory(seed, false, &MemoryStore::default()) {
            Ok(statistics) => sum += statistics,
            Err(Broken { promise, .. }) => {
                let trace = in_memory(seed, true, &MemoryStore::default()).unwrap_err().trace;
                panic!("{trace}\nSIMULATION_SEED={seed}: {promise}");
            }
        }
    }
    println!("{sum}");
}
