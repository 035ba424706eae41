//! A job of a later build, as during a deployment: mappers that do not know all of it leave it to
//! those that do.

use aws_sdk_dynamodb::{Client as DynamoDb, types::AttributeValue::S};
use pgfold_adapters::{SystemClock, memory::MemoryObjects, sdk_config};
use pgfold_core::{JobId, JobQuery, list_jobs};
use pgfold_tests::{StoreKind, local_cloud};
use redis::{Client as Valkey, cmd};
use serde_json::{Value, json};

use crate::faults::{
    GatedDeployment, JobUnderTest,
    job::{Kind, is_done},
    over_both_stores,
};

over_both_stores! {
    a_query_with_a_field_of_a_later_build_is_left_to_its_mappers
}

async fn a_query_with_a_field_of_a_later_build_is_left_to_its_mappers(deployment: GatedDeployment) {
    let job = JobUnderTest::of(Kind::Groups, &deployment).await;
    let mapper = deployment.mapper().await;
    let known = job.planned.job.to_json().unwrap();
    for place in ["", "/query", "/query/where/0", "/query/group_by/0", "/query/compute/named/x"] {
        let mut later: Value = serde_json::from_str(&known).unwrap();
        later["computation"].pointer_mut(place).unwrap()["sample"] = json!(0.5);
        rewrite(deployment.store, job.planned.job.job_id, &later.to_string()).await;
        assert!(!is_done(&mapper, &job.event(1)).await, "{place:?}: {}", mapper.logs());
    }
    rewrite(deployment.store, job.planned.job.job_id, &known).await;
    // No mapper has counted the chunk without what it did not know, or failed it.
    assert!(job.record().await.is_none(), "{}", mapper.logs());
    job.completes_on_redelivery_to(&mapper).await;
}

#[tokio::test]
async fn a_job_of_a_later_build_keeps_no_other_from_the_list() {
    for kind in [StoreKind::DynamoDb, StoreKind::Valkey] {
        let deployment = GatedDeployment::over(kind).await;
        let other = JobUnderTest::create(&deployment).await.planned.job;
        let later = JobUnderTest::of(Kind::Groups, &deployment).await.planned.job;
        let known = later.to_json().unwrap();
        let unknown = known.replacen(r#""computation":{"#, r#""computation":{"sample":0.5,"#, 1);
        rewrite(kind, later.job_id, &unknown).await;
        let query = JobQuery { status: None, before: None, limit: 100 };
        let listed =
            list_jobs(&*deployment.store().await, &MemoryObjects::default(), &SystemClock, query)
                .await;
        rewrite(kind, later.job_id, &known).await;
        let listed = listed.unwrap().jobs.into_iter().map(|job| job.progress.job.job_id);
        assert!(listed.into_iter().any(|job_id| job_id == other.job_id), "{kind:?}");
    }
}

/// Puts another JSON of a job in the place of its own.
async fn rewrite(store: StoreKind, job_id: JobId, json: &str) {
    match store {
        StoreKind::DynamoDb => {
            let client = DynamoDb::new(&sdk_config().await);
            let update = client.update_item().table_name(local_cloud("JOBS_TABLE"));
            let update =
                update.key("pk", S(format!("JOB#{job_id}"))).update_expression("SET job = :job");
            update.expression_attribute_values(":job", S(json.to_owned())).send().await.unwrap();
        }
        StoreKind::Valkey => {
            let client = Valkey::open(local_cloud("VALKEY_URL")).unwrap();
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            let mut set = cmd("HSET");
            set.arg(format!("job:{{{job_id}}}")).arg("job").arg(json);
            set.exec_async(&mut connection).await.unwrap();
        }
    }
}
