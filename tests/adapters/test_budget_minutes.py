"""The shared budget over minutes that pass by hand, with the real scripts: lanes, stretching, meters, orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from redis import Redis

from nof1web.adapters.budget import Budget, known, room
from nof1web.errors import Transient
from tests.adapters.redis_server import redis_server
from tests.adapters.test_budget import BURST, LIMIT, budget, now


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url, Redis.from_url(url) as redis:
        yield redis


@pytest.fixture
def redis(server: Redis) -> Redis:
    server.flushall()
    return server


class Clock:
    """Milliseconds that pass only when told, or while somebody waits."""

    def __init__(self) -> None:
        self.ms = 1_795_000_020_000

    def wait(self, seconds: float) -> None:
        self.ms += round(seconds * 1_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ticking(redis: Redis, clock: Clock) -> Budget:
    return Budget(
        redis, host="fapi", egress="here", limit_per_minute=LIMIT, clock=now, pause=clock.wait, ticks=lambda: clock.ms
    )


def test_below_what_the_host_allows_of_a_minute_only_exits_go_on(redis: Redis, clock: Clock) -> None:
    shared = ticking(redis, clock)
    shared.note(LIMIT * 90 // 100)
    for lane in ("protection", "entry", "sync", "read"):
        with pytest.raises(Transient):
            shared.take(1, lane, wait_ms=0)
    shared.take(5, "exit", wait_ms=0)


def test_not_even_exits_reach_the_hosts_limit(redis: Redis, clock: Clock) -> None:
    shared = ticking(redis, clock)
    shared.note(LIMIT - 40)
    with pytest.raises(Transient):
        shared.take(1, "exit", wait_ms=0)


def test_two_thousand_accounts_syncs_stretch_and_stay_under_four_fifths(redis: Redis, clock: Clock) -> None:
    shared, used, waited = ticking(redis, clock), Counter[int](), 0
    for second in range(180):
        clock.ms += 1_000
        minute = clock.ms // 60_000
        with suppress(Transient):
            for _ in range(2_000 // 60):
                shared.take(8, "sync", wait_ms=0)
                used[minute] += 8
                shared.note(used[minute])
        if second % 5 == 0:
            before = clock.ms
            shared.take(10, "entry")
            shared.take(1, "exit")
            waited += clock.ms - before
            used[minute] += 11
            shared.note(used[minute])
    assert max(used.values()) < LIMIT * 80 // 100 and waited == 0
    assert min(list(used.values())[1:-1]) > LIMIT * 60 // 100


def test_a_sync_does_not_hold_up_a_worker_for_long(redis: Redis, clock: Clock) -> None:
    shared = ticking(redis, clock)
    shared.take(BURST, "exit")
    before = clock.ms
    with pytest.raises(Transient):
        shared.take(100, "sync")
    assert clock.ms - before <= 1_000


def test_the_meter_tells_what_each_lane_spent_this_minute_and_the_last(redis: Redis, clock: Clock) -> None:
    shared = ticking(redis, clock)
    shared.take(5, "sync")
    shared.take(1, "exit")
    clock.ms += 60_000
    shared.take(2, "entry")
    meter = shared.meter()
    assert (meter.by_lane["entry"], meter.by_lane["sync"]) == (2, 0)
    assert (meter.last_by_lane["exit"], meter.last_by_lane["sync"]) == (1, 5)
    clock.ms += 120_000
    assert not any((*shared.meter().by_lane.values(), *shared.meter().last_by_lane.values()))


def test_what_the_host_counted_is_forgotten_with_its_minute(redis: Redis, clock: Clock) -> None:
    shared = ticking(redis, clock)
    shared.note(70)
    assert shared.meter().used == 70
    clock.ms += 60_000
    assert shared.meter().used == 0


def test_a_larger_limit_undoes_what_a_smaller_one_took(redis: Redis, clock: Clock) -> None:
    shared = Budget(redis, host="f", egress="h", limit_per_minute=None, clock=now, ticks=lambda: clock.ms)
    shared.note(3_000)
    shared.learn(6_000)
    assert shared.meter().balance == 1_200


def test_there_is_no_room_while_the_egress_is_silenced(redis: Redis) -> None:
    assert room(budget(redis).meter(), "sync") == BURST * 50 // 100
    budget(redis).stop(now() + timedelta(seconds=5))
    assert room(budget(redis).meter(), "sync") == 0


def test_every_budget_that_was_spent_from_is_known(redis: Redis) -> None:
    budget(redis).take(1, "exit")
    budget(redis, egress="elsewhere here").stop(now() + timedelta(seconds=1))
    assert list(known(redis)) == [("fapi", "elsewhere here"), ("fapi", "here")]


def test_entries_leave_a_fifth_of_an_accounts_orders_to_its_exits(redis: Redis, clock: Clock) -> None:
    shared = ticking(redis, clock)
    shared.learn_orders(50, 500)
    for _ in range(40):
        shared.order("a", "entry")
    with pytest.raises(Transient) as refused:
        shared.order("a", "entry")
    assert refused.value.retry_after == 10
    for _ in range(9):
        shared.order("a", "exit")
    with pytest.raises(Transient):
        shared.order("a", "exit")
    shared.order("b", "entry")


def test_in_no_ten_seconds_does_an_account_send_more_than_its_limit(redis: Redis, clock: Clock) -> None:
    shared, sent = ticking(redis, clock), list[int]()
    shared.learn_orders(50, 500)
    for _ in range(600):
        clock.ms += 50
        with suppress(Transient):
            shared.order("a", "exit")
            sent.append(clock.ms)
    assert max(sum(1 for at in sent if since <= at < since + 10_000) for since in sent) < 50
    assert len(sent) > 120


def test_what_others_sent_on_an_account_counts_until_its_window_is_over(redis: Redis, clock: Clock) -> None:
    shared = ticking(redis, clock)
    shared.learn_orders(50, 500)
    shared.order("a", "entry")
    shared.note_orders("a", 49, 49)
    with pytest.raises(Transient):
        shared.order("a", "exit")
    assert shared.order_meter("a").in_10s == 49
    clock.ms += 10_000
    shared.order("a", "entry")
    assert (shared.order_meter("a").in_10s, shared.order_meter("a").in_1m) == (1, 50)


def test_too_many_orders_hold_one_account_and_nobody_else(redis: Redis) -> None:
    shared = budget(redis)
    shared.hold_orders("a", now() + timedelta(seconds=7))
    with pytest.raises(Transient) as refused:
        shared.order("a", "exit")
    assert refused.value.retry_after in (6, 7) and shared.order_meter("a").held_until is not None
    shared.order("b", "exit")
    shared.take(1, "exit")
