mod connection;

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use pgfold_core::{
    ChunkIndex, ChunkRecord, Error, Failure, Job, PlanHash, Progress, Recorded, Result, Store,
    TaskId,
};
use redis::{Cmd, FromRedisValue, cmd, from_redis_value};

use self::connection::Connections;
use crate::config::ValkeyConfig;

const SERVICE: &str = "valkey";

/// Jobs in Valkey or Redis, one hash each, by the key `job:{<task id>}`.
///
/// | field | |
/// |---|---|
/// | `job` | the [`Job`] as JSON |
/// | `plan` | its plan's hash |
/// | `missing` | how many chunks have no record |
/// | `c:<index>` | the chunk's [`ChunkRecord`] as JSON text, so that an f64 keeps its bits |
/// | `f:job`, `f:<index>` | why the job or the chunk failed |
///
/// Every write is one script on that one key, which the server runs whole and alone. The script
/// that makes the key also dates its end, and no other makes one: a key that was evicted, or was
/// lost with a server, is a job that is not known, never one of which a part is known.
pub struct ValkeyStore {
    connections: Connections,
}

impl ValkeyStore {
    /// The store on a server or cluster. Connects with the first call.
    pub fn new(config: ValkeyConfig) -> Self {
        Self { connections: Connections::new(config) }
    }

    /// The reply to `command`, which must be of the form `T`.
    async fn send<T: FromRedisValue>(&self, task_id: TaskId, command: &Cmd) -> Result<T> {
        let reply = self.connections.send(command).await?;
        from_redis_value(reply).map_err(|error| corrupt(task_id, error))
    }
}

impl fmt::Debug for ValkeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValkeyStore").field("config", self.connections.config()).finish()
    }
}

/// 1 if this very job is kept from now on.
const CREATE: &str = "
local job, plan, missing, expires_at = unpack(ARGV)
local kept = redis.call('HGET', KEYS[1], 'job')
if kept then return kept == job and 1 or 0 end
redis.call('HSET', KEYS[1], 'job', job, 'plan', plan, 'missing', missing)
redis.call('PEXPIREAT', KEYS[1], expires_at)
return 1";

/// What became of the record, and how many chunks are missing.
const RECORD: &str = "
local plan, chunk, record = unpack(ARGV)
local kept = redis.call('HGET', KEYS[1], 'plan')
if not kept then return {'not found', 0} end
if kept ~= plan then return {'other plan', 0} end
if redis.call('HSETNX', KEYS[1], chunk, record) == 0 then
    return {'duplicate', redis.call('HGET', KEYS[1], 'missing')}
end
return {'first', redis.call('HINCRBY', KEYS[1], 'missing', -1)}";

/// 0 if there is no such job.
const FAIL: &str = "
local scope, reason = unpack(ARGV)
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSETNX', KEYS[1], scope, reason)
return 1";

#[async_trait]
impl Store for ValkeyStore {
    async fn create(&self, job: &Job) -> Result<()> {
        let json = job.to_json()?;
        let mut create = eval(CREATE, job.task_id);
        create.arg(json).arg(job.plan_hash().as_str()).arg(job.plan.len());
        create.arg(job.expires_at.as_millis());
        if self.send(job.task_id, &create).await? {
            Ok(())
        } else {
            Err(Error::AlreadyExists(job.task_id))
        }
    }

    async fn record(
        &self,
        task_id: TaskId,
        plan: &PlanHash,
        chunk: ChunkIndex,
        record: &ChunkRecord,
    ) -> Result<Recorded> {
        let mut put = eval(RECORD, task_id);
        put.arg(plan.as_str()).arg(format!("c:{chunk}")).arg(record.to_json()?);
        let (outcome, missing): (String, u16) = self.send(task_id, &put).await?;
        match outcome.as_str() {
            "not found" => Err(Error::NotFound(task_id)),
            "other plan" => Err(Error::OtherPlan(task_id)),
            // Also what a second attempt meets whose first was carried out but not answered:
            // then the record is this very one, and there is nothing to repair.
            outcome => Ok(Recorded { first: outcome == "first", missing }),
        }
    }

    async fn fail(&self, task_id: TaskId, failure: &Failure) -> Result<()> {
        let mut fail = eval(FAIL, task_id);
        fail.arg(format!("f:{}", failure.scope)).arg(&failure.reason);
        if self.send(task_id, &fail).await? { Ok(()) } else { Err(Error::NotFound(task_id)) }
    }

    async fn load(&self, task_id: TaskId) -> Result<Progress> {
        let mut load = cmd("HGETALL");
        load.arg(key(task_id));
        let fields: HashMap<String, String> = self.send(task_id, &load).await?;
        if fields.is_empty() {
            return Err(Error::NotFound(task_id));
        }
        progress(&fields).map_err(|problem| corrupt(task_id, problem))
    }
}

/// In braces what a cluster places the key by: all of a job in one slot.
fn key(task_id: TaskId) -> String {
    format!("job:{{{task_id}}}")
}

/// A call of `script` on the job's key. It is sent whole: shorter than a record, and so never
/// missing on a server that took over from another.
fn eval(script: &str, task_id: TaskId) -> Cmd {
    let mut eval = cmd("EVAL");
    eval.arg(script).arg(1).arg(key(task_id));
    eval
}

type Problem = Box<dyn std::error::Error + Send + Sync>;

fn corrupt(task_id: TaskId, problem: impl Into<Problem>) -> Error {
    Error::corrupt(format!("task {task_id} in {SERVICE}"), problem)
}

fn progress(fields: &HashMap<String, String>) -> Result<Progress, Problem> {
    let mut progress = Progress::new(Job::from_json(fields.get("job").ok_or("no `job`")?)?);
    for (name, value) in fields {
        match name.split_once(':') {
            Some(("c", index)) => {
                let record = ChunkRecord::from_json(value)?;
                progress.records.insert(ChunkIndex(index.parse()?), record);
            }
            Some(("f", scope)) => {
                progress.failures.insert(scope.parse()?, value.clone());
            }
            _ => {}
        }
    }
    Ok(progress)
}
