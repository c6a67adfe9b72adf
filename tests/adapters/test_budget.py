"""The shared request budget, against a real server; the lanes, the bounds, the silence after a 429."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from nof1web.adapters.budget import Budget, Lane, NoBudget
from nof1web.errors import Transient
from tests.adapters.redis_server import redis_server

LIMIT = 2_400
BURST = 480


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url, Redis.from_url(url) as redis:
        yield redis


@pytest.fixture
def redis(server: Redis) -> Redis:
    server.flushall()
    return server


def now() -> datetime:
    return datetime.now(UTC)


def budget(redis: Redis, *, egress: str = "here", limit: int | None = LIMIT) -> Budget:
    return Budget(redis, host="fapi", egress=egress, limit_per_minute=limit, clock=now)


def test_a_fresh_budget_holds_a_fifth_of_the_limit(redis: Redis) -> None:
    assert budget(redis).meter().balance == BURST


def test_what_one_process_takes_is_gone_for_the_others(redis: Redis) -> None:
    budget(redis).take(400, "exit")
    assert budget(redis).meter().balance < 200


def test_another_egress_has_its_own_balance(redis: Redis) -> None:
    budget(redis).take(400, "exit")
    assert budget(redis, egress="elsewhere").meter().balance == BURST


@pytest.mark.parametrize(
    ("lane", "share"), [("protection", 5), ("entry", 15), ("sync", 50), ("read", 60)]
)
def test_a_lane_leaves_the_share_of_the_lanes_above_it(redis: Redis, lane: Lane, share: int) -> None:
    shared = budget(redis)
    shared.take(BURST * (100 - share) // 100, lane, wait_ms=0)
    with pytest.raises(Transient):
        shared.take(200, lane, wait_ms=0)


def test_an_exit_still_goes_when_readers_are_refused(redis: Redis) -> None:
    shared = budget(redis)
    shared.take(BURST - 60, "exit")
    with pytest.raises(Transient):
        shared.take(1, "read", wait_ms=0)
    shared.take(50, "exit", wait_ms=0)


def test_a_refusal_says_when_it_would_be_granted(redis: Redis) -> None:
    shared = budget(redis)
    shared.take(BURST, "exit")
    with pytest.raises(Transient) as refused:
        shared.take(320 - BURST * 15 // 100, "entry", wait_ms=0)
    assert refused.value.retry_after in range(5, 11)


def test_it_waits_for_the_refill_when_that_comes_in_time(redis: Redis) -> None:
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        time.sleep(seconds)

    shared = Budget(redis, host="fapi", egress="here", limit_per_minute=LIMIT, clock=now, pause=pause)
    shared.take(BURST - 24, "exit")
    shared.take(2, "protection")
    assert paused


def test_the_refill_never_exceeds_the_burst(redis: Redis) -> None:
    shared = budget(redis, limit=600_000)
    shared.take(1, "exit")
    time.sleep(0.01)
    assert shared.meter().balance == 120_000


def test_the_hosts_own_count_is_believed_when_it_is_the_stricter(redis: Redis) -> None:
    shared = budget(redis)
    shared.note(LIMIT - 30)
    assert shared.meter().balance < 200


def test_a_lower_count_of_the_host_gives_nothing_back(redis: Redis) -> None:
    shared = budget(redis)
    shared.take(400, "exit")
    shared.note(1)
    assert shared.meter().balance < 200


def test_a_stop_silences_everybody_on_the_egress_even_exits(redis: Redis) -> None:
    budget(redis).stop(now() + timedelta(seconds=30))
    with pytest.raises(Transient) as refused:
        budget(redis).take(1, "exit")
    assert refused.value.retry_after in range(20, 31)


def test_a_stop_holds_back_orders_that_weigh_nothing(redis: Redis) -> None:
    budget(redis).stop(now() + timedelta(seconds=30))
    with pytest.raises(Transient):
        budget(redis).take(0, "exit")


def test_a_stop_holds_back_an_accounts_orders_even_exits(redis: Redis) -> None:
    budget(redis).stop(now() + timedelta(seconds=9))
    with pytest.raises(Transient, match="allows no further request") as refused:
        budget(redis).order("account", "exit")
    assert refused.value.retry_after in (8, 9)


def test_a_shorter_stop_does_not_end_a_longer_one(redis: Redis) -> None:
    shared = budget(redis)
    shared.stop(now() + timedelta(seconds=60))
    shared.stop(now() + timedelta(seconds=5))
    stopped_until = shared.meter().stopped_until
    assert stopped_until is not None and stopped_until > now() + timedelta(seconds=50)


def test_an_order_that_weighs_nothing_goes_with_an_empty_balance(redis: Redis) -> None:
    shared = budget(redis)
    shared.take(BURST, "exit")
    shared.take(0, "entry")


def test_a_weight_above_the_lanes_share_is_granted_from_a_full_bucket(redis: Redis) -> None:
    budget(redis, limit=60).take(10, "read", wait_ms=0)


def test_the_limit_is_learnt_where_none_was_given(redis: Redis) -> None:
    budget(redis, limit=None).learn(6_000)
    assert budget(redis, limit=None).meter().limit_per_minute == 6_000


def test_a_given_limit_stands_whatever_the_host_says(redis: Redis) -> None:
    budget(redis).learn(6_000)
    assert budget(redis).meter().limit_per_minute == LIMIT


def test_without_redis_nothing_is_sent_but_an_answer_is_not_lost(tmp_path: Path) -> None:
    with Redis.from_url(f"unix://{tmp_path}/none.sock") as gone:
        budget(gone).note(5)
        budget(gone).stop(now() + timedelta(seconds=5))
        with pytest.raises(Transient):
            budget(gone).take(1, "exit")


def test_no_budget_grants_everything() -> None:
    NoBudget().take(10_000, "read")


def test_a_larger_limit_that_is_learnt_fills_the_bucket_by_as_much(redis: Redis) -> None:
    shared = budget(redis, limit=None)
    shared.take(400, "exit")
    shared.learn(6_000)
    assert 800 <= shared.meter().balance < 850
