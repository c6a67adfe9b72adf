"""The leases' Redis scripts. Each is one atomic step; times are Redis's own, in ms.

A leased queue is in one of three states: idle; in `ready` (work, nobody has it); leased (`lease:<name>` holds the
worker's token, `leases` its end, `inflight:<name>` the job being run). One Redis, not a cluster: keys are built here.
`ready` is sorted by when a name was put there, later by its first job's `lane` (adapters/queue/jobs.py).
"""

from __future__ import annotations

NOW = "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

RING = """
local function lane(name)
  local job = redis.call('LINDEX', 'rq:queue:' .. name, 0)
  return job and tonumber(redis.call('HGET', 'rq:job:' .. job, 'lane') or 0) or 0
end
local function ring(name)
  redis.call('ZADD', 'ready', 'LT', now / 1000 + lane(name), name)
  redis.call('LPUSH', 'ready:bell', 1)
  redis.call('LTRIM', 'ready:bell', 0, 63)
end
"""

CLAIM = NOW + """
-- ARGV 1 token, 2 ttl. A name whose lease is held is dropped: its holder looks at the queue before it lets go.
-- Returns the name, its job, and how often that job's worker died.
for _ = 1, 50 do
  local popped = redis.call('ZPOPMIN', 'ready')
  if #popped == 0 then return nil end
  local name = popped[1]
  if redis.call('EXISTS', 'lease:' .. name) == 0 then
    local job = redis.call('LMOVE', 'rq:queue:' .. name, 'inflight:' .. name, 'LEFT', 'RIGHT')
    if job then
      redis.call('SET', 'lease:' .. name, ARGV[1])
      redis.call('ZADD', 'leases', now + ARGV[2], name)
      return {name, job, tonumber(redis.call('HGET', 'rq:job:' .. job, 'recoveries') or 0)}
    end
  end
end
return nil
"""

EXTEND = NOW + """
-- ARGV 1 name, 2 token, 3 ttl, 4 job. A lease that is gone although its time is not up was flushed: written again.
-- Never asked of a lease that was let go (Lease.ended): it would be gone too.
local held = redis.call('GET', 'lease:' .. ARGV[1])
if held and held ~= ARGV[2] then return 0 end
if not held then
  redis.call('SET', 'lease:' .. ARGV[1], ARGV[2])
  redis.call('DEL', 'inflight:' .. ARGV[1])
  redis.call('RPUSH', 'inflight:' .. ARGV[1], ARGV[4])
end
redis.call('ZADD', 'leases', now + ARGV[3], ARGV[1])
return 1
"""

NEXT = NOW + RING + """
-- ARGV 1 name, 2 token, 3 more. The job is done: take the next one (1, job, recoveries), or let go (2);
-- 0: somebody else's lease.
-- A next one of the slower lane lets everybody go first who would be before it in `ready`.
local name = ARGV[1]
local queue = 'rq:queue:' .. name
local held = redis.call('GET', 'lease:' .. name)
if held and held ~= ARGV[2] then return {0} end
redis.call('DEL', 'inflight:' .. name)
local slower = lane(name)
local others = slower > 0 and redis.call('ZCOUNT', 'ready', '-inf', now / 1000 + slower) > 0
if held and ARGV[3] == '1' and not others then
  local job = redis.call('LMOVE', queue, 'inflight:' .. name, 'LEFT', 'RIGHT')
  if job then return {1, job, tonumber(redis.call('HGET', 'rq:job:' .. job, 'recoveries') or 0)} end
end
redis.call('DEL', 'lease:' .. name)
redis.call('ZREM', 'leases', name)
local seconds = math.floor(now / 1000)
redis.call('ZREMRANGEBYSCORE', 'rq:finished:' .. name, 0, seconds)
redis.call('ZREMRANGEBYSCORE', 'rq:failed:' .. name, 0, seconds)
if redis.call('LLEN', queue) > 0 then ring(name) else redis.call('SREM', 'rq:queues', queue) end
return {2}
"""

SWEEP = NOW + RING + """
-- ARGV 1 most recoveries of one job. Leases that ran out: the job goes back to the front, the name becomes ready.
-- Returns the jobs that had as many recoveries already.
local given_up = {}
local expired = redis.call('ZRANGEBYSCORE', 'leases', 0, now, 'LIMIT', 0, 50)
for _, name in ipairs(expired) do
  local job = redis.call('LINDEX', 'inflight:' .. name, 0)
  if job then
    local key = 'rq:job:' .. job
    local status = redis.call('HGET', key, 'status')
    if status == 'queued' or status == 'started' then
      -- One that only waited for its turn had no part in what ended its worker.
      if redis.call('HINCRBY', key, 'recoveries', status == 'started' and 1 or 0) <= tonumber(ARGV[1]) then
        redis.call('HSET', key, 'status', 'queued')
        redis.call('LPUSH', 'rq:queue:' .. name, job)
        redis.call('SADD', 'rq:queues', 'rq:queue:' .. name)
      else
        redis.call('HSET', key, 'status', 'failed')
        redis.call('EXPIRE', key, 86400)
        table.insert(given_up, job)
      end
    end
  end
  redis.call('DEL', 'inflight:' .. name, 'lease:' .. name)
  redis.call('ZREM', 'leases', name)
  if redis.call('LLEN', 'rq:queue:' .. name) > 0 then ring(name) end
end
return given_up
"""

RENOTIFY = NOW + RING + """
-- Names with work that are neither leased nor ready: a bell that was lost.
local found = 0
for _, queue in ipairs(redis.call('SMEMBERS', 'rq:queues')) do
  local name = string.sub(queue, 10)
  if string.sub(name, 1, 5) == 'cred:' or string.sub(name, 1, 6) == 'draft:' then
    if redis.call('EXISTS', 'lease:' .. name) == 0 and redis.call('LLEN', queue) > 0
       and not redis.call('ZSCORE', 'ready', name) then
      ring(name)
      found = found + 1
    end
  end
end
return found
"""
