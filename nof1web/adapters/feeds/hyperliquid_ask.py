"""The questions to Hyperliquid's info address, each with its weight (nof1.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nof1web.adapters.feeds.decode import UNREADABLE, shallow
from nof1web.adapters.feeds.fetch import Document
from nof1web.adapters.feeds.hyperliquid_wire import State, state_of
from nof1web.errors import N_, FeedError

STATE, ROLE, ORDERS, FILLS, MOST_ROWS = 2, 60, 20, 20, 100
"""weights; fills cost one more for every 20 of at most 2,000 rows"""
PER_MINUTE = 1200
SECOND = "xyz"
"""the dex that is read besides the first: of shares and indices"""
DEEPEST = 20
"""lists and objects in each other in a state, which is kept word for word inside a round: four times a true one's"""
UNKNOWN = N_("Hyperliquid's answer has an unknown shape. Its signals are not used.")


class Asks(Protocol):
    """Posts one question; raises Transient or FeedError."""

    def __call__(self, question: Mapping[str, object]) -> Document: ...


@dataclass(frozen=True, slots=True)
class Stated:
    """One dex's answer: its text as it came, and what it says."""

    text: str
    state: State


def stated(text: str, content: object) -> Stated:
    """Return a state that can stand in a round; one of UNREADABLE when it can't, or is none."""
    if not shallow(content, DEEPEST):
        raise ValueError("nested beyond reason")
    return Stated(text, state_of(content))


def ask_state(ask: Asks, address: str, dex: str) -> Stated:
    """Return what an address holds on a dex; FeedError when the answer is not understood."""
    document = ask({"type": "clearinghouseState", "user": address, "dex": dex})
    try:
        return stated(document.raw.decode("utf-8-sig"), document.content)
    except UNREADABLE as error:
        raise FeedError(UNKNOWN) from error


def ask_fills(ask: Asks, address: str, since_ms: int) -> list[Mapping[str, object]]:
    """Return an address's fills since a time, or with 0 its newest; FeedError for another shape."""
    question: dict[str, object] = {"type": "userFills", "user": address}
    if since_ms:
        question = {"type": "userFillsByTime", "user": address, "startTime": since_ms}
    return _rows(ask(question))


def ask_orders(ask: Asks, address: str, dex: str) -> list[Mapping[str, object]]:
    """Return an address's resting orders on a dex; FeedError for another shape."""
    return _rows(ask({"type": "frontendOpenOrders", "user": address, "dex": dex}))


def ask_role(ask: Asks, address: str) -> tuple[str, str]:
    """Return what an address is ("missing": never used) and, of one that only signs for another, that other."""
    content = ask({"type": "userRole", "user": address}).content
    try:
        return str(content["role"]), str(content["data"]["user"]) if content["role"] == "agent" else ""
    except UNREADABLE as error:
        raise FeedError(UNKNOWN) from error


def _rows(document: Document) -> list[Mapping[str, object]]:
    rows = document.content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FeedError(UNKNOWN)
    return rows
