"""The budget's Redis scripts. The clock is Redis's own unless a time in ms is given.

Weight: KEYS 1 the bucket, 2 the set of all buckets; ARGV 1 time or "", 2 limit or 0, 3 default limit, 4 seconds kept,
5 "host egress", 6.. the script's own. The balance is in thousandths of a weight: it refills by 80 % of the limit per
minute up to 20 % of it, and what the host counted this minute is taken from 80 %, so that below zero only exits go on.
"""

from __future__ import annotations

_NOW = """
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
"""

_OPEN = (
    _NOW
    + """
local kept = redis.call('HMGET', KEYS[1], 'balance', 'at', 'stop', 'limit', 'used', 'used_at', 'minute')
local limit = tonumber(ARGV[2])
if limit == 0 then limit = tonumber(kept[4] or ARGV[3]) end
local burst, rate = limit * 200, limit * 800 / 60000
local passed = math.max(0, now - tonumber(kept[2] or now))
local balance = math.min(burst, tonumber(kept[1] or burst) + passed * rate)
local stop = math.max(0, tonumber(kept[3] or 0) - now)
local minute = math.floor(now / 60000)
local lanes = {'exit', 'protection', 'entry', 'sync', 'read'}
local function keep()
  redis.call('HSET', KEYS[1], 'balance', string.format('%.0f', balance), 'at', string.format('%.0f', now))
  redis.call('EXPIRE', KEYS[1], ARGV[4])
  if not kept[2] then redis.call('SADD', KEYS[2], ARGV[5]) end
end
"""
)

# A weight that a lane could never gather is granted from a full bucket and repaid afterwards.
TAKE = (
    _OPEN
    + """
local weight, floor, lane = ARGV[6] * 1000, burst * ARGV[7] / 100, ARGV[8]
if stop > 0 then return math.ceil(stop) end
if weight > 0 then
  local needed = math.min(weight + floor, burst)
  if balance < needed then return math.ceil((needed - balance) / rate) end
  balance = balance - weight
  keep()
  if tonumber(kept[7] or -1) ~= minute then
    local before = tonumber(kept[7] or -1) == minute - 1
    for _, name in ipairs(lanes) do
      local spent = before and redis.call('HGET', KEYS[1], 'w:' .. name) or 0
      redis.call('HSET', KEYS[1], 'p:' .. name, spent, 'w:' .. name, 0)
    end
    redis.call('HSET', KEYS[1], 'minute', minute)
  end
  redis.call('HINCRBY', KEYS[1], 'w:' .. lane, ARGV[6])
end
return 0
"""
)

NOTE = (
    _OPEN
    + """
balance = math.min(balance, (limit * 0.8 - ARGV[6]) * 1000)
keep()
redis.call('HSET', KEYS[1], 'used', ARGV[6], 'used_at', string.format('%.0f', now))
return 0
"""
)

STOP = (
    _OPEN
    + """
redis.call('HSET', KEYS[1], 'stop', string.format('%.0f', now + math.max(stop, tonumber(ARGV[6]))))
keep()
return 0
"""
)

LEARN = (
    _OPEN
    + """
local more = ARGV[6] - tonumber(kept[4] or ARGV[3])
if tonumber(ARGV[2]) == 0 then
  balance = math.max(math.min(0, balance), balance + more * 200)
  if more > 0 and kept[6] and now - kept[6] < 60000 then
    -- what the host counted was taken from the smaller limit
    balance = math.max(balance, math.min(ARGV[6] * 200, (ARGV[6] * 0.8 - kept[5]) * 1000))
  end
end
keep()
redis.call('HSET', KEYS[1], 'limit', ARGV[6])
return 0
"""
)

METER = (
    _OPEN
    + """
local used = now - tonumber(kept[6] or 0) < 60000 and tonumber(kept[5] or 0) or 0
local answer = {limit, math.floor(balance / 1000), burst / 1000, used, math.ceil(stop)}
local age = minute - tonumber(kept[7] or -2)
for _, shift in ipairs({0, 1}) do
  for _, name in ipairs(lanes) do
    local field = (age == shift and 'w:') or (age == 0 and 'p:') or ''
    local spent = field ~= '' and redis.call('HGET', KEYS[1], field .. name) or 0
    table.insert(answer, tonumber(spent) or 0)
  end
end
return answer
"""
)

# Orders: KEYS 1 the times of an account's orders, 2 what is known of it, 3 the host's limits, 4 the egress's bucket;
# ARGV 1 time or "", 2, 3 the default limits. Counting every stretch of 10 and 60 s is stricter than the host's own
# fixed windows.
_ORDERS = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60000)
local own = {redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now - 10000), '+inf'),
             redis.call('ZCARD', KEYS[1])}
local known = redis.call('HMGET', KEYS[2], 'others_10s', 'others_1m', 'told_at', 'held')
local limits = redis.call('HMGET', KEYS[3], 'orders_10s', 'orders_1m')
local most = {tonumber(limits[1] or ARGV[2]), tonumber(limits[2] or ARGV[3])}
local told, lengths = now - tonumber(known[3] or 0), {10000, 60000}
local held, counts = math.max(0, tonumber(known[4] or 0) - now), {}
for i = 1, 2 do counts[i] = own[i] + (told < lengths[i] and tonumber(known[i] or 0) or 0) end
"""
)

# Returns the ms to wait for the account; less than zero: for the egress, which is stopped.
ORDER = (
    _ORDERS
    + """
local stop = math.ceil(tonumber(redis.call('HGET', KEYS[4], 'stop') or 0) - now)
if stop > 0 then return -stop end
local missing = held
for i = 1, 2 do
  if counts[i] + 1 > most[i] * ARGV[4] / 100 then
    local since = '(' .. string.format('%.0f', now - lengths[i])
    local first = redis.call('ZRANGEBYSCORE', KEYS[1], since, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    missing = math.max(missing, tonumber(first[2] or now) + lengths[i] - now)
  end
end
if missing > 0 then return math.ceil(missing) end
local seq = redis.call('HINCRBY', KEYS[2], 'sequence', 1)
redis.call('ZADD', KEYS[1], string.format('%.0f', now), seq)
redis.call('EXPIRE', KEYS[1], 60)
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 0
"""
)

NOTE_ORDERS = (
    _ORDERS
    + """
redis.call('HSET', KEYS[2], 'others_10s', math.max(0, ARGV[4] - own[1]), 'others_1m', math.max(0, ARGV[5] - own[2]),
  'told_at', string.format('%.0f', now))
redis.call('EXPIRE', KEYS[2], ARGV[6])
return 0
"""
)

HOLD_ORDERS = (
    _ORDERS
    + """
redis.call('HSET', KEYS[2], 'held', string.format('%.0f', now + math.max(held, tonumber(ARGV[4]))))
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 0
"""
)

ORDER_METER = _ORDERS + "return {counts[1], counts[2], most[1], most[2], math.ceil(held)}"
