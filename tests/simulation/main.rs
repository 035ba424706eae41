//! Whole jobs over pgfold's real core, in a world where everything goes wrong.
//!
//! Clients submit, poll, cancel and retry; mappers and the function for dead letters take
//! messages from a queue that loses, repeats and reorders them; the database goes away, changes
//! under those who read, and lets go of instants that are held for too long; calls are refused, or
//! carried out and not answered; functions are killed at any call; clocks differ; messages that
//! fit no job are mixed in. All of it is decided by a seed, one call at a time, so that a schedule
//! of events can be run again exactly.
//!
//! `SIMULATION_SEED=n` runs one schedule and prints its events. `SIMULATION_SCHEDULES=n` changes how
//! many are run, and `SIMULATION_SCALE=n` runs n times as many of each kind; 5 every night.

mod aggregated;
mod announced;
mod answers;
mod asked;
mod attachment;
mod clients;
mod cut;
mod database;
mod ends;
mod errand;
mod events;
mod fate;
mod files;
mod flawed;
mod invariants;
mod invocation;
mod ledger;
mod messages;
mod objects;
mod poison;
mod queue;
mod schedule;
mod setting;
mod site;
mod source;
mod statistics;
mod store;
mod table;
mod turn;
mod witness;
mod world;

use std::time::SystemTime;

use futures_util::FutureExt;
use pgfold_adapters::{
    DynamoDbStore, ValkeyStore,
    config::ValkeyConfig,
    memory::{MemoryObjects, MemoryStore},
    new_job_id,
};
use pgfold_core::{JobId, Objects, Store, Timestamp};
use pgfold_tests::{local_cloud, no_aws};

use crate::{
    cut::Cut,
    flawed::{Flaw, Flawed},
    objects::{FlawedObjects, ObjectsFlaw},
    schedule::{Played, Run, Target},
    source::SourceFlaw,
    statistics::Statistics,
};

#[test]
fn over_memory() {
    let simulated = simulate(seeds(2_000), async |seed, traced| {
        in_memory(seed, traced, &MemoryStore::default(), &MemoryObjects::default(), None)
    });
    simulated.now_or_never().expect("memory is never waited for");
}

#[tokio::test]
async fn over_dynamodb() {
    over_dynamodb_with(seeds(10), false).await;
}

/// Of large jobs DynamoDB makes trees of items, which a call that is cut off leaves half done.
#[tokio::test]
async fn over_trees_in_dynamodb() {
    over_dynamodb_with(seeds(6), true).await;
}

async fn over_dynamodb_with(seeds: Vec<u64>, trees: bool) {
    let cut = Cut::default();
    let store = DynamoDbStore::new(&cut.config().await, local_cloud("JOBS_TABLE"));
    let objects = MemoryObjects::default();
    let target = Target { store: &store, objects: &objects, cut: Some(&cut) };
    let run = async |seed, traced| in_the_cloud(seed, traced, trees, target).await;
    simulate(seeds, run).await;
}

#[tokio::test]
async fn over_valkey() {
    let config = ValkeyConfig::new(&local_cloud("VALKEY_URL"), false).unwrap();
    let store = ValkeyStore::new(&no_aws(), config);
    let objects = MemoryObjects::default();
    let target = Target { store: &store, objects: &objects, cut: None };
    simulate(seeds(100), async |seed, traced| in_the_cloud(seed, traced, false, target).await)
        .await;
}

#[test]
fn a_schedule_can_be_run_again() {
    for seed in 0..20 {
        let trace = || in_memory_alone(seed, true, &MemoryStore::default(), None).trace;
        assert_eq!(trace(), trace());
    }
}

#[test]
fn a_store_that_breaks_a_promise_is_found_out() {
    for (flaw, promise) in [
        (Flaw::CountsBlindly, "is said to be the first: true"),
        (Flaw::Overwrites, "a receipt is not that of its chunk's first record"),
        (Flaw::LosesARecord, "is said to be complete: false"),
        (Flaw::CancelsTheCompleted, "it is completed and was cancelled"),
        (Flaw::ForgetsCancelling, "it has ended"),
        (Flaw::ForgetsClaims, "a key was claimed for"),
        (Flaw::TellsNothing, "a chunk of it was given up"),
        (Flaw::KnowsNoPlan, "a message that fits no job changed"),
        (Flaw::ForgetsWhoAttached, "is said to have 0 chunks attached"),
        (Flaw::ForgetsFailedAttempts, "is said to have 0 failed attempts, the last None, not 1"),
        (Flaw::SaysItIsAnnounced, "and no event says so"),
        (Flaw::AttachesAll, "chunks attached, held for None ms, not 1"),
    ] {
        let played = |seed| in_memory_alone(seed, false, &Flawed::new(flaw), None);
        is_found_out(&format!("{flaw:?}"), promise, played);
    }
}

#[test]
fn a_source_that_breaks_a_promise_is_found_out() {
    for (flaw, promise) in [
        (SourceFlaw::BeginsAnew, "instants, not one"),
        (SourceFlaw::BeginsAnew, "it reads instant"),
        (SourceFlaw::SaysItBeganInTime, "rows at its instant"),
        (SourceFlaw::NeverLetsGo, "has ended and holds a snapshot"),
        (SourceFlaw::NeverLetsGo, "was not held for"),
        (SourceFlaw::ReadsAnyRelation, "read another table"),
    ] {
        let played = |seed| in_memory_alone(seed, false, &MemoryStore::default(), Some(flaw));
        is_found_out(&format!("{flaw:?}"), promise, played);
    }
}

#[test]
fn objects_that_break_a_promise_are_found_out() {
    for (flaw, promise) in [
        (ObjectsFlaw::Loses, "it does not exist"),
        (ObjectsFlaw::Overwrites, "checksum"),
        (ObjectsFlaw::CutsOff, "it is shorter than it was"),
    ] {
        let played = |seed| {
            let objects = FlawedObjects::new(flaw);
            in_memory(seed, false, &MemoryStore::default(), &objects, None)
        };
        is_found_out(&format!("{flaw:?}"), promise, played);
    }
}

#[test]
fn reminders_that_are_lost_are_found_out() {
    let played = |seed| {
        let run = Run { loses_reminders: true, ..run_in_memory(seed, false) };
        let (store, objects) = (MemoryStore::default(), MemoryObjects::default());
        let played = run.over(Target { store: &store, objects: &objects, cut: None });
        played.now_or_never().expect("memory is never waited for")
    };
    is_found_out("LostReminders", "and no event says so", played);
}

/// # Panics
/// If no schedule is found to break `promise`.
fn is_found_out(flaw: &str, promise: &str, played: impl Fn(u64) -> Played) {
    let finds = |seed: &u64| played(*seed).broken.is_some_and(|broken| broken.contains(promise));
    let seed = (0..1000).find(finds);
    println!("{flaw}: {seed:?}");
    assert!(seed.is_some(), "{flaw} is not noticed");
}

/// Whoever holds a snapshot for too short a time spoils the job, not its answer.
#[test]
fn a_snapshot_that_is_let_go_of_at_once_makes_no_wrong_answer() {
    let mut sum = Statistics::default();
    for seed in 0..500 {
        let flaw = Some(SourceFlaw::LetsGoAtOnce);
        let played = in_memory_alone(seed, false, &MemoryStore::default(), flaw);
        assert_eq!(played.broken, None, "SIMULATION_SEED={seed}");
        sum += played.statistics;
    }
    assert!(sum.snapshots_gone > 0 && sum.snapshots > sum.snapshots_completed, "{sum}");
    println!("{sum}");
}

/// Runs the schedules of all seeds.
///
/// # Panics
/// With the seed and the events of the first schedule in which a promise is broken.
async fn simulate(seeds: Vec<u64>, run: impl AsyncFn(u64, bool) -> Played) {
    let one = seeds.len() == 1;
    let mut sum = Statistics::default();
    for seed in seeds {
        let _told = ToldOnPanic(seed);
        let mut played = run(seed, one).await;
        if let Some(broken) = played.broken.clone() {
            // Once more, with a trace this time.
            if !one {
                played = run(seed, true).await;
            }
            let again = played.broken.unwrap_or_else(|| "(not when it was run again)".to_owned());
            panic!("{}\nSIMULATION_SEED={seed}: {broken}\n{again}", played.trace);
        }
        if one {
            println!("{}", played.trace);
        }
        sum += played.statistics;
    }
    println!("{sum}");
    if sum.schedules >= 500 {
        sum.assert_breadth();
    }
}

/// The seeds to run: those that the environment asks for, or so many.
fn seeds(schedules: u64) -> Vec<u64> {
    match asked("SIMULATION_SEED") {
        Some(seed) => vec![seed],
        None => {
            let scaled = || schedules * asked("SIMULATION_SCALE").unwrap_or(1);
            (0..asked("SIMULATION_SCHEDULES").unwrap_or_else(scaled)).collect()
        }
    }
}

/// A number that the environment asks for.
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

/// Says which seed it was, should anything panic.
struct ToldOnPanic(u64);

impl Drop for ToldOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("SIMULATION_SEED={}", self.0);
        }
    }
}

fn in_memory_alone(
    seed: u64,
    traced: bool,
    store: &dyn Store,
    source_flaw: Option<SourceFlaw>,
) -> Played {
    in_memory(seed, traced, store, &MemoryObjects::default(), source_flaw)
}

fn in_memory(
    seed: u64,
    traced: bool,
    store: &dyn Store,
    objects: &dyn Objects,
    source_flaw: Option<SourceFlaw>,
) -> Played {
    let run = Run { source_flaw, ..run_in_memory(seed, traced) };
    let played = run.over(Target { store, objects, cut: None });
    played.now_or_never().expect("memory is never waited for")
}

fn run_in_memory(seed: u64, traced: bool) -> Run {
    Run {
        seed,
        start: Timestamp::from_millis(1_700_000_000_000),
        new_job_id: None,
        trees: false,
        source_flaw: None,
        loses_reminders: false,
        traced,
    }
}

/// Jobs need ids that no other run has, and must not expire by the server's clock.
async fn in_the_cloud(seed: u64, traced: bool, trees: bool, target: Target<'_>) -> Played {
    let start = SystemTime::now().into();
    let new_job_id = Some(new_job_id as fn() -> JobId);
    let loses_reminders = false;
    Run { seed, start, new_job_id, trees, source_flaw: None, loses_reminders, traced }
        .over(target)
        .await
}
