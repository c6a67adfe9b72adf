"""What a source and its agents are called as they age, fail and come back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1web.core.health import Health, broken, of_agent, of_source, turns
from nof1web.core.signals import SignalHealth
from tests.core.scene import NOW, a_signal


@pytest.mark.parametrize(
    ("source", "seconds", "health"),
    [
        ("nof1", 300, Health.LIVE), ("nof1", 301, Health.LATE), ("nof1", 600, Health.LATE),
        ("nof1", 601, Health.STALE), ("nof1", 86_400, Health.STALE), ("nof1", 86_401, Health.ENDED),
        ("hyperliquid", 12, Health.LIVE), ("hyperliquid", 13, Health.LATE), ("hyperliquid", 31, Health.STALE),
    ],
)  # fmt: skip
def test_an_agent_ages(source: str, seconds: int, health: Health) -> None:
    at = NOW - timedelta(seconds=seconds)
    assert of_agent(a_signal(source=source, recorded_at=at, read_at=at), NOW) is health


def test_an_agent_that_is_missing_is_degraded_and_after_a_day_ended() -> None:
    for hours, health in ((1, Health.DEGRADED), (25, Health.ENDED)):
        gone = a_signal(health=SignalHealth.MISSING, read_at=NOW - timedelta(hours=hours))
        assert of_agent(gone, NOW) is health


def test_a_source_is_as_fresh_as_its_freshest_agent() -> None:
    old = a_signal(recorded_at=NOW - timedelta(hours=1), read_at=NOW)
    assert of_source([old, a_signal(recorded_at=NOW, read_at=NOW)], NOW) is Health.LIVE
    assert of_source([old], NOW) is Health.STALE and of_source([], NOW) is Health.LIVE


@pytest.mark.parametrize(("unusable", "health"), [(True, Health.DEGRADED), (False, Health.UNREACHABLE)])
def test_a_source_that_is_held_says_why_and_so_do_its_agents(unusable: bool, health: Health) -> None:
    fresh, why = a_signal(recorded_at=NOW, read_at=NOW), broken(held=True, unusable=unusable)
    assert of_source([fresh], NOW, why) is of_agent(fresh, NOW, why) is health
    assert broken(held=False, unusable=unusable) is None


def test_only_a_turn_is_told() -> None:
    told = {"a": "live", "b": "stale", "c": "unreachable", "d": "late"}
    now = {"a": Health.ENDED, "b": Health.DEGRADED, "c": Health.LATE, "d": Health.LIVE, "e": Health.STALE}
    assert turns(told, now) == ({"a", "e"}, {"c"})
