//! A message is delivered to two mappers at the same time.

use std::time::{Duration, Instant};

use pgfold_tests::{FunctionProcess, connect};

use crate::faults::{GatedDeployment, JobUnderTest, job::is_done, over_both_stores};

over_both_stores! {
    of_two_mappers_on_one_chunk_one_counts
}

async fn of_two_mappers_on_one_chunk_one_counts(deployment: GatedDeployment) {
    let job = JobUnderTest::create(&deployment).await;
    let (one, other) = (deployment.mapper().await, deployment.mapper().await);
    let locker = connect(&deployment.schema.database()).await;
    locker.batch_execute("BEGIN; LOCK TABLE points").await.unwrap();

    // Neither finds a record, and both read.
    let both_wait = async {
        let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'points'::regclass
                       AND NOT granted";
        let deadline = Instant::now() + Duration::from_secs(30);
        while locker.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) < 2 {
            assert!(Instant::now() < deadline, "{}{}", one.logs(), other.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        locker.batch_execute("COMMIT").await.unwrap();
    };
    let (first, second) = (job.event(1), job.event(2));
    let (one_is_done, other_is_done, ()) =
        tokio::join!(is_done(&one, &first), is_done(&other, &second), both_wait);
    assert!(one_is_done && other_is_done, "{}{}", one.logs(), other.logs());

    // One of them says that its record counts, and it is that one which is kept.
    one.kill().await;
    other.kill().await;
    let says_first = |mapper: &FunctionProcess| mapper.logs().contains(r#""first":true"#);
    let kept = job.record().await.unwrap().receipt.attempts;
    assert_eq!((says_first(&one), says_first(&other)), (kept == 1, kept == 2));
    job.completes_on_redelivery_to(&deployment.mapper().await).await;
}
