"""The host's clock: when it is measured, and when the old offset serves."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from nof1web.adapters.binance.clock import MEASURE_EVERY_MS, REMEMBERED, HostClock
from nof1web.errors import Transient


class Time:
    """A steady clock moved by hand, and a host 1000 s ahead that takes `trip` ms to answer."""

    def __init__(self) -> None:
        self.ms, self.trips, self.asked = 0, [0], 0

    def steady(self) -> int:
        return self.ms

    def ask(self) -> int:
        self.asked += 1
        trip = self.trips.pop(0) if len(self.trips) > 1 else self.trips[0]
        self.ms += trip
        return 1_000_000 + self.ms - trip // 2


def down() -> int:
    raise Transient("down")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def clock(time: Time) -> HostClock:
    return HostClock(steady=time.steady)


def test_it_is_measured_once_for_ten_minutes(time: Time, clock: HostClock) -> None:
    clock.now_ms(time.ask)
    time.ms += MEASURE_EVERY_MS - 1
    assert (clock.now_ms(time.ask), time.asked) == (1_000_000 + time.ms, 1)


def test_it_is_measured_again_after_ten_minutes(time: Time, clock: HostClock) -> None:
    clock.now_ms(time.ask)
    time.ms += MEASURE_EVERY_MS
    clock.now_ms(time.ask)
    assert time.asked == 2


def test_half_the_round_trip_is_taken_off(time: Time, clock: HostClock) -> None:
    time.trips = [400]
    assert clock.now_ms(time.ask) == 1_000_000 + time.ms


def test_a_slow_measurement_is_taken_twice_and_the_quicker_counts(time: Time, clock: HostClock) -> None:
    time.trips = [3_000, 20]
    assert (clock.now_ms(time.ask), time.asked) == (1_000_000 + time.ms, 2)


def test_forgotten_means_measured_before_the_next_timestamp(time: Time, clock: HostClock) -> None:
    clock.now_ms(time.ask)
    clock.forget()
    clock.now_ms(time.ask)
    assert time.asked == 2


def test_the_old_offset_serves_while_the_host_is_away(time: Time, clock: HostClock) -> None:
    clock.now_ms(time.ask)
    time.ms += MEASURE_EVERY_MS
    assert clock.now_ms(down) == 1_000_000 + time.ms


def forget_nothing(clock: HostClock) -> None:
    """Leave the clock unmeasured."""


@pytest.mark.parametrize("before", [forget_nothing, HostClock.forget])
def test_without_any_offset_there_is_no_timestamp(before: Callable[[HostClock], None], clock: HostClock) -> None:
    before(clock)
    with pytest.raises(Transient):
        clock.now_ms(down)


def test_nobody_waits_while_another_measures_again_through_a_slow_proxy(time: Time, clock: HostClock) -> None:
    clock.now_ms(time.ask)
    time.ms += MEASURE_EVERY_MS
    seen: list[int] = []

    def slow() -> int:
        other = threading.Thread(target=lambda: seen.append(clock.now_ms(down)))
        other.start()
        other.join(timeout=5)
        return time.ask()

    clock.now_ms(slow)
    assert seen == [1_000_000 + time.ms]


def test_the_first_measurement_is_waited_for_and_made_once(time: Time, clock: HostClock) -> None:
    others: list[threading.Thread] = []
    seen: list[int] = []

    def slow() -> int:
        others.append(threading.Thread(target=lambda: seen.append(clock.now_ms(time.ask))))
        others[-1].start()
        return time.ask()

    clock.now_ms(slow)
    others[0].join(timeout=5)
    assert seen == [1_000_000 + time.ms] and time.asked == 1


def test_a_stamp_ages_by_the_steady_clock_whatever_the_hosts_does(time: Time, clock: HostClock) -> None:
    stamp = clock.stamped_ms(time.ask)
    time.ms += 9_000
    clock.forget()
    assert (clock.age_ms(stamp), clock.age_ms(stamp + 1)) == (9_000, 0)


def test_only_the_latest_stamps_are_remembered(time: Time, clock: HostClock) -> None:
    stamps = []
    for _ in range(3 * REMEMBERED):
        time.ms += 1
        stamps.append(clock.stamped_ms(time.ask))
    time.ms += 10
    assert clock.age_ms(stamps[0]) == 0 and clock.age_ms(stamps[-1]) == 10 and len(clock._told) <= REMEMBERED
