//! A key belongs to one job.

use std::time::Duration;

use pgfold_adapters::new_job_id;
use pgfold_api::MinDistanceRequest;
use pgfold_core::{Claim, IdempotencyKey, Store, Timestamp};

use super::at_once;

fn claim(claimed_at: Timestamp) -> Claim {
    Claim {
        job_id: new_job_id(),
        request: MinDistanceRequest::read(br#"{"chunks": 7}"#).unwrap().try_into().unwrap(),
        claimed_at,
        expires_at: claimed_at + Duration::from_secs(600),
    }
}

fn new_key() -> IdempotencyKey {
    IdempotencyKey::new(&new_job_id().to_string()).unwrap()
}

fn now() -> Timestamp {
    std::time::SystemTime::now().into()
}

pub(crate) async fn a_key_belongs_to_its_first_claim(store: &dyn Store) {
    let (key, first, second) = (new_key(), claim(now()), claim(now()));
    assert_eq!(store.claim(&key, &first).await.unwrap(), first);
    assert_eq!(store.claim(&key, &second).await.unwrap(), first);
    // As a client does that had no reply.
    assert_eq!(store.claim(&key, &first).await.unwrap(), first);
    assert_eq!(store.claim(&new_key(), &second).await.unwrap(), second);
}

pub(crate) async fn of_many_claims_at_once_one_gets_the_key(store: &dyn Store) {
    let key = new_key();
    let claims: Vec<Claim> = (0..16).map(|_| claim(now())).collect();
    let held = at_once(claims.iter().map(|claim| store.claim(&key, claim))).await;
    let held: Vec<Claim> = held.into_iter().map(Result::unwrap).collect();
    assert!(claims.contains(&held[0]));
    assert!(held.iter().all(|one| *one == held[0]), "{held:?}");
}

pub(crate) async fn a_key_is_free_again_when_its_claim_has_expired(store: &dyn Store) {
    let (key, first) = (new_key(), claim(now()));
    assert_eq!(store.claim(&key, &first).await.unwrap(), first);
    // By the clock of the next caller that claims it; and to the second.
    let early = claim(first.claimed_at + Duration::from_secs(599));
    assert_eq!(store.claim(&key, &early).await.unwrap(), first);
    let next = claim(first.expires_at + Duration::from_secs(1));
    assert_eq!(store.claim(&key, &next).await.unwrap(), next);
    assert_eq!(store.claim(&key, &claim(now())).await.unwrap(), next);
}
