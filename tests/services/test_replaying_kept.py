"""What is kept of a source can be replayed, all of it: past what was dropped, forgotten, or rounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from nof1web.adapters.feeds.hyperliquid_wire import parse_reading
from nof1web.adapters.store.market import SqliteMarket
from nof1web.core import leaders
from nof1web.core.signals import Reading
from nof1web.services import addresses, feeding
from nof1web.services.replaying import replay
from tests.adapters.feeds.wallets import BEGAN, Wallets, address
from tests.services.test_feeding import DAY, NOW, Source, shows

HOUR = timedelta(hours=1)


class Lived:
    """A market.db, what was read into it, and what was known after each read."""

    def __init__(self, folder: Path) -> None:
        self.market = SqliteMarket(folder / "market.db")
        self.payloads: dict[bytes, Reading] = {}
        self.known: list[tuple[object, dict[str, object]]] = []

    def reads(self, minute: int, *agents: str, equity: str = "1000", keep: timedelta = DAY) -> None:
        """Read a record of these agents so many minutes after NOW."""
        now, shown = NOW + timedelta(minutes=minute), shows(*agents, seconds=60 * minute)
        records = tuple(replace(each, equity=Decimal(equity)) for each in shown.records)
        reading = replace(shown, source=leaders.SOURCE, records=records)
        self.payloads[reading.raw] = reading
        source = Source(reading)
        source.name = leaders.SOURCE
        feeding.read_source(source, self.market, now, keep=keep)
        self.known.append((now, {each.agent: each for each in self.market.signals()}))

    def again(self) -> list[tuple[object, dict[str, object]]]:
        """What a replay of all that is kept gives."""
        found = replay(self.market, leaders.SOURCE, self.payloads.__getitem__, since=NOW, until=NOW + DAY)
        return [(at, dict(seen.signals)) for at, seen in found]


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    made = Lived(tmp_path)
    yield made
    made.market.close()


def test_what_is_left_after_old_reads_are_dropped_is_replayed_from_its_first_read_on(lived: Lived) -> None:
    for minute in range(0, 300, 20):
        lived.reads(minute, "gpt", keep=2 * HOUR)
    again = lived.again()
    assert 0 < len(again) < 15 and again == lived.known[-len(again) :]


def test_an_address_that_was_read_no_more_for_a_while_is_replayed_so(lived: Lived) -> None:
    lived.market.leaders.add(leaders.SOURCE, "gpt", NOW - 30 * DAY)
    for minute in (0, 1, 2):
        lived.reads(minute, "gpt", "grok")
    addresses.prune(lived.market, NOW + timedelta(minutes=2.5), lambda source, agents: ())
    for minute in (3, 4):
        lived.reads(minute, "gpt", "grok")
    assert lived.again() == lived.known


def test_rounds_over_addresses_are_replayed_from_their_payloads_alone(tmp_path: Path) -> None:
    market, wallets, known = SqliteMarket(tmp_path / "market.db"), Wallets(), []
    books = [("0.5@100", "0.0", "0.5"), ("0.7@102", "0.5", "0.7"), ("-0.2@104", "0.7", "-0.2")]
    for number, (book, before, after) in enumerate(books):
        wallets.hold(address(1), BTC=book)
        wallets.fill(address(1), "BTC", before=before, after=after, oid=70 + number)
        for _ in range(2):
            source = Source(wallets.read(address(1)))
            source.name = leaders.SOURCE
            feeding.read_source(source, market, wallets.now)
            known.append((wallets.now, {each.agent: each for each in market.signals()}))
            wallets.seconds += 20
    found = replay(market, leaders.SOURCE, parse_reading, since=BEGAN, until=BEGAN + DAY)
    assert [(at, dict(seen.signals)) for at, seen in found] == known
    assert known[-1][1][address(1)].positions[0].epoch == "72"  # type: ignore[attr-defined]
    market.close()


def test_an_equity_is_replayed_as_it_was_kept(lived: Lived) -> None:
    for minute in range(2):
        lived.reads(minute, "gpt", equity="1000.123456789012")
    assert lived.again() == lived.known
