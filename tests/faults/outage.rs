//! A store fails in the middle of a mapper's work; the process lives on.

use std::pin::pin;

use pgfold_tests::{FunctionProcess, Gate};
use serde_json::Value;

use crate::faults::{
    GatedDeployment, JobUnderTest,
    job::{Kind, is_acknowledgement},
    over_both_stores,
};

over_both_stores! {
    a_chunk_comes_back_from_a_store_that_throttles
    a_chunk_comes_back_from_a_store_that_is_silent
    a_chunk_comes_back_from_a_store_that_is_away
    a_chunk_of_groups_comes_back_from_a_store_that_is_away
    a_lost_reply_is_made_up_for_at_once
}

async fn a_chunk_comes_back_from_a_store_that_throttles(deployment: GatedDeployment) {
    let throttled = deployment.throttled();
    from_each_request(
        &deployment,
        Kind::Nearest,
        |gate| gate.answer(throttled.clone()),
        Outcome::ComesBack,
    )
    .await;
}

async fn a_chunk_comes_back_from_a_store_that_is_silent(deployment: GatedDeployment) {
    from_each_request(&deployment, Kind::Nearest, Gate::fall_silent, Outcome::ComesBack).await;
}

async fn a_chunk_comes_back_from_a_store_that_is_away(deployment: GatedDeployment) {
    from_each_request(&deployment, Kind::Nearest, Gate::shut, Outcome::ComesBack).await;
}

async fn a_chunk_of_groups_comes_back_from_a_store_that_is_away(deployment: GatedDeployment) {
    from_each_request(&deployment, Kind::Groups, Gate::shut, Outcome::ComesBack).await;
}

async fn a_lost_reply_is_made_up_for_at_once(deployment: GatedDeployment) {
    from_each_request(&deployment, Kind::Nearest, Gate::lose_next_reply, Outcome::Done).await;
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    Done,
    ComesBack,
}

/// Has a process take an event, and what is behind the gate fail when so many of its requests have passed.
/// Returns what becomes of the message; `None` if there was no other request.
pub(crate) async fn outcome_from(
    deployment: &GatedDeployment,
    process: &FunctionProcess,
    event: &Value,
    passed: usize,
    fail: impl Fn(&Gate),
) -> Option<Outcome> {
    let mut invocation = pin!(process.invoke(event));
    if !deployment.is_held_at(invocation.as_mut(), passed).await {
        return None;
    }
    fail(&deployment.gate);
    let is_done = is_acknowledgement(&invocation.await.unwrap());
    deployment.gate.open();
    Some(if is_done { Outcome::Done } else { Outcome::ComesBack })
}

/// Has the store fail from a mapper's first request on, then from another's second, until one
/// gets to the end before. Once the store is well the message is delivered anew.
async fn from_each_request(
    deployment: &GatedDeployment,
    kind: Kind,
    fail: impl Fn(&Gate),
    expected: Outcome,
) {
    for passed in 0.. {
        let job = JobUnderTest::of(kind, deployment).await;
        let mapper = deployment.mapper().await;
        let Some(outcome) = outcome_from(deployment, &mapper, &job.event(1), passed, &fail).await
        else {
            assert!(passed > 1, "the job is loaded and the chunk recorded");
            return;
        };
        assert_eq!(outcome, expected, "request {passed}: {}", mapper.logs());
        job.completes_on_redelivery_to(&mapper).await;
    }
}
