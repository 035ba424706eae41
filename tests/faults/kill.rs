//! A mapper is killed, and its message delivered anew to another.

use std::pin::pin;

use pgfold_tests::{Ended, FunctionProcess, StoreKind};
use serde_json::Value;

use crate::faults::{
    Behind, GatedDeployment, JobUnderTest,
    job::{Kind, is_acknowledgement},
    over_both_stores,
};

over_both_stores! {
    before_any_request_to_the_store
    during_any_request_to_the_store
    of_groups_during_any_request_to_the_store
    before_the_acknowledgement
}

async fn before_any_request_to_the_store(deployment: GatedDeployment) {
    at_each_request(deployment, Kind::Nearest, Moment::Before).await;
}

async fn during_any_request_to_the_store(deployment: GatedDeployment) {
    at_each_request(deployment, Kind::Nearest, Moment::During).await;
}

async fn of_groups_during_any_request_to_the_store(deployment: GatedDeployment) {
    at_each_request(deployment, Kind::Groups, Moment::During).await;
}

#[tokio::test]
async fn before_or_in_the_request_that_stores_an_object() {
    at_each_request(GatedDeployment::with_gated_objects().await, Kind::Large, Moment::Before).await;
}

#[tokio::test]
async fn after_an_object_was_stored() {
    at_each_request(GatedDeployment::with_gated_objects().await, Kind::Large, Moment::During).await;
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Moment {
    /// The service does not know of the request.
    Before,
    /// The service has done what was asked, and the mapper does not know.
    During,
}

/// Kills a mapper at its first request to what is behind the gate, another at its second, until one gets to
/// the end.
async fn at_each_request(deployment: GatedDeployment, kind: Kind, moment: Moment) {
    let mut left_a_record = None;
    for passed in 0.. {
        let job = JobUnderTest::of(kind, &deployment).await;
        let mapper = deployment.mapper().await;
        if !is_killed_at(&deployment, &mapper, &job.event(1), passed, moment).await {
            break;
        }
        left_a_record = Some(job.record().await.is_some());
        job.completes_on_redelivery_to(&deployment.mapper().await).await;
    }
    // The last request is the record; or in DynamoDB the root's, when the record is in its leaf.
    // An object comes before any record.
    let recorded = deployment.behind == Behind::Store
        && (moment == Moment::During || deployment.store == StoreKind::DynamoDb);
    assert_eq!(left_a_record, Some(recorded));
}

/// Has a process take an event, and kills it when so many of its requests have passed the gate. Returns
/// whether it made one more.
pub(crate) async fn is_killed_at(
    deployment: &GatedDeployment,
    process: &FunctionProcess,
    event: &Value,
    passed: usize,
    moment: Moment,
) -> bool {
    let mut invocation = pin!(process.invoke(event));
    if !deployment.is_held_at(invocation.as_mut(), passed).await {
        return false;
    }
    if moment == Moment::During {
        deployment.gate.lose_replies();
        deployment.gate.held().await;
    }
    process.kill().await;
    let ended = invocation.await;
    assert!(matches!(ended, Err(Ended::Died(_))), "{ended:?}");
    deployment.gate.sever().await;
    true
}

async fn before_the_acknowledgement(deployment: GatedDeployment) {
    let job = JobUnderTest::create(&deployment).await;
    let mapper = deployment.mapper().await;
    let answer = mapper.invoke_unacknowledged(&job.event(1)).await.unwrap();
    assert!(is_acknowledgement(&answer));
    mapper.kill().await;

    assert!(job.record().await.is_some(), "{}", mapper.logs());
    job.completes_on_redelivery_to(&deployment.mapper().await).await;
}
