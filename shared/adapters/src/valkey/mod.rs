mod connection;
mod denial;
mod fields;
mod refusal;
mod scripts;
mod service;
mod tokens;

use std::{fmt, num::NonZeroU16};

use async_trait::async_trait;
use aws_config::SdkConfig;
use futures_util::{StreamExt, stream};
use pgfold_core::{
    Announcement, ChunkIndex, ChunkRecord, Chunks, Claim, Error, FailedAttempt, IdempotencyKey,
    Job, JobId, OpenChunk, Plan, PlanHash, Progress, Reason, Recorded, Result, Stage, Store, Tally,
    Timestamp,
};
use redis::{Cmd, FromRedisValue, cmd, from_redis_value};

use self::{
    connection::Connections,
    fields::{Fields, PIECE, of_progress, piece_of, record_of},
    scripts::{
        ATTACH, CANCEL, CLAIM, CREATE, DISCARD, FAIL_CHUNK, LIST, NOTE_FAILURE, OF_ITS_PLAN,
        RECORD, REOPEN, SET, SET_ONCE,
    },
    service::{SERVICE, corrupt},
};
use crate::config::ValkeyConfig;

/// The keys of the jobs by id and of the jobs by expiry, in one slot of a cluster.
const JOBS: &str = "jobs:{list}";
const ENDS: &str = "jobs:{list}:ends";

/// The number of jobs that are read concurrently.
const AT_ONCE: usize = 32;

/// A store of jobs in Valkey or Redis. Each job is a hash with the key `job:{<task id>}`, and each
/// claim a text with the key `key:{<idempotency key>}`.
///
/// | field | |
/// |---|---|
/// | `job` | the [`Job`] as JSON |
/// | `plan` | the [`PlanHash`] |
/// | `missing` | the number of chunks without a record |
/// | `counted`, `rows`, … | the [`Tally`] of the records |
/// | `recorded_at` | when the latest record was made, in milliseconds since the epoch |
/// | `p:<number>` | the plan of 16 chunks as JSON |
/// | `c:<index>` | the chunk's [`ChunkRecord`] as JSON text, so that an f64 keeps its bits |
/// | `f:<index>` | why the chunk failed |
/// | `failures` | the number of these fields |
/// | `last_error` | the [`LastError`](pgfold_core::LastError) as JSON |
/// | `announced` | the [`Announcement`] as JSON |
/// | `failed_attempts`, … | the [`FailedAttempts`](pgfold_core::FailedAttempts) |
/// | `d:<index>` | the number of duplicates of the chunk that were discarded |
/// | `a:<index>` | present if the chunk is attached to the job's snapshot |
/// | `attached` | the number of these fields |
/// | `held_ms` | how many milliseconds the snapshot was held |
/// | `failure`, `cancelled_at`, `deadline`, `queued` | see [`Progress`] |
///
/// Every write is one script on the job's key, which the server runs atomically. The script that
/// creates the key also sets its expiry, and no other script creates a key. So a key that was
/// evicted or lost with a server is an unknown job, never a partly known one.
///
/// The ids of all jobs are in the sorted set `jobs:{list}`, and, by expiry, in `jobs:{list}:ends`.
/// A job is added after its creation and removed some time after it expired.
pub struct ValkeyStore {
    connections: Connections,
}

impl ValkeyStore {
    /// Makes a store on a server or cluster. Connects with the first call.
    pub fn new(aws: &SdkConfig, config: ValkeyConfig) -> Self {
        Self { connections: Connections::new(aws, config) }
    }

    /// Sends `command` and returns its reply.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the reply does not have the form of a `T`.
    async fn send<T: FromRedisValue>(&self, job_id: JobId, command: &Cmd) -> Result<T> {
        let reply = self.connections.send(command).await?;
        from_redis_value(reply).map_err(|error| corrupt(job_id, error))
    }

    /// Reads the fields with these names that the job has.
    async fn some_fields(&self, job_id: JobId, names: &[String]) -> Result<Fields> {
        let mut load = cmd("HMGET");
        load.arg(key(job_id)).arg(names);
        let values: Vec<Option<String>> = self.send(job_id, &load).await?;
        let fields = names.iter().zip(values);
        let fields = fields.filter_map(|(name, value)| Some((name.clone(), value?)));
        Fields::new(job_id, fields.collect())
    }

    /// Reads the ids of up to `limit` jobs before `before`, the newest first.
    async fn listed(&self, before: Option<JobId>, limit: usize) -> Result<Vec<JobId>> {
        let before = before.map_or("+".to_owned(), |before| format!("({before}"));
        let mut list = cmd("ZREVRANGEBYLEX");
        list.arg(JOBS).arg(before).arg("-").arg("LIMIT").arg(0).arg(limit);
        let reply = self.connections.send(&list).await?;
        let corrupt = |error| Error::corrupt(format!("{JOBS} in {SERVICE}"), error);
        let ids: Vec<String> = from_redis_value(reply).map_err(corrupt)?;
        ids.iter().map(|id| Ok(id.parse()?)).collect()
    }

    async fn set_once(&self, job_id: JobId, field: &str, value: &str) -> Result<()> {
        let mut set = eval(SET_ONCE, job_id);
        set.arg(field).arg(value);
        outcome(job_id, &self.send::<String>(job_id, &set).await?)
    }
}

impl fmt::Debug for ValkeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValkeyStore").field("config", self.connections.config()).finish()
    }
}

#[async_trait]
impl Store for ValkeyStore {
    /// Records are fields of their own, so each chunk is by itself.
    fn chunks_together(&self) -> NonZeroU16 {
        NonZeroU16::MIN
    }

    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim> {
        let mut command = cmd("EVAL");
        command.arg(CLAIM).arg(1).arg(format!("key:{{{key}}}"));
        command.arg(claim.to_json()?);
        command.arg(claim.claimed_at.as_millis()).arg(claim.expires_at.as_millis());
        let held: String = self.send(claim.job_id, &command).await?;
        Claim::from_json(&held)
    }

    async fn create(&self, job: &Job, plan: &Plan) -> Result<()> {
        let mut create = eval(CREATE, job.job_id);
        create.arg(job.to_json()?).arg(job.plan.as_str()).arg(job.chunks);
        create.arg(job.expires_at.as_millis());
        for piece in plan.pieces(PIECE) {
            create.arg(piece.to_json()?);
        }
        if !self.send(job.job_id, &create).await? {
            return Err(Error::AlreadyExists(job.job_id));
        }
        let mut list = cmd("EVAL");
        list.arg(LIST).arg(2).arg(JOBS).arg(ENDS).arg(job.job_id.to_string());
        list.arg(job.created_at.as_millis()).arg(job.expires_at.as_millis());
        outcome(job.job_id, &self.send::<String>(job.job_id, &list).await?)
    }

    async fn mark_queued(&self, job_id: JobId) -> Result<()> {
        self.set_once(job_id, "queued", "1").await
    }

    async fn progress(&self, job_id: JobId) -> Result<Progress> {
        self.some_fields(job_id, &of_progress().collect::<Vec<_>>()).await?.progress()
    }

    async fn list(&self, before: Option<JobId>, limit: u16) -> Result<Vec<Progress>> {
        let (mut before, mut jobs) = (before, Vec::new());
        let names: Vec<String> = of_progress().collect();
        loop {
            let wanted = usize::from(limit) - jobs.len();
            let job_ids = self.listed(before, wanted).await?;
            let reads: Vec<_> =
                job_ids.iter().map(|job_id| self.some_fields(*job_id, &names)).collect();
            let read: Vec<Result<Fields>> = stream::iter(reads).buffered(AT_ONCE).collect().await;
            for fields in read {
                match fields {
                    Ok(fields) => match fields.progress() {
                        Ok(progress) => jobs.push(progress),
                        Err(error) => {
                            let error = error.with_causes();
                            tracing::error!(error, "a job does not read back and is not listed");
                        }
                    },
                    // The job has expired, or was evicted.
                    Err(Error::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            before = job_ids.last().copied();
            if job_ids.len() < wanted || jobs.len() == usize::from(limit) {
                return Ok(jobs);
            }
        }
    }

    async fn chunks(&self, job: &Job) -> Result<Chunks> {
        let mut load = cmd("HGETALL");
        load.arg(key(job.job_id));
        Fields::new(job.job_id, self.send(job.job_id, &load).await?)?.chunks()
    }

    async fn open(&self, job_id: JobId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk> {
        let names: Vec<String> = of_progress().chain([piece_of(chunk), record_of(chunk)]).collect();
        let fields = self.some_fields(job_id, &names).await?;
        let progress = fields.progress()?;
        match fields.range(chunk)? {
            Some(range) if progress.job.plan == *plan => {
                let stage = progress.stage();
                let recorded = fields.has_record(chunk).then_some(stage);
                Ok(OpenChunk { progress, range, recorded })
            }
            _ => Err(Error::OtherPlan(job_id)),
        }
    }

    async fn attach(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        let mut attach = eval_of_plan(ATTACH, job);
        attach.arg(chunk.0);
        outcome(job.job_id, &self.send::<String>(job.job_id, &attach).await?)
    }

    async fn mark_released(&self, job_id: JobId, held_ms: u64) -> Result<()> {
        self.set_once(job_id, "held_ms", &held_ms.to_string()).await
    }

    async fn discard(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        let mut discard = eval_of_plan(DISCARD, job);
        discard.arg(chunk.0);
        outcome(job.job_id, &self.send::<String>(job.job_id, &discard).await?)
    }

    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded> {
        let mut put = eval(RECORD, job.job_id);
        let json = record.to_json()?;
        let tally = Tally::new(record, json.len());
        put.arg(job.plan.as_str()).arg(chunk.0).arg(json);
        put.arg(record.receipt.recorded_at.as_millis());
        for (name, sum) in tally.sums() {
            put.arg(name).arg(sum);
        }
        let (word, missing): (String, u16) = self.send(job.job_id, &put).await?;
        // A second attempt also finds a duplicate if the first was executed but its reply was lost.
        // The record is then this one, and nothing needs repair.
        outcome(job.job_id, &word)?;
        let done = job.chunks.saturating_sub(missing);
        Ok(Recorded { first: word == "first", stage: job.stage(done) })
    }

    async fn note_failure(&self, job: &Job, failed: &FailedAttempt) -> Result<()> {
        let mut note = eval_of_plan(NOTE_FAILURE, job);
        note.arg(failed.last_error().to_json()?);
        for (name, sum) in failed.sums().named() {
            note.arg(name).arg(sum);
        }
        outcome(job.job_id, &self.send::<String>(job.job_id, &note).await?)
    }

    async fn fail_chunk(
        &self,
        job: &Job,
        chunk: ChunkIndex,
        reason: &Reason,
    ) -> Result<Option<Stage>> {
        let mut fail = eval(FAIL_CHUNK, job.job_id);
        fail.arg(job.plan.as_str()).arg(chunk.0).arg(reason.as_str());
        let (word, missing): (String, u16) = self.send(job.job_id, &fail).await?;
        outcome(job.job_id, &word)?;
        let done = job.chunks.saturating_sub(missing);
        Ok((word == "duplicate").then(|| job.stage(done)))
    }

    async fn fail_job(&self, job_id: JobId, reason: &Reason) -> Result<()> {
        self.set_once(job_id, "failure", reason.as_str()).await
    }

    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()> {
        let mut reopen = eval_of_plan(REOPEN, job);
        reopen.arg(deadline.as_millis());
        outcome(job.job_id, &self.send::<String>(job.job_id, &reopen).await?)
    }

    async fn cancel(&self, job_id: JobId, now: Timestamp) -> Result<()> {
        let mut cancel = eval(CANCEL, job_id);
        cancel.arg(now.as_millis());
        outcome(job_id, &self.send::<String>(job_id, &cancel).await?)
    }

    async fn mark_announced(&self, job_id: JobId, announced: &Announcement) -> Result<()> {
        let mut set = eval(SET, job_id);
        set.arg("announced").arg(announced.to_json()?);
        outcome(job_id, &self.send::<String>(job_id, &set).await?)
    }
}

/// Returns the result that a script's reply stands for.
fn outcome(job_id: JobId, word: &str) -> Result<()> {
    match word {
        "done" | "first" | "duplicate" => Ok(()),
        "not found" => Err(Error::NotFound(job_id)),
        "other plan" => Err(Error::OtherPlan(job_id)),
        "completed" => Err(Error::AlreadyCompleted(job_id)),
        word => Err(corrupt(job_id, format!("a script says {word:?}"))),
    }
}

/// Returns the key of a job. A cluster chooses the slot by the part in braces, so all of a job is
/// in one slot.
fn key(job_id: JobId) -> String {
    format!("job:{{{job_id}}}")
}

/// Makes a call of `script` on the job's key. The call has the whole script, which is shorter than
/// a record, so that no server lacks it after a failover.
fn eval(script: &str, job_id: JobId) -> Cmd {
    let mut eval = cmd("EVAL");
    eval.arg(script).arg(1).arg(key(job_id));
    eval
}

/// Makes a call of a script that requires the job's plan, which is its first argument.
fn eval_of_plan(script: &str, job: &Job) -> Cmd {
    let mut eval = eval(&format!("{OF_ITS_PLAN}{script}"), job.job_id);
    eval.arg(job.plan.as_str());
    eval
}
