use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{
        AttributeValue::{self, M, N, S},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};
use pgfold_core::{
    ChunkIndex, ChunkRecord, Error, Failure, Job, PlanHash, Progress, Recorded, Result, Store,
    TaskId,
};

use crate::aws::from_sdk;

const SERVICE: &str = "dynamodb";

type Item = HashMap<String, AttributeValue>;

/// Jobs in a DynamoDB table, one item each.
///
/// | attribute | type | |
/// |---|---|---|
/// | `pk` | S | `JOB#` and the task id |
/// | `job` | S | the [`Job`] as JSON |
/// | `plan` | S | its plan's hash |
/// | `chunks` | M | chunk index → [`ChunkRecord`] as JSON text, so that an f64 keeps its bits |
/// | `missing` | N | chunks without a record |
/// | `failures` | M | `job` or chunk index → reason |
/// | `expires_at` | N | seconds since the epoch, the table's time to live |
///
/// A record is one conditional update of that item: it sets the chunk and lowers `missing` if
/// and only if the chunk is absent, so redelivery cannot count a chunk twice.
#[derive(Debug, Clone)]
pub struct DynamoDbStore {
    client: Client,
    table: String,
}

impl DynamoDbStore {
    /// The store in `table`, whose partition key is the string `pk`.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into() }
    }
}

#[async_trait]
impl Store for DynamoDbStore {
    async fn create(&self, job: &Job) -> Result<()> {
        let json = job.to_json()?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", key(job.task_id))
            .item("job", S(json.clone()))
            .item("plan", S(job.plan_hash().to_string()))
            .item("chunks", M(Item::new()))
            .item("missing", N(job.plan.len().to_string()))
            .item("failures", M(Item::new()))
            .item("expires_at", N(job.expires_at.as_secs_ceil().to_string()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = put else { return Ok(()) };
        match error.as_service_error() {
            // What the client meets that tries again because the first reply was lost.
            Some(PutItemError::ConditionalCheckFailedException(failed))
                if failed.item().and_then(|item| text(item, "job")) == Some(&json) =>
            {
                Ok(())
            }
            Some(PutItemError::ConditionalCheckFailedException(_)) => {
                Err(Error::AlreadyExists(job.task_id))
            }
            _ => Err(from_sdk(SERVICE, error)),
        }
    }

    async fn record(
        &self,
        task_id: TaskId,
        plan: &PlanHash,
        chunk: ChunkIndex,
        record: &ChunkRecord,
    ) -> Result<Recorded> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", key(task_id))
            .update_expression("SET #chunks.#chunk = :record ADD #missing :minus_one")
            .condition_expression(
                "attribute_exists(pk) AND #plan = :plan AND attribute_not_exists(#chunks.#chunk)",
            )
            .expression_attribute_names("#chunks", "chunks")
            .expression_attribute_names("#chunk", chunk.to_string())
            .expression_attribute_names("#missing", "missing")
            .expression_attribute_names("#plan", "plan")
            .expression_attribute_values(":record", S(record.to_json()?))
            .expression_attribute_values(":minus_one", N("-1".to_owned()))
            .expression_attribute_values(":plan", S(plan.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match update {
            Ok(output) => {
                let item = output.attributes.unwrap_or_default();
                Ok(Recorded { first: true, missing: missing(task_id, &item)? })
            }
            // Also what a second attempt of the client meets whose first was carried out but
            // not answered: then the record is this very one, and there is nothing to repair.
            Err(error) => match condition_failed(error)? {
                None => Err(Error::NotFound(task_id)),
                Some(item) if text(&item, "plan") != Some(plan.as_str()) => {
                    Err(Error::OtherPlan(task_id))
                }
                Some(item) => Ok(Recorded { first: false, missing: missing(task_id, &item)? }),
            },
        }
    }

    async fn fail(&self, task_id: TaskId, failure: &Failure) -> Result<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", key(task_id))
            .update_expression("SET #failures.#scope = :reason")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(#failures.#scope)")
            .expression_attribute_names("#failures", "failures")
            .expression_attribute_names("#scope", failure.scope.to_string())
            .expression_attribute_values(":reason", S(failure.reason.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match update {
            Ok(_) => Ok(()),
            Err(error) => match condition_failed(error)? {
                None => Err(Error::NotFound(task_id)),
                Some(_) => Ok(()),
            },
        }
    }

    async fn load(&self, task_id: TaskId) -> Result<Progress> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", key(task_id))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| from_sdk(SERVICE, error))?;
        let item = get.item.ok_or(Error::NotFound(task_id))?;
        progress(&item)
            .map_err(|problem| Error::corrupt(format!("task {task_id} in dynamodb"), problem))
    }
}

fn key(task_id: TaskId) -> AttributeValue {
    S(format!("JOB#{task_id}"))
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn missing(task_id: TaskId, item: &Item) -> Result<u16> {
    item.get("missing")
        .and_then(|value| value.as_n().ok())
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| Error::corrupt(format!("task {task_id} in dynamodb"), "no `missing`"))
}

/// The item that failed the condition of an update; `None` if there is no such item.
fn condition_failed<R>(error: SdkError<UpdateItemError, R>) -> Result<Option<Item>>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Ok(failed.item().filter(|item| !item.is_empty()).cloned())
        }
        _ => Err(from_sdk(SERVICE, error)),
    }
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

fn progress(item: &Item) -> Result<Progress, Problem> {
    let mut progress = Progress::new(Job::from_json(text(item, "job").ok_or("no `job`")?)?);
    for (index, record) in entries(item, "chunks")? {
        let record = ChunkRecord::from_json(record)?;
        progress.records.insert(ChunkIndex(index.parse()?), record);
    }
    for (scope, reason) in entries(item, "failures")? {
        progress.failures.insert(scope.parse()?, reason.to_owned());
    }
    Ok(progress)
}

/// The entries of a map attribute whose values are text.
fn entries<'a>(item: &'a Item, name: &str) -> Result<BTreeMap<&'a str, &'a str>, Problem> {
    let map = item.get(name).and_then(|value| value.as_m().ok());
    let map = map.ok_or_else(|| format!("no `{name}`"))?;
    map.iter()
        .map(|(key, value)| match value {
            S(value) => Ok((key.as_str(), value.as_str())),
            _ => Err(format!("`{name}.{key}` is no text").into()),
        })
        .collect()
}
