//! Explores a model.

use std::{collections::BTreeSet, time::Instant};

use stateright::{Checker, HasDiscoveries, Model};

use crate::{flaw::Flaw, protocol::Protocol, setting::Setting};

/// Explores every state of a model.
///
/// # Panics
/// With the steps to a state in which a promise is broken, or if something that must happen
/// somewhere does not.
pub(crate) fn explore(setting: Setting) {
    let started = Instant::now();
    let checker = Protocol { setting }.checker().spawn_dfs().join();
    let (states, steps) = (checker.unique_state_count(), checker.state_count());
    let (depth, took) = (checker.max_depth(), started.elapsed());
    println!("{states} states, {steps} steps, at most {depth} one after the other, in {took:.1?}");
    checker.assert_properties();
}

/// Explores a model with a flaw until a promise is broken, by few steps.
///
/// # Panics
/// If the promise is not broken.
pub(crate) fn finds(flaw: Flaw, promise: &'static str, setting: Setting) {
    let setting = Setting { flaw: Some(flaw), ..setting };
    let checker = Protocol { setting }
        .checker()
        .finish_when(HasDiscoveries::AllOf(BTreeSet::from([promise])))
        .spawn_bfs()
        .join();
    let states = checker.unique_state_count();
    let found = checker.discovery(promise);
    let steps = found.unwrap_or_else(|| panic!("not found in {states} states")).into_actions();
    println!("{flaw:?} breaks {promise:?}, found in {states} states:");
    for step in steps {
        println!("  {step:?}");
    }
}
