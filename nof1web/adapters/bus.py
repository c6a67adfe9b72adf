"""services.ports.Bus over Redis publish and subscribe, and the one subscription a web process needs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from redis import Redis
from redis.client import PubSub
from redis.exceptions import ConnectionError as RedisDown
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisSlow

LIVE = "live:"
MARKS = "marks:"
MARKS_SECONDS = 15
"""older marks are worse than none"""
KEPT_SECONDS = 0.25
"""how long a process goes by what it last read: marks are published every few seconds, a cycle asks several times"""
RETRY_SECONDS = 1
_MOST_AGE = timedelta(seconds=MARKS_SECONDS)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Heard:
    """One message: events of `user_id` up to `event_id`, or `marks` of `host`; neither after a lost connection.

    `resumed` says that messages may have been missed: read the databases again.
    """

    user_id: str = ""
    event_id: int = 0
    host: str = ""
    marks: Mapping[str, Decimal] = field(default_factory=dict)
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """What a host's key held when it was read `at` (monotonic seconds), and when those marks were published."""

    at: float
    written: bytes | None
    marked_at: datetime
    marks: Mapping[str, Decimal]

    @classmethod
    def of(cls, written: Any, before: _Read | None) -> _Read:
        """Return what was written, understood anew only where it differs."""
        at = time.monotonic()
        if written is None:
            return cls(at, None, _NEVER, {})
        if before is not None and before.written == written:
            return cls(at, written, before.marked_at, before.marks)
        known = json.loads(written)
        return cls(at, written, datetime.fromisoformat(known["at"]), MappingProxyType(_decimals(known["marks"])))


class RedisBus:
    """Implements services.ports.Bus; channels `live:<user id>` and `marks:<host>`."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._read: dict[str, _Read] = {}

    def publish(self, user_id: str, event_id: int) -> None:
        """Tell this user's sockets that events up to `event_id` exist; without Redis nobody is told."""
        with suppress(RedisError):
            self.redis.publish(f"{LIVE}{user_id}", event_id)

    def publish_marks(self, host: str, marks: Mapping[str, Decimal]) -> None:
        """Tell everybody's sockets the newest marks of a host; kept 15 s for `marks`."""
        written = json.dumps(
            {"at": datetime.now(UTC).isoformat(), "marks": {symbol: str(mark) for symbol, mark in marks.items()}}
        )
        self._read.pop(host, None)
        with suppress(RedisError), self.redis.pipeline(transaction=False) as pipeline:
            pipeline.set(f"{MARKS}{host}", written, ex=MARKS_SECONDS)
            pipeline.publish(f"{MARKS}{host}", written)
            pipeline.execute()

    def marks(self, host: str) -> Mapping[str, Decimal]:
        """Return the last published marks of a host no older than 15 s, else (also without Redis) an empty mapping."""
        read = self._read.get(host)
        if read is None or not 0 <= time.monotonic() - read.at < KEPT_SECONDS:
            written = None
            with suppress(RedisError):
                written = self.redis.get(f"{MARKS}{host}")
            read = self._read[host] = _Read.of(written, read)
        fresh = datetime.now(UTC) - read.marked_at <= _MOST_AGE
        return read.marks if fresh else {}

    def listen(self) -> Iterator[Heard]:
        """Yield every user's events and every host's marks for ever; a lost connection is taken up again.

        The first item, and one after each new connection, is `resumed`.
        """
        while True:
            subscription: PubSub = self.redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
            try:
                subscription.psubscribe(f"{LIVE}*", f"{MARKS}*")
                yield Heard(resumed=True)
                yield from _messages(subscription)
            except (RedisDown, RedisSlow):
                time.sleep(RETRY_SECONDS)
            finally:
                subscription.close()


def _messages(subscription: PubSub) -> Iterator[Heard]:
    while True:
        message = subscription.get_message(timeout=30)
        if message is not None:
            yield _heard(message["channel"].decode(), message["data"])


def _heard(channel: str, data: Any) -> Heard:
    if channel.startswith(LIVE):
        return Heard(user_id=channel.removeprefix(LIVE), event_id=int(data))
    return Heard(host=channel.removeprefix(MARKS), marks=_decimals(json.loads(data)["marks"]))


def _decimals(marks: Mapping[str, str]) -> dict[str, Decimal]:
    return {symbol: Decimal(mark) for symbol, mark in marks.items()}
