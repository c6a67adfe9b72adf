"""Signs of life of workers and the scheduler: a key per process that fades when it is not renewed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis

from nof1web.adapters.queue.names import text

EVERY_SECONDS = 3
"""how often a process gives a sign of life at least"""
SECONDS = 2 * EVERY_SECONDS
"""a process that was silent for longer counts as dead: red on the page, in `status` and for /readyz"""
REMEMBERED_SECONDS = 60
"""how long a silent process is still listed, as dead"""


@dataclass(frozen=True, slots=True)
class Beat:
    """One process: `kind` is worker or scheduler, `doing` the queues it works on, a space between them."""

    kind: str
    name: str
    at: datetime
    alive: bool
    pid: int
    doing: str


def beat(redis: Redis, kind: str, name: str, *, pid: int, doing: str = "", seconds: int = SECONDS) -> None:
    """Renew a process's sign of life for `seconds`."""
    at = datetime.now(UTC)
    written = json.dumps({"at": at.isoformat(), "pid": pid, "doing": doing})
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.set(f"{kind}:{name}", written, ex=seconds)
        pipeline.hset(f"{kind}s", name, written)
        pipeline.execute()


def leave(redis: Redis, kind: str, name: str) -> None:
    """Take back the sign of life of a process that ends in order."""
    redis.delete(f"{kind}:{name}")
    redis.hdel(f"{kind}s", name)


def beats(redis: Redis, kind: str) -> tuple[Beat, ...]:
    """Return the processes of a kind, dead ones for another minute, by name."""
    listed = {text(name): json.loads(facts) for name, facts in redis.hgetall(f"{kind}s").items()}
    fresh = redis.mget([f"{kind}:{name}" for name in listed]) if listed else []
    found = []
    for (name, facts), alive in zip(listed.items(), fresh, strict=True):
        at = datetime.fromisoformat(facts["at"])
        if alive is None and (datetime.now(UTC) - at).total_seconds() > REMEMBERED_SECONDS:
            redis.hdel(f"{kind}s", name)
            continue
        found.append(Beat(kind, name, at, alive is not None, facts["pid"], facts["doing"]))
    return tuple(sorted(found, key=lambda beat: beat.name))
