"""What is recorded of addresses: who shows something new, word for word; the rest as read again, and yet replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nof1web.adapters.feeds.hyperliquid_wire import parse_reading
from nof1web.adapters.store.market import SqliteMarket
from nof1web.core import leaders
from nof1web.core.signals import Reading
from nof1web.services import feeding
from nof1web.services.replaying import replay
from tests.adapters.feeds.wallets import BEGAN, Decimal, Wallets, address
from tests.services.test_replaying import decided

ANN, BOB = address(1), address(2)
EVERY, MINUTES = 5, 8
DAY = timedelta(days=1)


class Lived:
    """Two addresses, read again and again; what was known after each read."""

    name = leaders.SOURCE
    parse = staticmethod(parse_reading)

    def __init__(self, folder: Path) -> None:
        self.market, self.wallets = SqliteMarket(folder / "market.db"), Wallets()
        self.known: list[Any] = []
        self.wallets.hold(ANN, 71, BTC="0.5@100")
        self.wallets.hold(BOB)

    def read(self, marker: int | None) -> Reading:
        """One round, in which nobody is told again who is as the stored signal says."""
        return self.wallets.rounds.read([ANN, BOB]).reading(lambda each: self.market.signal(self.name, each))

    def stored(self) -> None:
        """Nothing to remember."""

    def reads(self, count: int = 1) -> None:
        """Read so many times; equities and marks are others each time."""
        for _ in range(count):
            self.wallets.marks = {"BTC": Decimal(100) + Decimal(self.wallets.seconds) / 100}
            self.wallets.equities = dict.fromkeys((ANN, BOB), f"{1000 + self.wallets.seconds:.1f}")
            feeding.read_source(self, self.market, self.wallets.now)
            state = self.market.source_state(self.name)
            assert state is not None
            self.known.append((self.wallets.now, feeding.seen(self.market, state)))
            self.wallets.seconds += EVERY

    def kept(self) -> list[Any]:
        """The recorded reads: whose answer was kept, None for one that was as before."""
        found = self.market.recordings.between(self.name, BEGAN, BEGAN + DAY)
        return [None if each.again else sorted(json.loads(each.raw or b"{}")["leaders"]) for each in found]


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    made = Lived(tmp_path)
    yield made
    made.market.close()


def test_what_only_its_equity_tells_apart_is_kept_once_a_minute(lived: Lived) -> None:
    lived.reads(12 * MINUTES)
    kept = lived.kept()[12:]
    assert len([each for each in kept if each]) == MINUTES - 1 and kept.count(None) == 11 * (MINUTES - 1)


def test_who_trades_is_kept_at_once_and_alone(lived: Lived) -> None:
    lived.reads(15)
    lived.wallets.fill(ANN, "BTC", before="0.5", after="0.7", oid=72)
    lived.wallets.hold(ANN, BTC="0.7@101")
    lived.reads()
    assert lived.kept()[-1] == [ANN]
    signal = lived.market.signal(lived.name, ANN)
    assert signal is not None and signal.positions[0].quantity == Decimal("0.7")
    assert signal.equity == Decimal(lived.wallets.equities[ANN])


def test_who_is_as_before_counts_as_read_just_now(lived: Lived) -> None:
    lived.reads(15)
    signal = lived.market.signal(lived.name, BOB)
    assert signal is not None and signal.read_at == lived.known[-1][0] > signal.recorded_at


def test_a_replay_decides_what_was_decided_byte_for_byte(lived: Lived, record_property: Any) -> None:
    sizes = ["0.5@100", "0.7@101", "-0.2@104", None, "0.3@99", "0.1@99"]
    before = "0.5"
    for number, size in enumerate(sizes):
        after = size.split("@")[0] if size else "0.0"
        if number:
            lived.wallets.fill(ANN, "BTC", before=before, after=after, oid=71 + number)
            lived.wallets.hold(ANN, **({"BTC": size} if size else {}))
        before = after
        lived.reads(14)
        lived.wallets.silent = {BOB} if number == 2 else set()
    found = list(replay(lived.market, lived.name, parse_reading, since=BEGAN, until=BEGAN + DAY))
    assert [(at, dict(seen.signals)) for at, seen in found] == [(at, dict(seen.signals)) for at, seen in lived.known]
    wanted = decided(lived.known)
    assert decided(found) == wanted and b"PlannedOrder" in wanted and lived.kept().count(None) > len(sizes)
    record_property("bytes of decisions", len(wanted))
