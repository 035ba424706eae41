//! The items of a job, and what is done to one of them or to all.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, M, N, S};
use futures_util::{StreamExt, TryStreamExt, stream};
use pgfold_core::{Error, Job, Result, TaskId};

use super::{
    AT_ONCE, DynamoDbStore, corrupt,
    item::Item,
    leaf::{Leaf, job_key},
    table::{BATCH, Written},
};

impl DynamoDbStore {
    pub(super) async fn root(&self, task_id: TaskId) -> Result<Item> {
        self.table.get(job_key(task_id)).await?.ok_or(Error::NotFound(task_id))
    }

    /// All leaves of a job, in their order.
    pub(super) async fn leaves(&self, job: &Job) -> Result<Vec<(Leaf, Item)>> {
        let keys: Vec<String> = Leaf::all(job).map(|leaf| leaf.key(job)).collect();
        let batches: Vec<_> = keys.chunks(BATCH).map(|keys| self.table.get_all(keys)).collect();
        let batches: Vec<Vec<(String, Item)>> =
            stream::iter(batches).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut items: HashMap<String, Item> = batches.into_iter().flatten().collect();
        if items.is_empty() {
            return Err(Error::NotFound(job.task_id));
        }
        let item = |(leaf, key): (Leaf, String)| match items.remove(&key) {
            Some(item) => Ok((leaf, item)),
            None => Err(corrupt(job.task_id, format!("no item {key}").into())),
        };
        Leaf::all(job).zip(keys).map(item).collect()
    }

    /// Changes an item of a job, if `condition` holds. Gives whether it did, and what it knows of
    /// the item then.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such item, [`Error::OtherPlan`] if it is of another job.
    pub(super) async fn update(
        &self,
        job: &Job,
        pk: String,
        change: &str,
        condition: &str,
        values: impl IntoIterator<Item = (&str, AttributeValue)>,
    ) -> Result<(bool, Item)> {
        let plan = S(job.plan.to_string());
        let condition = format!("#plan = :plan{condition}");
        let values = values.into_iter().chain([(":plan", plan)]);
        match self.table.update(pk, change, &condition, values).await? {
            Written::Now(item) => Ok((true, item)),
            Written::Not(item) if item.is_of(&job.plan) => Ok((false, item)),
            Written::Not(_) => Err(Error::OtherPlan(job.task_id)),
            Written::Nowhere => Err(Error::NotFound(job.task_id)),
        }
    }

    /// Sets an entry of a map if the map has none of that number, and then lowers `missing`.
    /// Gives whether it did so, and what is missing now.
    pub(super) async fn put_once(
        &self,
        job: &Job,
        pk: String,
        map: &str,
        entry: u16,
        value: AttributeValue,
    ) -> Result<(bool, u16)> {
        let change = format!("SET #{map}.#{entry} = :value ADD #missing :minus_one");
        let absent = format!(" AND attribute_not_exists(#{map}.#{entry})");
        let values = [(":value", value), (":minus_one", N("-1".to_owned()))];
        // Also not the first: our own retry of a write whose reply was lost. The entry is ours.
        let (first, item) = self.update(job, pk, &change, &absent, values).await?;
        Ok((first, item.missing().map_err(|problem| corrupt(job.task_id, problem))?))
    }

    /// Has the root of a tree count a leaf that misses nothing; gives whether it counts all.
    pub(super) async fn count_leaf(&self, job: &Job, leaf: Leaf) -> Result<bool> {
        let root = job_key(job.task_id);
        let (_, missing) = self.put_once(job, root, "leaves", leaf.0, Bool(true)).await?;
        Ok(missing == 0)
    }

    /// Forgets why the chunks of a leaf failed.
    pub(super) async fn forget_failures(&self, job: &Job, leaf: Leaf) -> Result<()> {
        let none = [(":none", M(HashMap::new()))];
        self.update(job, leaf.key(job), "SET #failures = :none", "", none).await.map(drop)
    }

    /// Sets an attribute of a job's root, unless it has it.
    pub(super) async fn set_once(
        &self,
        task_id: TaskId,
        name: &str,
        value: AttributeValue,
    ) -> Result<()> {
        let (set, absent) =
            (format!("SET #{name} = :value"), format!("attribute_not_exists(#{name})"));
        match self.table.update(job_key(task_id), &set, &absent, [(":value", value)]).await? {
            Written::Now(_) | Written::Not(_) => Ok(()),
            Written::Nowhere => Err(Error::NotFound(task_id)),
        }
    }
}
