"""What counts as closed by an agent, at what price and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nof1web.core import book
from nof1web.core.signals import AgentRecord, RecordedPosition, Signal
from nof1web.core.trades import closed_between
from tests.core.scene import NOW

BTC = RecordedPosition("BTCUSDT", Decimal(2), Decimal(100), 10, "71")
ETH = RecordedPosition("ETHUSDT", Decimal(-3), Decimal(50), 5, "72")
FIRST = book.first("nof1", AgentRecord("gpt", NOW, Decimal(1000), (BTC, ETH)), NOW)


def after(signal: Signal, seconds: int, *positions: RecordedPosition) -> Signal:
    at = NOW + timedelta(seconds=seconds)
    return book.advance(signal, AgentRecord("gpt", at, Decimal(1000), positions), at)


def test_another_epoch_closes_the_one_before_at_the_last_mark() -> None:
    [trade] = closed_between(FIRST, after(FIRST, 5, replace(BTC, entry_oid="80"), ETH), {"BTCUSDT": Decimal(103)})
    assert (trade.epoch, trade.profit, trade.held) == ("71", Decimal(6), timedelta(seconds=5))


def test_a_zero_closes_at_once_and_without_a_mark_at_its_entry() -> None:
    [trade] = closed_between(FIRST, after(FIRST, 5, BTC, replace(ETH, quantity=Decimal(0))), {})
    assert (trade.symbol, trade.profit) == ("ETHUSDT", 0)


def test_what_is_lacking_is_closed_once_that_is_confirmed_as_of_when_it_was_first_lacking() -> None:
    once = after(FIRST, 5, BTC)
    twice = after(once, 10, BTC)
    assert list(closed_between(FIRST, once, {})) == []
    [trade] = closed_between(once, twice, {})
    assert trade.closed_at == NOW + timedelta(seconds=5) and list(closed_between(twice, twice, {})) == []
