"""A plan: what happens when. Everything by chance in a run is drawn here, so that a seed gives the same run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Book = tuple["Held", ...]


@dataclass(frozen=True, slots=True)
class Held:
    """One position of an agent: signed base units, prices in USDT, the id of its entry."""

    symbol: str
    quantity: Decimal
    entry: Decimal
    oid: str
    stop: Decimal | None = None
    target: Decimal | None = None
    leverage: int = 10


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens `at` so many virtual seconds after the start; `what` it takes depends on the kind."""

    at: int
    kind: str
    what: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        told = ", ".join(f"{name}={_told(value)}" for name, value in self.what.items())
        return f"{self.at:4} s  {self.kind}  {told}"


@dataclass(frozen=True, slots=True)
class Account:
    """One credential of a run: whose, in which position mode, and what follows whom with which settings."""

    user: int
    hedge: bool
    follows: tuple[tuple[str, Mapping[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run: who there is, what happens for `lasts` seconds, and for how long nothing happens afterwards."""

    seed: int
    accounts: tuple[Account, ...]
    events: tuple[Event, ...]
    lasts: int
    settles: int
    start_ms: int

    def books(self) -> dict[str, Book]:
        """What each agent holds in the end."""
        return {each.what["agent"]: each.what["book"] for each in self.events if each.kind == "book"}


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + "; ".join(map(_told, value)) + "]"
    if isinstance(value, Held):
        return f"{value.symbol} {value.quantity} @ {value.entry} #{value.oid} stop {value.stop} target {value.target}"
    return str(value)
