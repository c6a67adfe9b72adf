"""Who follows whom and what is due: found without looking at anybody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from redis import Redis

from nof1web.adapters.queue import Index, beat, beats, leave
from nof1web.core.records import Watch
from tests.adapters.redis_server import redis_url

__all__ = ["redis_url"]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=1)


@pytest.fixture
def index(redis_url):
    with Redis.from_url(redis_url) as redis:
        yield Index(redis)


def test_news_reaches_exactly_those_who_follow_that_agent(index):
    index.follow("u", "a", {("nof1", "gpt-5"), ("nof1", "grok-4")})
    index.follow("v", "b", {("nof1", "grok-4")})
    assert index.followers("nof1", ["gpt-5"]) == {("u", "a")}
    assert index.followers("nof1", ["gpt-5", "grok-4"]) == {("u", "a"), ("v", "b")}
    assert index.followers("hyperliquid", ["gpt-5"]) == index.followers("nof1", []) == frozenset()


def test_following_again_replaces_what_was_followed(index):
    index.follow("u", "a", {("nof1", "gpt-5")})
    index.follow("u", "a", {("nof1", "grok-4")})
    assert index.followers("nof1", ["gpt-5"]) == frozenset()
    index.follow("u", "a", ())
    assert index.followers("nof1", ["grok-4"]) == frozenset()


def test_only_due_wakes_are_found_and_forgotten_when_queued(index):
    index.wake("u", "a", NOW)
    index.wake("u", "b", SOON)
    due = index.due_wakes(NOW)
    assert index.credentials(due) == [("u", "a")]
    index.woken(due)
    assert index.due_wakes(NOW) == [] and index.credentials(index.due_wakes(SOON)) == [("u", "b")]


def test_a_wake_set_anew_meanwhile_stays(index):
    index.wake("u", "a", NOW)
    due = index.due_wakes(NOW)
    index.wake("u", "a", SOON)
    index.woken(due)
    assert index.credentials(index.due_wakes(SOON)) == [("u", "a")]


def test_a_credential_that_stops_is_not_woken(index):
    index.wake("u", "a", NOW)
    index.wake("u", "a", None)
    assert index.due_wakes(SOON) == []


def test_a_mark_at_or_beyond_a_watched_price_is_a_crossing_once(index):
    index.watch("h", "u", "up", [Watch("BTCUSDT", Decimal("100.5"), True)])
    index.watch("h", "u", "down", [Watch("BTCUSDT", Decimal("99.5"), False)])
    assert index.crossed("h", {"BTCUSDT": Decimal(100), "ETHUSDT": Decimal(1000)}) == frozenset()
    assert index.crossed("other", {"BTCUSDT": Decimal("100.5")}) == frozenset()
    assert index.crossed("h", {"BTCUSDT": Decimal("100.5")}) == {("u", "up")}
    assert index.crossed("h", {"BTCUSDT": Decimal("100.6")}) == frozenset()
    assert index.crossed("h", {"BTCUSDT": Decimal("90")}) == {("u", "down")}


def test_watches_are_replaced_as_a_whole(index):
    index.watch("h", "u", "a", [Watch("BTCUSDT", Decimal(1), True), Watch("BTCUSDT", Decimal(2), True)])
    index.watch("h", "u", "a", [Watch("ETHUSDT", Decimal(5), True)])
    assert index.crossed("h", {"BTCUSDT": Decimal(9)}) == frozenset()
    assert index.crossed("h", {"ETHUSDT": Decimal(5)}) == {("u", "a")}


def test_a_due_sync_is_planned_again_from_when_it_was_due(index):
    index.sync_at("h", "u", "a", NOW)
    assert index.due_syncs("h", SOON, 60) == [("u", "a")]
    assert index.due_syncs("h", NOW + timedelta(seconds=59), 60) == []
    assert index.due_syncs("h", NOW + timedelta(seconds=60), 60) == [("u", "a")]


def test_a_late_clock_asks_once_and_not_for_every_missed_time(index):
    index.plan_source("nof1", NOW)
    late = NOW + timedelta(seconds=100)
    assert index.due_sources(late, 5) == ["nof1"]
    assert index.due_sources(late, 5) == [] and index.due_sources(late + timedelta(seconds=5), 5) == ["nof1"]


def test_a_planned_time_is_kept_when_asked_to(index):
    index.sync_at("h", "u", "a", NOW)
    index.sync_at("h", "u", "a", SOON, keep=True)
    assert index.due_syncs("h", NOW, 60) == [("u", "a")]


def test_an_environment_is_in_use_for_an_hour(index):
    index.use("testnet", NOW)
    assert index.environments(NOW + timedelta(minutes=59)) == ["testnet"]
    assert index.environments(NOW + timedelta(minutes=61)) == []


def test_a_process_that_falls_silent_is_listed_as_dead(index):
    beat(index.redis, "worker", "w1", pid=7, doing="cred:a")
    beat(index.redis, "worker", "w2", pid=8)
    index.redis.delete("worker:w1")
    assert [(each.name, each.alive, each.doing) for each in beats(index.redis, "worker")] == [
        ("w1", False, "cred:a"), ("w2", True, ""),
    ]
    leave(index.redis, "worker", "w2")
    assert [each.name for each in beats(index.redis, "worker")] == ["w1"]


def test_only_those_who_hold_something_are_holders_until_they_hold_nothing(index):
    asked = [("u", "a"), ("u", "b")]
    index.hold("u", "a", holds=True)
    assert index.holders(asked) == {("u", "a")} and index.holders([]) == frozenset()
    index.hold("u", "a", holds=False)
    assert index.holders(asked) == frozenset()
