"""Who follows whom and what is due when, kept in Redis so that a tick costs what is due and not what exists.

Everything here is rebuilt from the tenants' databases when it is gone (jobs/rebuild.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from redis import Redis

from nof1web.adapters.queue.names import member, pair, text
from nof1web.core.records import Watch

WAKES = "wakes"
HOLDERS = "holders"
SOURCES = "sources"
ENVIRONMENTS = "environments"
IN_USE = timedelta(hours=1)
"""how long after an account's last job its environment's marks are still read"""

FOLLOW = """
-- KEYS 1 what this credential follows ; ARGV 1 member, 2.. followers' keys
local before, new = {}, 0
for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  before[key] = true
  redis.call('SREM', key, ARGV[1])
end
redis.call('DEL', KEYS[1])
for i = 2, #ARGV do
  if not before[ARGV[i]] then new = 1 end
  redis.call('SADD', ARGV[i], ARGV[1])
  redis.call('SADD', KEYS[1], ARGV[i])
end
return new
"""

WATCH = """
-- KEYS 1 this credential's watches, 2 the host's watched symbols ; ARGV 1 member, 2.. triples: symbol, key, price
for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local split = string.find(key, ' ', 1, true)
  redis.call('ZREM', string.sub(key, 1, split - 1), string.sub(key, split + 1))
end
redis.call('DEL', KEYS[1])
for i = 2, #ARGV, 3 do
  local written = ARGV[1] .. '|' .. ARGV[i + 2]
  redis.call('SADD', KEYS[2], ARGV[i])
  redis.call('ZADD', ARGV[i + 1], ARGV[i + 2], written)
  redis.call('SADD', KEYS[1], ARGV[i + 1] .. ' ' .. written)
end
"""

DONE = """
-- KEYS 1 sorted set ; ARGV pairs: member, score it had. Taken out unless it was set anew meanwhile.
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
"""

CLAIM_DUE = """
-- KEYS 1 sorted set ; ARGV 1 now, 2 interval, 3 limit. Moves each due member one interval on from when it was planned.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local found = {}
for i = 1, #due, 2 do
  local planned = due[i + 1] + ARGV[2]
  if planned <= tonumber(ARGV[1]) then planned = ARGV[1] + ARGV[2] end
  redis.call('ZADD', KEYS[1], 'XX', planned, due[i])
  table.insert(found, due[i])
end
return found
"""


def syncs_of(host: str) -> str:
    """Return the key under which the syncs of a host's accounts are planned: each host has a budget of its own."""
    return f"syncs:{host}"


class Index:
    """Followers, wakes, watches, syncs, sources, environments. Times are aware UTC, credentials (user id, id)."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def follow(self, user_id: str, credential_id: str, agents: Iterable[tuple[str, str]]) -> bool:
        """Replace what a credential follows by these (source, agent) pairs; whether any of them is new."""
        keys = [f"followers:{source}:{agent}" for source, agent in agents]
        return bool(self._run(FOLLOW, [f"follows:{credential_id}"], member(user_id, credential_id), *keys))

    def followers(self, source: str, agents: Iterable[str]) -> frozenset[tuple[str, str]]:
        """Return the credentials that follow any of these agents."""
        keys = [f"followers:{source}:{agent}" for agent in agents]
        return frozenset(pair(text(item)) for item in self.redis.sunion(keys)) if keys else frozenset()

    def hold(self, user_id: str, credential_id: str, *, holds: bool) -> None:
        """Note whether a credential has something that an agent's close would end."""
        change = self.redis.sadd if holds else self.redis.srem
        change(HOLDERS, member(user_id, credential_id))

    def holders(self, credentials: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Return those of the credentials that hold something."""
        asked = list(credentials)
        held = self.redis.smismember(HOLDERS, [member(*each) for each in asked]) if asked else ()
        return frozenset(each for each, holds in zip(asked, held, strict=True) if holds)

    def wake(self, user_id: str, credential_id: str, at: datetime | None, *, keep: bool = False) -> None:
        """Note when a credential's next cycle is due, None for never; with `keep` a time that is set stays."""
        if at is None:
            self.redis.zrem(WAKES, member(user_id, credential_id))
        else:
            self.redis.zadd(WAKES, {member(user_id, credential_id): at.timestamp()}, nx=keep)

    def due_wakes(self, now: datetime, limit: int = 2000) -> list[tuple[bytes, bytes]]:
        """Return (member, score) of the wakes that are due, longest due first; they stay until `woken`."""
        script = "return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])"
        flat: list[bytes] = self._run(script, [WAKES], now.timestamp(), limit)
        return list(zip(flat[::2], flat[1::2], strict=True))

    def credentials(self, wakes: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
        """Return whose wakes these are."""
        return [pair(text(item)) for item, _ in wakes]

    def woken(self, wakes: Iterable[tuple[bytes, bytes]]) -> None:
        """Forget wakes whose cycles are queued; one that was set anew meanwhile stays."""
        flat = [part for wake in wakes for part in wake]
        if flat:
            self._run(DONE, [WAKES], *flat)

    def watch(self, host: str, user_id: str, credential_id: str, watches: Iterable[Watch]) -> None:
        """Replace the prices that matter to a credential on a host."""
        args: list[str] = []
        for item in watches:
            side = "up" if item.above else "down"
            args += [item.symbol, f"watch:{host}:{item.symbol}:{side}", format(item.price, "f")]
        self._run(WATCH, [f"watches:{credential_id}", f"watched:{host}"], member(user_id, credential_id), *args)

    def crossed(self, host: str, marks: Mapping[str, Decimal]) -> frozenset[tuple[str, str]]:
        """Return whose watched prices the marks are at or beyond, and forget those watches."""
        watched = {text(symbol) for symbol in self.redis.smembers(f"watched:{host}")}
        asked = [(symbol, format(marks[symbol], "f")) for symbol in sorted(watched & marks.keys())]
        with self.redis.pipeline(transaction=False) as pipeline:
            for symbol, mark in asked:
                pipeline.zrangebyscore(f"watch:{host}:{symbol}:up", "-inf", mark)
                pipeline.zrangebyscore(f"watch:{host}:{symbol}:down", mark, "inf")
            found: list[list[bytes]] = pipeline.execute()
            for place, members in enumerate(found):
                if members:
                    side = "up" if place % 2 == 0 else "down"
                    pipeline.zrem(f"watch:{host}:{asked[place // 2][0]}:{side}", *members)
            pipeline.execute()
        return frozenset(pair(text(item)) for members in found for item in members)

    def sync_at(
        self, host: str, user_id: str, credential_id: str, at: datetime | None, *, keep: bool = False
    ) -> None:
        """Note when an account on a host is synced next, None for never; with `keep` a time that is set stays."""
        if at is None:
            self.redis.zrem(syncs_of(host), member(user_id, credential_id))
        else:
            self.redis.zadd(syncs_of(host), {member(user_id, credential_id): at.timestamp()}, nx=keep)

    def due_syncs(self, host: str, now: datetime, seconds: int, limit: int = 500) -> list[tuple[str, str]]:
        """Return the credentials on a host whose sync is due, and plan each one's next."""
        return [pair(text(item)) for item in self._due(syncs_of(host), now, seconds, limit)]

    def plan_source(self, source: str, at: datetime, *, keep: bool = False) -> None:
        """Note when a source is read next; with `keep` a time that is set stays."""
        self.redis.zadd(SOURCES, {source: at.timestamp()}, nx=keep)

    def due_sources(self, now: datetime, seconds: int) -> list[str]:
        """Return the sources to read now, and plan each one's next read."""
        return [text(item) for item in self._due(SOURCES, now, seconds, 100)]

    def use(self, environment: str, now: datetime) -> None:
        """Note that an account of this environment has just worked."""
        self.redis.zadd(ENVIRONMENTS, {environment: now.timestamp()})

    def environments(self, now: datetime) -> list[str]:
        """Return the environments whose accounts worked lately."""
        since = (now - IN_USE).timestamp()
        return [text(item) for item in self.redis.zrangebyscore(ENVIRONMENTS, since, "inf")]

    def _due(self, key: str, now: datetime, seconds: int, limit: int) -> list[bytes]:
        found: list[bytes] = self._run(CLAIM_DUE, [key], now.timestamp(), seconds, limit)
        return found

    def _run(self, script: str, keys: list[str], *args: str | bytes | float) -> Any:
        # By its text: in a pipeline a script known by its hash costs a round trip of its own.
        return self.redis.eval(script, len(keys), *keys, *args)
