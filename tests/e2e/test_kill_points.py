"""A worker stopped in mid-order whose lease others took over: when it goes on, nothing happens twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.jobs.leases import Timing
from nof1web.services.kill_points import KillPoint
from tests.adapters.redis_server import redis_url
from tests.e2e.stopping import Installation, StopAt, Worker, installation, wait_for
from tests.exchange_process import running_exchange

__all__ = ["redis_url"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
STOPS = (
    StopAt(KillPoint.JOURNAL_COMMITTED),
    StopAt(KillPoint.LEASE_CHECKED),
    StopAt(KillPoint.PROTECTION_WRITTEN),
    StopAt(KillPoint.LEASE_CHECKED, nth=2),
)
"""before the lease is looked at and right before the request leaves: of an order, and of its stop"""
SHORT = Timing(ttl=8.0, heartbeat=0.5, sweep=0.2)
SHORT_SECONDS, LONG_SECONDS = 9.0, 20.0
"""longer than the lease and not so long that the worker ends itself; and as long as DESIGN says"""


@pytest.fixture
def place(tmp_path: Path, redis_url: str) -> Iterator[Installation]:
    with running_exchange(tmp_path / "exchange") as exchange, installation(tmp_path / "t", redis_url, exchange) as made:
        exchange.prices(BTCUSDT="60000")
        yield made


@dataclass(frozen=True, slots=True)
class Stopped:
    """A worker that stopped while it worked for a credential."""

    worker: Worker
    credential: str
    account: str
    at: float


def stop_one(place: Installation, timing: Timing, stop: StopAt, stack: ExitStack) -> Stopped:
    """Let a worker begin to copy the agent's entry and stop where it is told."""
    credential, account = place.follows(f"a{stop.point}{stop.nth}".replace("_", ""))
    worker = Worker(place.env, timing, stop)
    stack.callback(worker.process.join, 5)
    stack.callback(worker.process.kill)
    place.asks(credential)
    wait_for(lambda: worker.stopped, f"stopped at {stop.point}")
    return Stopped(worker, credential, account, time.monotonic())


def taken_over(place: Installation, timing: Timing, seconds: float) -> list[tuple[str, list[Decimal], list[Decimal]]]:
    """Stop a worker at each place for so long, let another one take over, wake them; return fills and stops."""
    with ExitStack() as stack:
        stopped = [stop_one(place, timing, stop, stack) for stop in STOPS]
        other = Worker(place.env, timing, None)
        stack.callback(other.process.join, 5)
        stack.callback(other.process.kill)
        waiting = list(stopped)
        while waiting:
            time.sleep(0.3)
            for each in stopped:
                place.asks(each.credential)
            for each in [each for each in waiting if time.monotonic() - each.at >= seconds]:
                waiting.remove(each)
                each.worker.goes_on()
        for each in stopped:
            wait_for(lambda e=each: _done(place, e), f"copied: {place.fills(each.account)}")
        time.sleep(3)
        return [(each.credential, place.fills(each.account), place.stops(each.account)) for each in stopped]


def _done(place: Installation, each: Stopped) -> bool:
    place.asks(each.credential)
    time.sleep(0.3)
    return bool(place.fills(each.account) and place.stops(each.account) and place.held(each.credential))


def test_a_worker_that_goes_on_after_its_lease_fills_nothing_twice(
    place: Installation, record_property: Callable[[str, object], None]
) -> None:
    found = taken_over(place, SHORT, SHORT_SECONDS)
    once = [Decimal("0.01")]
    assert [(fills, stops) for _, fills, stops in found] == [(once, once)] * len(STOPS)
    record_property(
        "workers stopped past their lease", f"{len(found)} for {SHORT_SECONDS} s, one fill and one stop each"
    )


@pytest.mark.long
def test_stopped_for_twenty_seconds_with_real_leases_there_is_one_fill(
    place: Installation, record_property: Callable[[str, object], None]
) -> None:
    found = taken_over(place, Timing(), LONG_SECONDS)
    once = [Decimal("0.01")]
    assert [(fills, stops) for _, fills, stops in found] == [(once, once)] * len(STOPS)
    record_property(
        "workers stopped past their lease", f"{len(found)} for {LONG_SECONDS} s, one fill and one stop each"
    )
