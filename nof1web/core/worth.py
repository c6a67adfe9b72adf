"""What became of an agent's equity apart from what was paid in and out, told from its records as they follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.signals import MOST_EQUITY, AgentRecord, Stake

ZERO = Decimal(0)
HELD_SHARE, TRADED_SHARE = Decimal("0.001"), Decimal("0.02")
"""of what was held and of what changed hands: so much funding, fees and the marks' age can explain at most"""
CLOSED_SHARE = Decimal("0.2")
"""of what was closed: so much it can have gained at most past its last mark, however long nobody looked"""
DUST = Decimal("0.0001")
"""USD; less than that is nothing"""
ANEW_AFTER = timedelta(hours=1)
"""so long a ruin is told at least: an hour is known by its last equity"""


@dataclass(frozen=True, slots=True)
class Funds:
    """An agent at one record: equity (USD), what it holds, and `worth`: what its first equity would be now.

    Nothing paid in or out moves `worth`, only what was gained on what was there: a time-weighted return.
    """

    at: datetime
    equity: Decimal
    stakes: tuple[Stake, ...]
    worth: Decimal


def followed(before: Funds | None, record: AgentRecord) -> Funds | None:
    """Return an agent's funds after one more record; the same where it tells nothing newer or has no values.

    None before the first with an equity. The gain is in proportion to the equity before and what was paid in since.
    What lost everything is worth 0, until ANEW_AFTER has passed and there is an equity to begin anew with.
    """
    if record.stakes is None or (before is not None and record.recorded_at <= before.at):
        return before
    if before is None or before.worth == 0:
        waits = before is not None and record.recorded_at - before.at < ANEW_AFTER
        begins = record.equity >= DUST and not waits
        return Funds(record.recorded_at, record.equity, record.stakes, record.equity) if begins else before
    paid = paid_in(before, record)
    at_stake = before.equity + max(paid, ZERO)
    gain = record.equity - before.equity - paid
    factor = 1 + gain / at_stake if at_stake > 0 else Decimal(1)
    worth = min(before.worth * max(factor, ZERO), MOST_EQUITY)
    return Funds(record.recorded_at, record.equity, record.stakes, worth if worth >= DUST else ZERO)


def paid_in(before: Funds, record: AgentRecord) -> Decimal:
    """Return what was paid in (negative: out) since: the change of equity that its positions don't explain.

    0 when that is no more than funding, fees and the age of the marks can be, or what a close can have made: nobody
    knows at what price. It can have lost all it stood at, as by a liquidation; it gains less, the more the longer ago.
    """
    old, new = _by_coin(before.stakes), _by_coin(record.stakes or ())
    gain, closed, opened = ZERO, ZERO, ZERO
    for coin in old.keys() | new.keys():
        gain += _gain(old.get(coin), new.get(coin))
        less, more = _traded(old.get(coin), new.get(coin))
        closed, opened = closed + less, opened + more
    held = sum((abs(each.quantity) * each.mark for each in before.stakes), ZERO)
    left = record.equity - before.equity - gain
    share = Decimal(1) if left < 0 else _gaining(record.recorded_at - before.at)
    return left if abs(left) > HELD_SHARE * held + TRADED_SHARE * opened + share * closed else ZERO


def _gaining(passed: timedelta) -> Decimal:
    minutes = Decimal(passed // timedelta(seconds=1)) / 60
    return min(TRADED_SHARE * (1 + minutes), CLOSED_SHARE)


def _gain(old: Stake | None, new: Stake | None) -> Decimal:
    """What a position made: what came is known by its entry, what went is taken to have gone at the present mark.

    One that is gone altogether went at the last mark known.
    """
    if new is None:
        return ZERO
    if old is None:
        return new.quantity * (new.mark - new.entry)
    gain = old.quantity * (new.mark - old.mark)
    if (old.quantity > 0) != (new.quantity > 0):
        return gain + new.quantity * (new.mark - new.entry)
    if abs(new.quantity) <= abs(old.quantity):
        return gain
    paid = new.quantity * new.entry - old.quantity * old.entry
    return gain + (new.quantity - old.quantity) * new.mark - paid


def _traded(old: Stake | None, new: Stake | None) -> tuple[Decimal, Decimal]:
    """The least that was closed, and that was opened (USD)."""
    before, after = (abs(each.quantity) if each else ZERO for each in (old, new))
    one = new or old
    mark = one.mark if one else ZERO
    if old is not None and new is not None:
        turned = (old.quantity > 0) != (new.quantity > 0)
        # At the same size another entry tells of a close and a reopening.
        if not turned and (old.entry == new.entry or before != after):
            return max(before - after, ZERO) * mark, max(after - before, ZERO) * mark
    return before * mark, after * mark


def _by_coin(stakes: tuple[Stake, ...]) -> Mapping[str, Stake]:
    return {stake.coin: stake for stake in stakes}
