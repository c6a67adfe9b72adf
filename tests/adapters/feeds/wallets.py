"""Hyperliquid in memory: addresses with books, fills and orders that a test moves, on a clock of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.adapters.feeds.decode import decoded
from nof1web.adapters.feeds.fetch import Document
from nof1web.adapters.feeds.hyperliquid_rounds import Rounds
from nof1web.adapters.feeds.hyperliquid_wire import parse_reading
from nof1web.adapters.feeds.weights import Bucket
from nof1web.core.signals import AgentRecord, Reading
from nof1web.errors import Transient

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)
WEIGHTS = {"clearinghouseState": 2, "userRole": 60}


def address(number: int) -> str:
    """A different address for each number."""
    return f"0x{number:040x}"


class Wallets:
    """What Hyperliquid knows, and a reader of it. `seconds` is the time; each question takes none."""

    def __init__(self, *, seen: Mapping[str, frozenset[str]] | None = None, limit: int = 1200) -> None:
        self.seconds = 0.0
        self.books: dict[str, dict[str, tuple[str, str]]] = {}
        self.second: dict[str, dict[str, tuple[str, str]]] = {}
        self.fills: dict[str, list[dict[str, Any]]] = {}
        self.orders: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[float, str, str]] = []
        self.silent: set[str] = set()
        self.broken: Transient | None = None
        self.batches, self.mixed_up = True, False
        self.equities: dict[str, str] = {}
        self.marks: dict[str, Decimal] = {}
        self.spoilt: Callable[[Mapping[str, Any], bytes], bytes] = lambda question, raw: raw
        weights = Bucket(limit, debt=100, clock=lambda: self.seconds)
        known = seen or {}
        self.rounds = Rounds(
            self.ask, weights, lambda: self.seconds, lambda: self.now, lambda each: known.get(each, frozenset())
        )

    @property
    def now(self) -> datetime:
        """The time of day."""
        return BEGAN + timedelta(seconds=self.seconds)

    def hold(self, who: str, oid: int = 0, **coins: str) -> None:
        """Set a book: coin="size@entry"; with an oid the sizes are told by a fill that came from flat."""
        self.books[who] = {}
        for coin, text in coins.items():
            size, entry = text.split("@")
            self.books[who][coin] = (size, entry)
            if oid:
                self.fill(who, coin, before="0.0", after=size, oid=oid)

    def fill(self, who: str, coin: str, *, before: str, after: str, oid: int) -> None:
        """Tell one fill."""
        moved = float(after) - float(before)
        row = {"coin": coin, "side": "B" if moved > 0 else "A", "startPosition": before, "sz": f"{abs(moved):.6g}"}
        number = len(self.fills.setdefault(who, [])) + 1
        self.fills[who].append(row | {"time": int(self.now.timestamp() * 1000), "tid": number, "oid": oid})

    def ask(self, question: Mapping[str, Any]) -> Document:
        """Answer one question."""
        kind, who = question["type"], question.get("user", "many")
        if self.broken is not None:
            raise self.broken
        if kind in self.silent or who in self.silent:
            raise Transient("Nobody answers.")
        self.asked.append((self.seconds, kind, who))
        answers = {"clearinghouseState": self._state, "frontendOpenOrders": self._orders}
        answers["batchClearinghouseStates"] = self._states
        raw = json.dumps(answers.get(kind, self._fills)(question)).encode()
        raw = self.spoilt(question, raw)
        return Document(raw, decoded(raw, "here"), "")

    def read(self, *who: str) -> Reading:
        """One round, parsed."""
        return parse_reading(self.rounds.read(who or tuple(self.books)).written())

    def only(self, who: str) -> AgentRecord:
        """The record of one address after one round."""
        [record] = self.read(who).records
        return record

    def weight(self) -> Counter[int]:
        """What was asked in each minute, as Hyperliquid counts it at most."""
        spent: Counter[int] = Counter()
        for at, kind, _ in self.asked:
            spent[int(at // 60)] += WEIGHTS.get(kind, 20)
        return spent

    def _state(self, question: Mapping[str, Any]) -> Any:
        book = self.second.get(question["user"], {}) if question["dex"] else self.books[question["user"]]
        equity = self.equities.get(question["user"], "5000.5")
        return {
            "marginSummary": {"accountValue": "0.0" if question["dex"] else equity, "totalNtlPos": str(len(book))},
            "assetPositions": [
                {"position": {"coin": coin, "szi": size, "entryPx": entry, **self._valued(coin, size, entry)}}
                for coin, (size, entry) in book.items()
            ],
            "time": int(self.now.timestamp() * 1000),
        }

    def _valued(self, coin: str, size: str, entry: str) -> dict[str, Any]:
        """What an answer tells besides of a coin whose mark is known."""
        leverage = {"leverage": {"value": 10}}
        if coin not in self.marks:
            return leverage
        value, cost = abs(Decimal(size)) * self.marks[coin], Decimal(size) * Decimal(entry)
        gain = Decimal(size) * self.marks[coin] - cost
        told = {"positionValue": value, "unrealizedPnl": gain, "returnOnEquity": gain / abs(cost)}
        funding = {"allTime": "46.1", "sinceOpen": "3.2", "sinceChange": "3.2"}
        rest = {"liquidationPx": None, "maxLeverage": 25, "cumFunding": funding}
        return {name: f"{number:.6f}" for name, number in told.items()} | rest | leverage

    def _states(self, question: Mapping[str, Any]) -> Any:
        if not self.batches:
            return "Failed to deserialize the JSON body into the target type"
        users = question["users"][::-1] if self.mixed_up else question["users"]
        return [self._state({"user": each, "dex": ""}) for each in users]

    def _fills(self, question: Mapping[str, Any]) -> Any:
        rows = self.fills.get(question["user"], [])
        return [row for row in rows if row["time"] >= question.get("startTime", 0)]

    def _orders(self, question: Mapping[str, Any]) -> Any:
        return self.orders.get(question["user"], [])


def trigger(coin: str, kind: str, price: str, *, side: str = "A", **more: Any) -> dict[str, Any]:
    """A resting trigger order that closes a whole position."""
    whole = {"isPositionTpsl": True, "reduceOnly": True, "isTrigger": True, "sz": "0.0"}
    return {"coin": coin, "side": side, "triggerPx": price, "orderType": f"{kind} Market", **whole, **more}
