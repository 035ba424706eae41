//! Slots move from server to server while calls run.

use futures_util::future::join;
use pgfold_core::{Error, Store};
use pgfold_tests::{CacheUser, PlannedJob, ValkeyNode};

use super::*;

/// Long enough for calls to meet the cluster as it then is.
const A_WHILE: Duration = Duration::from_millis(150);

async fn done(node: &ValkeyNode, words: &str) {
    let done: String = node.order(words).await.unwrap_or_else(|error| panic!("{words}: {error}"));
    assert_eq!(done, "OK", "{words}");
}

/// Begins to move a slot: keys that `from` has not are asked for at `to`.
async fn begin(slot: u16, from: &ValkeyNode, to: &ValkeyNode) {
    done(to, &format!("CLUSTER SETSLOT {slot} IMPORTING {}", from.id)).await;
    done(from, &format!("CLUSTER SETSLOT {slot} MIGRATING {}", to.id)).await;
}

async fn move_key(key: &str, from: &ValkeyNode, to: &ValkeyNode) {
    let address = to.address.replace(':', " ");
    done(from, &format!("MIGRATE {address} {key} 0 5000")).await;
}

/// Moves the keys that are left in the slot, and ends the move.
async fn end(slot: u16, from: &ValkeyNode, to: &ValkeyNode) {
    let left: Vec<String> =
        from.order(&format!("CLUSTER GETKEYSINSLOT {slot} 1000")).await.unwrap();
    for key in left {
        move_key(&key, from, to).await;
    }
    for node in [to, from] {
        done(node, &format!("CLUSTER SETSLOT {slot} NODE {}", to.id)).await;
    }
}

/// How often a server has sent a client on.
async fn redirections(node: &ValkeyNode, word: &str) -> u64 {
    let count = node.info(&format!("errorstat_{word}")).await;
    count.map_or(0, |count| count.strip_prefix("count=").unwrap().parse().unwrap())
}

/// Records a job while `moving` moves its slot.
async fn recorded_while(moving: impl AsyncFn(&str, u16, &ValkeyNode, &ValkeyNode)) -> ValkeyNode {
    let (store, sample) = (store().await, PlannedJob::new(CHUNKS.into()));
    store.create(&sample.job, &sample.plan).await.unwrap();
    let slot = slot_of(&key(&sample)).await;
    let (from, to) = owner_and_another(slot).await;
    let before = redirections(&from, "MOVED").await;
    let recording = record(&store, &sample, 0..CHUNKS);
    let (refused, ()) = join(recording, moving(&key(&sample), slot, &from, &to)).await;
    assert_eq!(refused, [""; 0]);
    is_complete(&store, &sample).await;
    until("the move", async || owner_and_another(slot).await.0.id == to.id).await;
    assert!(redirections(&from, "MOVED").await > before, "nothing was sent to the old server");
    from
}

#[tokio::test]
async fn a_slot_that_moves_key_by_key_loses_no_record() {
    let _alone = ALONE.lock().await;
    recorded_while(async |key, slot, from, to| {
        begin(slot, from, to).await;
        sleep(A_WHILE).await;
        let before = redirections(from, "ASK").await;
        move_key(key, from, to).await;
        sleep(A_WHILE).await;
        assert!(
            redirections(from, "ASK").await > before,
            "nothing was asked for at the new server"
        );
        end(slot, from, to).await;
    })
    .await;
}

#[tokio::test]
async fn a_slot_that_moves_at_once_loses_no_record() {
    let _alone = ALONE.lock().await;
    recorded_while(async |_, slot, from, to| {
        sleep(A_WHILE).await;
        done(from, &format!("CLUSTER MIGRATESLOTS SLOTSRANGE {slot} {slot} NODE {}", to.id)).await;
    })
    .await;
}

#[tokio::test]
async fn a_job_is_created_where_its_slot_moves_to() {
    let _alone = ALONE.lock().await;
    let (store, sample) = (store().await, PlannedJob::new(2));
    let slot = slot_of(&key(&sample)).await;
    let (from, to) = owner_and_another(slot).await;
    begin(slot, &from, &to).await;
    store.create(&sample.job, &sample.plan).await.unwrap();
    let count = format!("CLUSTER COUNTKEYSINSLOT {slot}");
    assert_eq!(to.order::<u64>(&count).await.unwrap(), 1);
    assert_eq!(record(&store, &sample, 0..1).await, [""; 0]);
    end(slot, &from, &to).await;
    assert_eq!(record(&store, &sample, 1..2).await, [""; 0]);
    is_complete(&store, &sample).await;
}

#[tokio::test]
async fn without_the_right_to_ask_nothing_is_created_there() {
    let _alone = ALONE.lock().await;
    let user = CacheUser::without("+asking").await;
    let (store, sample) = (store_of(&user), PlannedJob::new(2));
    let slot = slot_of(&key(&sample)).await;
    let (from, to) = owner_and_another(slot).await;
    begin(slot, &from, &to).await;
    let refused = store.create(&sample.job, &sample.plan).await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
    end(slot, &from, &to).await;
    store.create(&sample.job, &sample.plan).await.unwrap();
}

#[tokio::test]
async fn while_the_list_is_on_two_servers_creation_says_so() {
    let _alone = ALONE.lock().await;
    let (store, [first, second]) = (store().await, [(); 2].map(|()| PlannedJob::new(2)));
    store.create(&first.job, &first.plan).await.unwrap();
    let slot = slot_of("jobs:{list}").await;
    let (from, to) = owner_and_another(slot).await;
    begin(slot, &from, &to).await;
    move_key("jobs:{list}", &from, &to).await;
    let refused = store.create(&second.job, &second.plan).await;
    let Err(error @ Error::Unavailable { .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(error.to_string(), "valkey is unavailable: its cluster is moving keys");
    // A list of one key can be read wherever it is.
    assert_eq!(store.list(None, 1).await.unwrap()[0].job, first.job);
    move_key("jobs:{list}:ends", &from, &to).await;
    store.create(&second.job, &second.plan).await.unwrap();
    end(slot, &from, &to).await;
    let listed = store.list(None, 2).await.unwrap();
    assert_eq!(
        listed.iter().map(|progress| &progress.job).collect::<Vec<_>>(),
        [&second.job, &first.job]
    );
}
