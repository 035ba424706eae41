//! The scripts that the server runs atomically. The first key of a script is the job's, unless
//! stated otherwise.

/// Returns the claim that holds the key. The claim is a separate text that the server expires. But
/// the claimant's clock decides whether the claim has expired, as in other stores.
pub(super) const CLAIM: &str = "
local claim, claimed_at, expires_at = unpack(ARGV)
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).expires_at > tonumber(claimed_at) then return held end
redis.call('SET', KEYS[1], claim, 'PXAT', expires_at)
return claim";

/// Creates a job. Returns 1 if this job is now stored, 0 if another job has the key.
pub(super) const CREATE: &str = "
local job, plan, missing, expires_at = unpack(ARGV, 1, 4)
local kept = redis.call('HGET', KEYS[1], 'job')
if kept then return kept == job and 1 or 0 end
redis.call('HSET', KEYS[1], 'job', job, 'plan', plan, 'missing', missing)
for i = 5, #ARGV do redis.call('HSET', KEYS[1], 'p:' .. i - 5, ARGV[i]) end
redis.call('PEXPIREAT', KEYS[1], expires_at)
return 1";

/// Adds a job to the list, and removes up to 100 expired jobs from it.
pub(super) const LIST: &str = "
local task_id, now, expires_at = unpack(ARGV)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], 0, now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', KEYS[1], gone)
    redis.call('ZREM', KEYS[2], gone)
end
redis.call('ZADD', KEYS[1], 0, task_id)
redis.call('ZADD', KEYS[2], expires_at, task_id)
return 'done'";

/// Stores a record. Returns the outcome and the number of chunks without a record.
pub(super) const RECORD: &str = "
local plan, chunk, record, recorded_at = unpack(ARGV, 1, 4)
local kept = redis.call('HGET', KEYS[1], 'plan')
if not kept then return {'not found', 0} end
if kept ~= plan then return {'other plan', 0} end
if redis.call('HSETNX', KEYS[1], 'c:' .. chunk, record) == 0 then
    return {'duplicate', redis.call('HGET', KEYS[1], 'missing')}
end
redis.call('HSET', KEYS[1], 'recorded_at', recorded_at)
for i = 5, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return {'first', redis.call('HINCRBY', KEYS[1], 'missing', -1)}";

/// The start of a script that requires the job to have the plan of its first argument.
pub(super) const OF_ITS_PLAN: &str = "
local kept = redis.call('HGET', KEYS[1], 'plan')
if not kept then return 'not found' end
if kept ~= ARGV[1] then return 'other plan' end";

pub(super) const ATTACH: &str = "
local _, chunk = unpack(ARGV)
if redis.call('HSETNX', KEYS[1], 'a:' .. chunk, 1) == 1 then
    redis.call('HINCRBY', KEYS[1], 'attached', 1)
end
return 'done'";

pub(super) const DISCARD: &str = "
local _, chunk = unpack(ARGV)
redis.call('HINCRBY', KEYS[1], 'd:' .. chunk, 1)
return 'done'";

/// Notes a failed attempt. The arguments from the third on are names of sums, each followed by the
/// number to add.
pub(super) const NOTE_FAILURE: &str = "
redis.call('HSET', KEYS[1], 'last_error', ARGV[2])
for i = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 'done'";

/// Stores why a chunk failed, unless it has its record. Returns the outcome and the number of chunks
/// without a record.
pub(super) const FAIL_CHUNK: &str = "
local plan, chunk, reason = unpack(ARGV)
local kept = redis.call('HGET', KEYS[1], 'plan')
if not kept then return {'not found', 0} end
if kept ~= plan then return {'other plan', 0} end
local missing = redis.call('HGET', KEYS[1], 'missing')
if redis.call('HEXISTS', KEYS[1], 'c:' .. chunk) == 1 then return {'duplicate', missing} end
if redis.call('HSETNX', KEYS[1], 'f:' .. chunk, reason) == 1 then
    redis.call('HINCRBY', KEYS[1], 'failures', 1)
end
return {'done', missing}";

/// Sets a field of a job unless the job has it.
pub(super) const SET_ONCE: &str = "
if redis.call('EXISTS', KEYS[1]) == 0 then return 'not found' end
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return 'done'";

/// Sets a field of a job.
pub(super) const SET: &str = "
if redis.call('EXISTS', KEYS[1]) == 0 then return 'not found' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 'done'";

pub(super) const REOPEN: &str = "
local _, deadline = unpack(ARGV)
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(name, 1, 2) == 'f:' then redis.call('HDEL', KEYS[1], name) end
end
redis.call('HDEL', KEYS[1], 'failures', 'failure', 'last_error')
redis.call('HSET', KEYS[1], 'deadline', deadline)
return 'done'";

pub(super) const CANCEL: &str = "
local missing = redis.call('HGET', KEYS[1], 'missing')
if not missing then return 'not found' end
if redis.call('HEXISTS', KEYS[1], 'cancelled_at') == 1 then return 'done' end
if missing == '0' then return 'completed' end
redis.call('HSET', KEYS[1], 'cancelled_at', ARGV[1])
return 'done'";
