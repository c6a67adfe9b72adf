"""What is in Redis, in memory: the queue with its index, the bus and a few keys; it can be away, and be emptied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from redis.exceptions import ConnectionError as RedisDown

from nof1web.adapters.queue.names import member, pair
from nof1web.core.records import Watch

Who = tuple[str, str]
FRESH = timedelta(seconds=15)


class Memory:
    """One Redis: away until a time; `clock` is the run's."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.away_until: datetime | None = None
        self.empty()

    def empty(self) -> None:
        """Lose everything."""
        self.keys: dict[str, Any] = {}
        self.jobs: dict[str, list[tuple[str, tuple[Any, ...]]]] = {}
        self.wakes: dict[str, float] = {}
        self.syncs: dict[str, float] = {}
        self.sources: dict[str, float] = {}
        self.environments_used: dict[str, datetime] = {}
        self.follows: dict[Who, frozenset[tuple[str, str]]] = {}
        self.watches: dict[Who, tuple[Watch, ...]] = {}
        self.shown: tuple[datetime, Mapping[str, Decimal]] | None = None

    def put_back(self, seconds: float) -> None:
        """Move what is planned along with a clock that was put back."""
        for times in (self.wakes, self.syncs, self.sources):
            times.update({name: at - seconds for name, at in times.items()})

    @property
    def away(self) -> bool:
        """Whether nobody can reach it."""
        return self.away_until is not None and self.clock() < self.away_until

    def here(self) -> Memory:
        """Return it; raises what a client does that can't connect."""
        if self.away:
            raise RedisDown("connection refused")
        return self


class MemoryIndex:
    """adapters.queue.index.Index, in memory."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def followers(self, source: str, agents: Iterable[str]) -> frozenset[Who]:
        wanted = {(source, agent) for agent in agents}
        return frozenset(who for who, follows in self.memory.here().follows.items() if follows & wanted)

    def follow(self, user_id: str, credential_id: str, agents: Iterable[tuple[str, str]]) -> bool:
        before = self.memory.here().follows.get((user_id, credential_id), frozenset())
        self.memory.here().follows[user_id, credential_id] = frozenset(agents)
        return not frozenset(agents) <= before

    def hold(self, user_id: str, credential_id: str, *, holds: bool) -> None:
        held: set[Who] = self.memory.here().keys.setdefault("holders", set())
        (held.add if holds else held.discard)((user_id, credential_id))

    def holders(self, credentials: Iterable[Who]) -> frozenset[Who]:
        return frozenset(credentials) & self.memory.here().keys.get("holders", set())

    def wake(self, user_id: str, credential_id: str, at: datetime | None) -> None:
        self._put(self.memory.here().wakes, member(user_id, credential_id), at)

    def due_wakes(self, now: datetime) -> list[tuple[str, float]]:
        return [(who, at) for who, at in self.memory.here().wakes.items() if at <= now.timestamp()]

    def credentials(self, wakes: Iterable[tuple[str, float]]) -> list[Who]:
        return [pair(who) for who, _ in wakes]

    def woken(self, wakes: Iterable[tuple[str, float]]) -> None:
        for who, at in wakes:
            if self.memory.here().wakes.get(who) == at:
                del self.memory.wakes[who]

    def watch(self, host: str, user_id: str, credential_id: str, watches: Iterable[Watch]) -> None:
        self.memory.here().watches[user_id, credential_id] = tuple(watches)

    def crossed(self, host: str, marks: Mapping[str, Decimal]) -> frozenset[Who]:
        found = set()
        for who, watches in self.memory.here().watches.items():
            left = tuple(each for each in watches if not _crossed(each, marks))
            if len(left) < len(watches):
                self.memory.watches[who] = left
                found.add(who)
        return frozenset(found)

    def sync_at(
        self, host: str, user_id: str, credential_id: str, at: datetime | None, *, keep: bool = False
    ) -> None:
        who = member(user_id, credential_id)
        if not (keep and at is not None and who in self.memory.here().syncs):
            self._put(self.memory.here().syncs, who, at)

    def due_syncs(self, host: str, now: datetime, seconds: int, limit: int = 500) -> list[Who]:
        return [pair(who) for who in self._due(self.memory.here().syncs, now, seconds)]

    def plan_source(self, source: str, at: datetime, *, keep: bool = False) -> None:
        if not (keep and source in self.memory.here().sources):
            self.memory.sources[source] = at.timestamp()

    def due_sources(self, now: datetime, seconds: int) -> list[str]:
        return self._due(self.memory.here().sources, now, seconds)

    def use(self, environment: str, now: datetime) -> None:
        self.memory.here().environments_used[environment] = now

    def environments(self, now: datetime) -> list[str]:
        return list(self.memory.here().environments_used)

    def _put(self, times: dict[str, float], who: str, at: datetime | None) -> None:
        if at is None:
            times.pop(who, None)
        else:
            times[who] = at.timestamp()

    def _due(self, times: dict[str, float], now: datetime, seconds: int) -> list[str]:
        due = [name for name, at in times.items() if at <= now.timestamp()]
        for name in due:
            planned = times[name] + seconds
            times[name] = planned if planned > now.timestamp() else now.timestamp() + seconds
        return due


class MemoryFailures:
    """adapters.queue.failures.Failures, in memory."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def count(self, user_id: str, credential_id: str, kind: str) -> int:
        counts = self.memory.here().keys.setdefault("failures", Counter())
        counts[credential_id, kind] += 1
        return int(counts[credential_id, kind])

    def clear(self, user_id: str, credential_id: str, *kinds: str) -> None:
        for kind in kinds:
            self.memory.here().keys.get("failures", Counter()).pop((credential_id, kind), None)


class MemoryQueue:
    """services.ports.Queue, in memory: jobs by queue in their order; what waits already is not asked for again."""

    def __init__(self, memory: Memory) -> None:
        self.memory, self.index, self.failures = memory, MemoryIndex(memory), MemoryFailures(memory)

    def together(self) -> AbstractContextManager[MemoryQueue]:
        return nullcontext(self)

    def cycle(self, user_id: str, credential_id: str, *, front: bool = False, dry_run: bool = False) -> str:
        return self._ask(credential_id, "cycle", (user_id, credential_id, dry_run, front), front=front)

    def cycles(self, credentials: Iterable[Who]) -> list[str]:
        return [self.cycle(*each) for each in credentials]

    def sync(self, user_id: str, credential_id: str) -> str:
        return self._ask(credential_id, "sync", (user_id, credential_id))

    def syncs(self, credentials: Iterable[Who]) -> list[str]:
        return [self.sync(*each) for each in credentials]

    def reconcile(self, user_id: str, credential_id: str) -> str:
        return self._ask(credential_id, "sync", (user_id, credential_id), front=True)

    def flatten(self, user_id: str, credential_id: str, flatten_id: str) -> str:
        return self._ask(credential_id, "flatten", (user_id, credential_id, flatten_id), front=True)

    def read_source(self, source: str) -> str:
        return self._ask("source", "read_source", (source,))

    def read_marks(self, environment: str) -> str:
        return self._ask("marks", "read_marks", (environment,))

    def follow(self, user_id: str, credential_id: str, agents: Iterable[tuple[str, str]]) -> None:
        self.index.follow(user_id, credential_id, agents)

    def wake(self, user_id: str, credential_id: str, at: datetime | None) -> None:
        self.index.wake(user_id, credential_id, at)

    def sync_at(self, host: str, user_id: str, credential_id: str, at: datetime) -> None:
        self.index.sync_at(host, user_id, credential_id, at)

    def forget(self, host: str, user_id: str, credential_id: str) -> None:
        self.memory.here().follows.pop((user_id, credential_id), None)

    def _ask(self, queue: str, work: str, ids: tuple[Any, ...], *, front: bool = False) -> str:
        jobs = self.memory.here().jobs.setdefault(queue, [])
        if (work, ids) not in jobs:
            jobs.insert(0 if front else len(jobs), (work, ids))
        return ""


class MemoryBus:
    """services.ports.Bus, in memory."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def publish(self, user_id: str, event_id: int) -> None: ...

    def publish_marks(self, host: str, marks: Mapping[str, Decimal]) -> None:
        if not self.memory.away:
            self.memory.shown = (self.memory.clock(), marks)

    def marks(self, host: str) -> Mapping[str, Decimal]:
        shown = None if self.memory.away else self.memory.shown
        return shown[1] if shown and abs(self.memory.clock() - shown[0]) <= FRESH else {}


def _crossed(watch: Watch, marks: Mapping[str, Decimal]) -> bool:
    mark = marks.get(watch.symbol)
    return mark is not None and (mark >= watch.price if watch.above else mark <= watch.price)
