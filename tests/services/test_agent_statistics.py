"""Statistics of agents from what market.db holds of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.adapters.feeds.hyperliquid_wire import parse_reading
from nof1web.adapters.store import units
from nof1web.adapters.store.market import SqliteMarket
from nof1web.core import leaders
from nof1web.core.signals import Reading, Signal
from nof1web.core.statistics import Statistics
from nof1web.core.trades import Trade
from nof1web.services import feeding
from nof1web.services.statistics import LEAST_HOURS, WINDOW, AgentStatistics
from tests.adapters.feeds.wallets import BEGAN, Wallets, address
from tests.adapters.store.examples import NOW, a_signal

A_TRADE = Trade("BTCUSDT", "1", Decimal(1), Decimal(100), Decimal(104), 5, NOW, NOW)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[SqliteMarket]:
    made = SqliteMarket(tmp_path / "market.db")
    yield made
    made.close()


def lived(market: SqliteMarket, hours: int) -> Signal:
    """An agent whose equity rises every other hour by 1 % of what it began with."""
    signal = a_signal()
    for hour in range(hours):
        at, equity = signal.recorded_at + timedelta(hours=hour), Decimal(10000) * (100 + hour // 2) / 100
        signal_now = replace(signal, equity=equity, recorded_at=at, read_at=at)
        market.put_signals([signal_now])
    return signal_now


@pytest.mark.parametrize(("hours", "told"), [(LEAST_HOURS - 1, False), (LEAST_HOURS + 2, True)])
def test_a_sharpe_ratio_needs_a_day(market: SqliteMarket, hours: int, told: bool) -> None:
    signal = lived(market, hours)
    found = AgentStatistics().of(market, signal, signal.read_at)
    assert found.gain is not None and (found.sharpe is not None) is told


def test_they_are_worked_out_at_most_once_a_minute(market: SqliteMarket) -> None:
    signal, statistics = lived(market, 3), AgentStatistics()
    first = statistics.of(market, signal, signal.read_at)
    later = replace(signal, equity=Decimal(20000), recorded_at=signal.recorded_at + timedelta(hours=1))
    market.put_signals([replace(later, read_at=later.recorded_at)])
    assert statistics.of(market, later, signal.read_at + timedelta(seconds=59)) is first
    assert statistics.of(market, later, signal.read_at + timedelta(hours=1)).gain == 100


class Paid:
    """A source over one address, of which a test says what it holds and has."""

    name = leaders.SOURCE

    def __init__(self, market: SqliteMarket) -> None:
        self.market, self.wallets = market, Wallets()

    def reads(self, hour: float, equity: str, mark: object, **coins: str) -> Statistics:
        """Read it at an hour, when BTC stands at this mark; return its statistics then."""
        self.wallets.seconds, self.wallets.marks = hour * 3600, {"BTC": Decimal(str(mark))}
        self.wallets.equities[address(1)] = equity
        self.wallets.hold(address(1), 7, **coins)
        feeding.read_source(self, self.market, self.wallets.now)
        signal = self.market.signal(self.name, address(1))
        assert signal is not None
        return AgentStatistics().of(self.market, signal, self.wallets.now)

    def read(self, marker: int | None) -> Reading:
        """One round."""
        told = self.wallets.rounds.read([address(1)])
        return told.reading(lambda each: self.market.signal(self.name, each))

    parse = staticmethod(parse_reading)

    def stored(self) -> None:
        """Nothing to remember."""


def test_what_is_paid_into_an_address_is_no_gain(market: SqliteMarket) -> None:
    source = Paid(market)
    for hour in range(LEAST_HOURS):
        source.reads(hour, "1000", 100)
    # 5 BTC bought at 100 gain 10 % of 1000, and 9000 are paid in a minute later: 1 % of 10100 is lost after that.
    source.reads(24, "1000", 100, BTC="5@100")
    source.reads(25, "1100", 120, BTC="5@100")
    source.reads(25.02, "10100", 120, BTC="5@100")
    found = source.reads(26, "9999", "99.8", BTC="5@100")
    assert found.gain is not None and abs(found.gain - Decimal("8.9")) < Decimal("1e-8")
    assert found.fall is not None and abs(found.fall - 1) < Decimal("1e-8") and found.sharpe is not None


def told_before_worths(market: SqliteMarket, *equities: int) -> None:
    """Equities of an address, one a day, as they were kept before it was told what is paid in."""
    for day, equity in enumerate(equities, -len(equities)):
        at = units.to_micros(BEGAN + timedelta(days=day))
        row = {"source": leaders.SOURCE, "agent": address(1), "at": at, "equity": units.to_units(Decimal(equity))}
        market._file.insert("agent_equity", row)


@pytest.mark.parametrize("before", [(1000, 10_000), (10_000, 0), (0,)])
def test_equities_from_before_deposits_were_known_count_for_nothing(
    market: SqliteMarket, before: tuple[int, ...]
) -> None:
    told_before_worths(market, *before)
    source = Paid(market)
    source.reads(0, "10000", 100, BTC="5@100")
    found = source.reads(1, "10100", 120, BTC="5@100")
    assert found.gain == 1 and found.fall == 0


def test_the_gain_of_an_address_is_the_same_after_its_minutes_are_dropped(market: SqliteMarket) -> None:
    told_before_worths(market, 500)
    source, later = Paid(market), BEGAN + timedelta(days=8)
    for minute, mark in ((0.5, 100), (30, 150), (59, 200), (120, 200)):
        source.reads(minute / 60, str(10 * mark), mark, BTC="10@100")
    hours = market.equity_hours(source.name, address(1), BEGAN - WINDOW)
    market.forget(source.name, [address(1)], signals=later, equities=BEGAN - WINDOW)
    kept = market.equity_hours(source.name, address(1), BEGAN - WINDOW)
    assert kept == hours and [worth for _, worth in kept] == [1000, 2000, 2000]


def test_an_address_that_was_added_empty_shows_its_gain_from_what_is_paid_in(market: SqliteMarket) -> None:
    source = Paid(market)
    source.reads(0, "0.0", 100)
    source.reads(1, "1000", 100, BTC="5@100")
    assert source.reads(2, "1100", 120, BTC="5@100").gain == 10


def test_a_trade_counts_as_long_as_equities_do(market: SqliteMarket) -> None:
    signal = lived(market, 3)
    now = signal.read_at + WINDOW
    old, young = (replace(A_TRADE, epoch=each, closed_at=now - WINDOW + timedelta(hours=number))
                  for number, each in ((-1, "1"), (0, "2")))  # fmt: skip
    market.trades.put("nof1", signal.agent, {}, [old, young])
    assert AgentStatistics().of(market, signal, now).trades == 1
