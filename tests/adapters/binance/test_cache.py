"""What all accounts of a host share: one loads it, the others aren't held up."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from nof1web.adapters.binance.cache import HOUR_MS, HourCache, taken


def beside(work: Callable[[], str]) -> str:
    """What another thread gets, within seconds or not at all."""
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(work()), daemon=True)
    thread.start()
    thread.join(timeout=5)
    return seen[0] if seen else "nothing"


@pytest.fixture
def now() -> list[int]:
    return [0]


@pytest.fixture
def cache(now: list[int]) -> HourCache[str]:
    return HourCache(clock=lambda: now[0])


def test_while_one_loads_anew_the_old_value_serves_the_others(cache: HourCache[str], now: list[int]) -> None:
    cache.get("host", lambda: "old")
    now[0] = HOUR_MS
    seen: list[str] = []

    def slow() -> str:
        seen.append(beside(lambda: cache.get("host", lambda: "twice")))
        return "new"

    assert cache.get("host", slow) == "new" and seen == ["old"]


def test_a_host_that_is_being_loaded_holds_up_no_other(cache: HourCache[str]) -> None:
    seen: list[str] = []

    def slow() -> str:
        seen.append(beside(lambda: cache.get("another", lambda: "theirs")))
        return "mine"

    assert cache.get("host", slow) == "mine" and seen == ["theirs"]


def test_a_lock_that_is_waited_for_is_had_once_it_is_let_go() -> None:
    lock = threading.Lock()
    lock.acquire()
    with taken(lock, wait=False) as mine:
        assert not mine and lock.locked()
    threading.Timer(0.02, lock.release).start()
    with taken(lock, wait=True) as mine:
        assert mine
    assert not lock.locked()
