"""Every source of the project against the shared contract."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nof1web.adapters import feeds
from nof1web.adapters.feeds.fetch import Document, Fetcher
from nof1web.adapters.feeds.hyperliquid import HyperliquidFeed
from nof1web.adapters.feeds.nof1 import Nof1Feed
from tests.adapters.binance.host import Host, Reply, running_host
from tests.adapters.feeds.arena_payload import JSON, payload
from tests.adapters.feeds.contract import SourceContract

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FIRST, SECOND = "0x" + "a1" * 20, "0x" + "b2" * 20


@pytest.fixture
def host() -> Iterator[Host]:
    with running_host() as running:
        yield running


class Arena:
    """nof1 behind a loopback host."""

    what = "GET /api/account-totals"

    def __init__(self, host: Host) -> None:
        self.host, self.feed = host, Nof1Feed(base_url=f"{host.url}/api", timeout=2)

    def show(self, books: dict[str, dict[str, str]]) -> None:
        self.host.tell(self.what, Reply(payload(books), headers=JSON))

    def spoil(self, body: bytes) -> None:
        self.host.tell(self.what, Reply(body, headers=JSON))

    def silence(self) -> None:
        self.host.tell(self.what, Reply(fault="reset"))


class TestNof1(SourceContract):
    """The arena's REST feed."""

    @pytest.fixture
    def stage(self, host: Host) -> Arena:
        return Arena(host)


class Wallets:
    """Hyperliquid behind a loopback host, each question at an address of its own."""

    def __init__(self, host: Host) -> None:
        self.host, self.leaders = host, [FIRST]
        self.feed = HyperliquidFeed(base_url=host.url, timeout=2, leaders=lambda: self.leaders)
        self.feed._rounds.ask = self._ask

    def show(self, books: dict[str, dict[str, str]]) -> None:
        self.leaders = list(books)
        for address, book in books.items():
            self._tell(address, state(book), state({}), fills(book))

    def spoil(self, body: bytes) -> None:
        self._tell(FIRST, body, body, body)

    def silence(self) -> None:
        self.host.tell(f"POST /clearinghouseState/{FIRST}", Reply(fault="reset"))

    def _ask(self, question: Mapping[str, object]) -> Document:
        place = f"{question['type']}{question.get('dex', '')}/{question['user']}"
        return Fetcher(timeout=2).post(f"{self.host.url}/{place}", question)

    def _tell(self, address: str, main: Any, second: Any, told: Any) -> None:
        answers = {"clearinghouseState": main, "clearinghouseStatexyz": second, "userFills": told}
        for kind, body in (answers | {"userFillsByTime": told, "frontendOpenOrders": []}).items():
            self.host.tell(f"POST /{kind}/{address}", Reply(body, headers=JSON))


def state(book: dict[str, str]) -> dict[str, Any]:
    """A clearinghouseState with each coin entered at 100."""
    rows = [
        {"coin": coin, "szi": size, "entryPx": "100.0", "leverage": {"value": 10}, "positionValue": "1.0"}
        for coin, size in book.items()
    ]
    sums = {"accountValue": "10000.5", "totalNtlPos": str(len(rows)), "totalRawUsd": "1.0", "totalMarginUsed": "1.0"}
    return {
        "marginSummary": sums, "assetPositions": [{"type": "oneWay", "position": row} for row in rows],
        "time": int(time.time() * 1000),
    }  # fmt: skip


def fills(book: dict[str, str]) -> list[dict[str, Any]]:
    """The fill that opened each coin."""
    return [
        {
            "coin": coin, "side": "A" if size.startswith("-") else "B", "startPosition": "0.0", "sz": size.lstrip("-"),
            "time": 1, "tid": 1, "oid": 77, "px": "100.0",
        }
        for coin, size in book.items()
    ]  # fmt: skip


class TestHyperliquid(SourceContract):
    """Addresses on Hyperliquid."""

    agents = (FIRST, SECOND)

    @pytest.fixture
    def stage(self, host: Host) -> Wallets:
        return Wallets(host)


def test_a_source_is_registered_in_sixty_lines_plus_wire_parsing() -> None:
    folder = Path(feeds.__file__).parent
    lines = {name: len((folder / f"{name}.py").read_text().splitlines()) for name in ("nof1", "hyperliquid")}
    assert max(lines.values()) <= 60

