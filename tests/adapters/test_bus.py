"""The bus: messages to live pages, and the last marks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from redis import Redis

from nof1web.adapters.bus import Heard, RedisBus
from tests.adapters.redis_server import redis_url

__all__ = ["redis_url"]
MARKS = {"BTCUSDT": Decimal("60000.10")}


@pytest.fixture
def bus(redis_url):
    with Redis.from_url(redis_url) as redis:
        yield RedisBus(redis)


def test_one_subscription_hears_every_user_and_host(bus):
    heard = bus.listen()
    assert next(heard).resumed
    bus.publish("u_1", 7)
    bus.publish_marks("host:1", MARKS)
    assert [next(heard), next(heard)] == [Heard(user_id="u_1", event_id=7), Heard(host="host:1", marks=MARKS)]


def test_a_lost_connection_is_taken_up_again(bus):
    heard = bus.listen()
    next(heard)
    bus.redis.client_kill_filter(_type="pubsub")
    assert next(heard).resumed


def test_the_last_marks_are_kept_exactly(bus):
    bus.publish_marks("host:1", MARKS)
    assert (bus.marks("host:1"), bus.marks("host:2")) == (MARKS, {})


def test_old_marks_are_worse_than_none(bus):
    old = (datetime.now(UTC) - timedelta(seconds=16)).isoformat()
    bus.redis.set("marks:host:1", json.dumps({"at": old, "marks": {"BTCUSDT": "1"}}))
    assert bus.marks("host:1") == {}
