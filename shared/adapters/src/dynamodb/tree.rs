//! Operations on one or all items of a job.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, M, N, S};
use futures_util::{StreamExt, TryStreamExt, stream};
use pgfold_core::{ChunkIndex, Error, Job, JobId, Result, Stage, Tally};

use super::{
    DynamoDbStore,
    item::{Entry, Item},
    leaf::{Leaf, is_tree, job_key, stage, stage_of},
    service::{AT_ONCE, corrupt},
    table::{BATCH, Written},
};

impl DynamoDbStore {
    pub(super) async fn root(&self, job_id: JobId) -> Result<Item> {
        self.table.get(job_key(job_id)).await?.ok_or(Error::NotFound(job_id))
    }

    /// Reads all leaves of a job, in their order.
    pub(super) async fn leaves(&self, job: &Job) -> Result<Vec<(Leaf, Item)>> {
        let keys: Vec<String> = Leaf::all(job).map(|leaf| leaf.key(job)).collect();
        let batches: Vec<_> = keys.chunks(BATCH).map(|keys| self.table.get_all(keys)).collect();
        let batches: Vec<Vec<(String, Item)>> =
            stream::iter(batches).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut items: HashMap<String, Item> = batches.into_iter().flatten().collect();
        if items.is_empty() {
            return Err(Error::NotFound(job.job_id));
        }
        let item = |(leaf, key): (Leaf, String)| match items.remove(&key) {
            Some(item) => Ok((leaf, item)),
            None => Err(corrupt(job.job_id, format!("no item {key}").into())),
        };
        Leaf::all(job).zip(keys).map(item).collect()
    }

    /// Changes an item of a job if `condition` holds. Returns whether it changed: if so, with the
    /// changed attributes, otherwise with the present item.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the item does not exist, [`Error::OtherPlan`] if it belongs to
    /// another job.
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
            Written::Not(_) => Err(Error::OtherPlan(job.job_id)),
            Written::Nowhere => Err(Error::NotFound(job.job_id)),
        }
    }

    /// Sets an entry of a map if the map has no entry of that number; then also lowers `missing`
    /// and adds to the sums. Returns whether it set the entry, and the item's present `missing` and
    /// sums.
    pub(super) async fn put_once(
        &self,
        job: &Job,
        pk: String,
        entry: Entry,
    ) -> Result<(bool, Item)> {
        let Entry { map, number, value, tally } = entry;
        let sums = tally.sums().map(|(name, sum)| (name, format!(":{name}"), sum));
        let mut set = format!("SET #{map}.#{number} = :value");
        let mut add = "ADD #missing :minus_one".to_owned();
        for (name, value, _) in &sums {
            add += &format!(", #{name} {value}");
        }
        let mut values = vec![(":value", value), (":minus_one", N("-1".to_owned()))];
        values.extend(sums.iter().map(|(_, name, sum)| (name.as_str(), N(sum.to_string()))));
        if let Some(at) = tally.recorded_at {
            set += ", #recorded_at = :recorded_at";
            values.push((":recorded_at", N(at.as_millis().to_string())));
        }
        let absent = format!(" AND attribute_not_exists(#{map}.#{number})");
        // A retry by the SDK of a write whose reply was lost also finds the entry. It is then ours.
        self.update(job, pk, &format!("{set} {add}"), &absent, values).await
    }

    /// Returns the stage of a job one of whose chunks has its record, which counts from here on. `item`
    /// is that of the chunk's leaf.
    pub(super) async fn stage_with(
        &self,
        job: &Job,
        chunk: ChunkIndex,
        item: &Item,
    ) -> Result<Stage> {
        let missing = item.missing().map_err(|problem| corrupt(job.job_id, problem))?;
        if !is_tree(job) {
            return Ok(stage(job, missing));
        }
        let counted = self.count_if_complete(job, Leaf::of(job, chunk), item).await?;
        Ok(counted.map_or(stage_of(job, chunk), |missing| stage(job, missing)))
    }

    /// Adds a leaf of a tree to the root if it is complete. Returns how many leaves the root then
    /// lacks; `None` if the leaf is not complete.
    pub(super) async fn count_if_complete(
        &self,
        job: &Job,
        leaf: Leaf,
        item: &Item,
    ) -> Result<Option<u16>> {
        let problem = |problem| corrupt(job.job_id, problem);
        if item.missing().map_err(problem)? > 0 {
            return Ok(None);
        }
        self.count_leaf(job, leaf, &item.tally().map_err(problem)?).await.map(Some)
    }

    /// Adds a complete leaf with these sums to the root of a tree. Returns how many leaves the root
    /// then lacks.
    async fn count_leaf(&self, job: &Job, leaf: Leaf, tally: &Tally) -> Result<u16> {
        let entry = Entry { map: "leaves", number: leaf.0, value: Bool(true), tally: *tally };
        let (_, root) = self.put_once(job, job_key(job.job_id), entry).await?;
        root.missing().map_err(|problem| corrupt(job.job_id, problem))
    }

    /// Removes the reasons why chunks of a leaf failed.
    pub(super) async fn forget_failures(&self, job: &Job, leaf: Leaf) -> Result<()> {
        let none = [(":none", M(HashMap::new()))];
        self.update(job, leaf.key(job), "SET #failures = :none", "", none).await.map(drop)
    }

    /// Sets an attribute of a job's root unless the root has it.
    pub(super) async fn set_once(
        &self,
        job_id: JobId,
        name: &str,
        value: AttributeValue,
    ) -> Result<()> {
        let (set, absent) =
            (format!("SET #{name} = :value"), format!("attribute_not_exists(#{name})"));
        match self.table.update(job_key(job_id), &set, &absent, [(":value", value)]).await? {
            Written::Now(_) | Written::Not(_) => Ok(()),
            Written::Nowhere => Err(Error::NotFound(job_id)),
        }
    }
}
