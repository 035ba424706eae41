mod item;
mod leaf;
mod service;
mod table;
mod together;
mod tree;

use std::{num::NonZeroU16, ops::Range};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue::{Bool, N, Ns, S};
use futures_util::{StreamExt, TryStreamExt, stream};
use pgfold_core::{
    Announcement, ChunkIndex, ChunkRecord, Chunks, Claim, Error, FailedAttempt, IdempotencyKey,
    Job, JobId, OpenChunk, Plan, PlanHash, Progress, Reason, Recorded, Result, Stage, Store, Tally,
    Timestamp,
};

use self::{
    item::{Entry, Item, LISTED},
    leaf::{Leaf, is_tree, job_key},
    service::{AT_ONCE, SERVICE, corrupt},
    table::{Table, Written},
};

/// A store of jobs in a DynamoDB table. A job is one item or, if its chunks do not fit in one, a
/// tree of items. So no write exceeds a few kilobytes, and the cost of a job's writes is
/// proportional to its number of chunks.
///
/// | item | `pk` | |
/// |---|---|---|
/// | root | `JOB#<task id>` | the job; its only leaf, or the list of its complete leaves |
/// | leaf | `JOB#<task id>#<plan hash>#<number>` | up to 16 chunks, as many as fit with their largest partials; the last leaf may have fewer |
/// | claim | `KEY#<idempotency key>` | the job that the key belongs to |
///
/// | attribute | of | type | |
/// |---|---|---|---|
/// | `job` | root | S | the [`Job`] as JSON |
/// | `queued` | root | BOOL | whether all its messages are known to have been sent |
/// | `cancelled_at` | root | N | when the job was cancelled, in milliseconds since the epoch |
/// | `failure` | root | S | why the job failed as a whole |
/// | `attached` | root | NS | the chunks that are attached to the job's snapshot |
/// | `held_ms` | root | N | how many milliseconds the snapshot was held |
/// | `deadline` | root | N | the deadline of a job that was retried, in milliseconds since the epoch |
/// | `leaves` | root of a tree | M | number of a complete leaf → true |
/// | `failed` | root | BOOL | whether a chunk has failed |
/// | `last_error` | root | S | the [`LastError`](pgfold_core::LastError) as JSON |
/// | `announced` | root | S | the [`Announcement`] as JSON |
/// | `failed_attempts`, … | root | N | the [`FailedAttempts`](pgfold_core::FailedAttempts) |
/// | `piece` | leaf | S | the leaf's part of the [`Plan`] as JSON |
/// | `chunks` | leaf | M | chunk → [`ChunkRecord`] as JSON text, so that an f64 keeps its bits |
/// | `failures` | leaf | M | chunk → reason |
/// | `discarded` | leaf | M | chunk → the number of duplicates that were discarded |
/// | `missing` | leaf, root | N | the number of entries that `chunks`, or `leaves` in a tree's root, lacks |
/// | `counted`, `rows`, … | leaf, root | N | the [`Tally`] of the present entries |
/// | `recorded_at` | leaf, root | N | when the latest present record was made, in milliseconds since the epoch |
/// | `listed` | root | S | `JOBS` for every job, the partition key of the index |
/// | `plan` | leaf, root | S | the [`PlanHash`] |
/// | `claim` | claim | S | the [`Claim`] as JSON |
/// | `expires_at` | every item | N | seconds since the epoch, the table's time to live |
///
/// A record is one conditional update of its leaf. The update sets the chunk and lowers `missing`
/// if and only if the chunk is absent, so a redelivery cannot count a chunk twice. A call that
/// finds a leaf complete adds the leaf to the root, by the same kind of update, before it returns.
/// This includes `open` and `fail_chunk` of a chunk that has its record. So if a writer dies between
/// the two updates, the leaf is counted when its message is delivered again.
///
/// The index `jobs` has the keys of the roots in the order of their ids, and nothing else of them:
/// a list reads a page of keys, then the items. So an attribute may be added without another index,
/// and DynamoDB writes to the index only when a job is created or expires. The index is one
/// partition, which accepts a thousand new jobs a second. DynamoDB updates it a moment after the
/// table.
#[derive(Debug, Clone)]
pub struct DynamoDbStore {
    table: Table,
}

impl DynamoDbStore {
    /// Makes a store in `table`. The table's partition key is the string `pk`; the keys of its
    /// index `jobs` are the strings `listed` and `pk`.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { table: Table::new(config, table.into()) }
    }
}

#[async_trait]
impl Store for DynamoDbStore {
    fn chunks_together(&self) -> NonZeroU16 {
        Self::TOGETHER
    }

    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim> {
        let item = Item::of_claim(key, claim)?;
        match self.table.put_new(item, Some(claim.claimed_at)).await? {
            Written::Not(item) => item
                .claim()
                .map_err(|problem| Error::corrupt(format!("claim {key} in {SERVICE}"), problem)),
            Written::Now(_) | Written::Nowhere => Ok(claim.clone()),
        }
    }

    async fn create(&self, job: &Job, plan: &Plan) -> Result<()> {
        let leaves = Leaf::all(job).map(|leaf| {
            let Range { start, end } = leaf.chunks(job);
            Item::leaf(job, leaf, &plan.slice(start.into()..end.into()))
        });
        let mut leaves = leaves.collect::<Result<Vec<_>>>()?;
        let only = if is_tree(job) { None } else { leaves.pop() };
        // A leaf that exists belongs to this job, because its key has the plan's fingerprint. It
        // stays as it is, because it may have records already. The root is last because it
        // publishes the job.
        stream::iter(leaves)
            .map(|leaf| self.table.put_new(leaf, None))
            .buffer_unordered(AT_ONCE)
            .try_for_each(async |_| Ok(()))
            .await?;
        match self.table.put_new(Item::root(job, only)?, None).await? {
            Written::Not(root) if root.job().ok().as_ref() != Some(job) => {
                Err(Error::AlreadyExists(job.job_id))
            }
            _ => Ok(()),
        }
    }

    async fn mark_queued(&self, job_id: JobId) -> Result<()> {
        self.set_once(job_id, "queued", Bool(true)).await
    }

    async fn progress(&self, job_id: JobId) -> Result<Progress> {
        self.root(job_id).await?.progress().map_err(|problem| corrupt(job_id, problem))
    }

    async fn list(&self, before: Option<JobId>, limit: u16) -> Result<Vec<Progress>> {
        let progress = |root: &Item| match root.progress_of_list() {
            Ok(progress) => Some(progress),
            Err(problem) => {
                tracing::error!(%problem, "a job does not read back and is not listed");
                None
            }
        };
        self.table.list(LISTED, before.map(job_key), limit, &item::of_list(), progress).await
    }

    async fn chunks(&self, job: &Job) -> Result<Chunks> {
        let leaves = self.leaves(job).await?;
        item::chunks(leaves.iter().map(|(_, item)| item))
            .map_err(|problem| corrupt(job.job_id, problem))
    }

    async fn open(&self, job_id: JobId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk> {
        let root = self.root(job_id).await?;
        let progress = root.progress().map_err(|problem| corrupt(job_id, problem))?;
        let job = &progress.job;
        if job.plan != *plan || chunk.0 >= job.chunks {
            return Err(Error::OtherPlan(job_id));
        }
        let leaf = Leaf::of(job, chunk);
        let item = if is_tree(job) {
            self.table.get(leaf.key(job)).await?.ok_or(Error::NotFound(job_id))?
        } else {
            root
        };
        let (range, recorded) =
            item.open(job, chunk).map_err(|problem| corrupt(job_id, problem))?;
        let recorded = match recorded {
            false => None,
            true => Some(self.stage_with(job, chunk, &item).await?),
        };
        Ok(OpenChunk { progress, range, recorded })
    }

    async fn attach(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        let chunk = [(":chunk", Ns(vec![chunk.to_string()]))];
        let root = job_key(job.job_id);
        self.update(job, root, "ADD #attached :chunk", "", chunk).await.map(drop)
    }

    async fn mark_released(&self, job_id: JobId, held_ms: u64) -> Result<()> {
        self.set_once(job_id, "held_ms", N(held_ms.to_string())).await
    }

    async fn discard(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        let numbers = [(":none", N("0".to_owned())), (":one", N("1".to_owned()))];
        let leaf = Leaf::of(job, chunk).key(job);
        // ADD works on top-level attributes only.
        let counted = format!("#discarded.#{chunk}");
        let count = format!("SET {counted} = if_not_exists({counted}, :none) + :one");
        self.update(job, leaf, &count, "", numbers).await.map(drop)
    }

    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded> {
        let leaf = Leaf::of(job, chunk);
        let json = record.to_json()?;
        let tally = Tally::new(record, json.len());
        let entry = Entry { map: "chunks", number: chunk.0, value: S(json), tally };
        let (first, item) = self.put_once(job, leaf.key(job), entry).await?;
        Ok(Recorded { first, stage: self.stage_with(job, chunk, &item).await? })
    }

    async fn note_failure(&self, job: &Job, failed: &FailedAttempt) -> Result<()> {
        let sums = failed.sums().named().map(|(name, sum)| (name, format!(":{name}"), sum));
        let add: Vec<String> =
            sums.iter().map(|(name, value, _)| format!("#{name} {value}")).collect();
        let change = format!("SET #last_error = :last_error ADD {}", add.join(", "));
        let mut values = vec![(":last_error", S(failed.last_error().to_json()?))];
        values.extend(sums.iter().map(|(_, value, sum)| (value.as_str(), N(sum.to_string()))));
        self.update(job, job_key(job.job_id), &change, "", values).await.map(drop)
    }

    async fn fail_chunk(
        &self,
        job: &Job,
        chunk: ChunkIndex,
        reason: &Reason,
    ) -> Result<Option<Stage>> {
        let mut change =
            format!("SET #failures.#{chunk} = if_not_exists(#failures.#{chunk}, :reason)");
        if !is_tree(job) {
            change += ", #failed = :failed";
        }
        let absent = format!(" AND attribute_not_exists(#chunks.#{chunk})");
        let mut values = vec![(":reason", S(reason.to_string()))];
        if !is_tree(job) {
            values.push((":failed", Bool(true)));
        }
        let leaf = Leaf::of(job, chunk);
        let (failed, item) = self.update(job, leaf.key(job), &change, &absent, values).await?;
        if !failed {
            // Whoever stored the record may have died before the root counted it.
            return self.stage_with(job, chunk, &item).await.map(Some);
        }
        if is_tree(job) {
            self.set_once(job.job_id, "failed", Bool(true)).await?;
        }
        Ok(None)
    }

    async fn fail_job(&self, job_id: JobId, reason: &Reason) -> Result<()> {
        self.set_once(job_id, "failure", S(reason.to_string())).await
    }

    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()> {
        let root = self.root(job.job_id).await?;
        let leaves = self.leaves(job).await?;
        let failed = leaves.iter().filter(|(_, item)| item.has_failures());
        let forget: Vec<_> = failed.map(|(leaf, _)| self.forget_failures(job, *leaf)).collect();
        stream::iter(forget).buffer_unordered(AT_ONCE).try_for_each(async |()| Ok(())).await?;
        // Counts complete leaves here, because no message may be left to do so.
        if is_tree(job) {
            for (leaf, item) in &leaves {
                if !root.counts(*leaf) {
                    self.count_if_complete(job, *leaf, item).await?;
                }
            }
        }
        // The root is last, so that until then the job is still seen as failed.
        let reopened = "SET #deadline = :deadline REMOVE #failure, #failed, #last_error";
        let deadline = [(":deadline", N(deadline.as_millis().to_string()))];
        self.update(job, job_key(job.job_id), reopened, "", deadline).await.map(drop)
    }

    async fn cancel(&self, job_id: JobId, now: Timestamp) -> Result<()> {
        let change = "SET #cancelled_at = if_not_exists(#cancelled_at, :now)";
        let condition = "(#missing > :none OR attribute_exists(#cancelled_at))";
        let values = [(":now", N(now.as_millis().to_string())), (":none", N("0".to_owned()))];
        match self.table.update(job_key(job_id), change, condition, values).await? {
            Written::Now(_) => Ok(()),
            Written::Not(_) => Err(Error::AlreadyCompleted(job_id)),
            Written::Nowhere => Err(Error::NotFound(job_id)),
        }
    }

    async fn mark_announced(&self, job_id: JobId, announced: &Announcement) -> Result<()> {
        let change = "SET #announced = :announced";
        let value = [(":announced", S(announced.to_json()?))];
        match self.table.update(job_key(job_id), change, "attribute_exists(#job)", value).await? {
            Written::Now(_) | Written::Not(_) => Ok(()),
            Written::Nowhere => Err(Error::NotFound(job_id)),
        }
    }
}
