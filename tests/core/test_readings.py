"""From read to read: which account a record is of, and which records are of a time that can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core import book, readings
from nof1web.core.readings import Account, Seen
from nof1web.core.signals import AgentRecord, Reading, SignalHealth
from tests.core.scene import NOW

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
OLD, NEW = Account("gpt", NOW - 20 * DAY), Account("gpt@2026-11-01", NOW - DAY)


def shown(agent: str = "gpt", **more: object) -> Reading:
    record = AgentRecord(agent, **{"recorded_at": NOW, "equity": Decimal(1), "positions": (), **more})
    return Reading("nof1", NOW, (record,), unread=("odd",))


@pytest.mark.parametrize(
    ("began_at", "accounts", "agent"),
    [
        (None, {}, "gpt"), (None, {"gpt": OLD, NEW.agent: NEW}, NEW.agent), (OLD.began_at, {}, "gpt"),
        (OLD.began_at + DAY / 2, {"gpt": OLD, NEW.agent: NEW}, "gpt"), (NEW.began_at, {"gpt": NEW}, NEW.agent),
        (OLD.began_at + 0.6 * DAY, {"gpt": OLD}, f"gpt@{OLD.began_at + 0.6 * DAY:%Y-%m-%d}"),
        (OLD.began_at, {"gpt-5": Account("gpt-5", NOW)}, "gpt"),
    ],
)  # fmt: skip
def test_a_record_is_of_the_account_that_began_about_then(
    began_at: object, accounts: dict[str, Account], agent: str
) -> None:
    before = dict(accounts)
    assert list(readings.by_agent(shown(began_at=began_at), accounts)) == [agent]
    assert before.items() <= accounts.items()


@pytest.mark.parametrize(("seconds", "unread"), [(600, ("odd",)), (601, ("gpt", "odd"))])
def test_a_record_from_far_ahead_is_not_understood(seconds: int, unread: tuple[str, ...]) -> None:
    reading = shown(recorded_at=NOW + timedelta(seconds=seconds))
    assert readings.dated(reading, NOW).unread == unread
    assert bool(readings.read(Seen("nof1"), reading, NOW).signals) == (seconds == 600)


def test_an_agent_that_was_to_be_read_and_is_not_there_is_missing_and_another_stays() -> None:
    both = Seen("nof1", {agent: book.first("nof1", shown(agent).records[0], NOW) for agent in ("gpt", "grok", "qwen")})
    later = replace(shown(recorded_at=NOW + SECOND), covers=frozenset({"gpt", "grok"}))
    after = readings.read(both, later, NOW + SECOND).signals
    assert [after[agent].health for agent in ("gpt", "grok")] == ["good", "missing"]
    assert after["qwen"] == both.signals["qwen"] and after["gpt"].records == 2


def test_three_failures_hold_all_who_are_good_until_the_same_is_read_again() -> None:
    seen = readings.read(Seen("nof1"), shown(), NOW)
    gone = replace(seen.signals["gpt"], agent="grok", health=SignalHealth.MISSING)
    seen = replace(seen, signals={**seen.signals, "grok": gone})
    told = []
    for _ in range(3):
        seen = readings.failed(seen)
        told.append((seen.held, seen.signals["gpt"].health, seen.signals["grok"].health))
    assert told == [(False, "good", "missing"), (False, "good", "missing"), (True, "stale", "missing")]
    again = readings.read_again(seen, NOW + SECOND)
    assert [each.health for each in again.signals.values()] == ["good", "missing"] and not again.held
    assert readings.read_again(again, NOW + SECOND).signals["gpt"].reads == 2
