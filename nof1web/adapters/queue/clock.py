"""What is planned in Redis when the clock it was planned by is put back: everything moves along."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from redis import Redis

from nof1web.adapters.queue.index import SOURCES, WAKES, syncs_of

SLACK = 10
"""s by which a clock may be put back without anything having to move"""

MOVE = """
-- KEYS 1 how far this machine's clock was ahead of one that never jumps, 2.. sorted sets of times ; ARGV 1 now, 2 slack
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'EX', 3600)
local back = before and (before - ARGV[1]) or 0
if back <= tonumber(ARGV[2]) then return 0 end
for i = 2, #KEYS do
  local all = redis.call('ZRANGE', KEYS[i], 0, -1, 'WITHSCORES')
  for at = 1, #all, 2 do redis.call('ZADD', KEYS[i], all[at + 1] - back, all[at]) end
end
return math.floor(back)
"""


def follow_clock(redis: Redis, machine: str, now: datetime, *, steady: int, hosts: Iterable[str] = ()) -> int:
    """Move wakes, reads and the syncs of `hosts` back by as much as this machine's clock was put back since last time.

    `steady` are the seconds of a clock that never jumps, and `machine` a name for what it counts from: two machines
    that share one would seem to jump in turn. Return by how many seconds, 0 as long as it goes on.
    """
    keys = [f"clock:{machine}", WAKES, SOURCES, *map(syncs_of, hosts)]
    moved: int = redis.eval(MOVE, len(keys), *keys, int(now.timestamp()) - steady, SLACK)
    return moved
