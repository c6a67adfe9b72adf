"""What a route is: a handler, its weight and who may call it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nof1web.sim.accounts import Account
from nof1web.sim.keys import ApiKey
from nof1web.sim.limits import FAPI
from nof1web.sim.orders import listed_symbol
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import Instruments
from nof1web.sim.world import World

NONE, KEY, READ, TRADE = "none", "key", "read", "trade"
MOST_DIGITS = 18


@dataclass(slots=True)
class Call:
    """One request; `account` and `key` are set once it proved who sent it, `headers` go into the answer.

    `pool` is whose weight it spends, `refused` what was wrong with the request before anybody looked what it wants.
    """

    method: str
    path: str
    query: str
    body: str
    address: str
    api_key: str
    now_ms: int
    world: World
    environ: Mapping[str, Any]
    params: dict[str, str] = field(default_factory=dict)
    key: ApiKey | None = None
    account: Account | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    pool: str = FAPI
    refused: Refusal | None = None

    @property
    def owner(self) -> Account:
        """The account of a signed call."""
        if self.account is None:
            raise RuntimeError(f"{self.path} is not a signed route")
        return self.account

    @property
    def told_ms(self) -> int:
        """The time the front door believes and tells: off by the clock's skew."""
        return self.now_ms + self.world.clock.skew_ms

    @property
    def symbol(self) -> str | None:
        """The optional symbol; raises -1105 when it was sent without a value."""
        symbol = self.params.get("symbol")
        if symbol == "":
            raise Refusal(-1105, "symbol")
        return symbol

    @property
    def instruments(self) -> Instruments:
        """The rules of what is traded here, by symbol."""
        return self.world.exchange.market.instruments

    def listed_symbol(self) -> str:
        """The required symbol; raises -1102 or -1121."""
        return listed_symbol(self.params, self.instruments)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer ready to send."""

    body: bytes
    status: int = 200
    content_type: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Call], Any]
Weight = int | Callable[[Call], int]


@dataclass(frozen=True, slots=True)
class Route:
    """A handler that returns something for JSON, or an Answer; `pool` is the address's pool the weight is taken from.

    `order` is what one call counts against the account's order limits: once, or by 10 seconds and by minute.
    """

    handler: Handler
    weight: Weight = 1
    security: str = NONE
    order: bool | tuple[int, int] = False
    pool: str = FAPI

    @property
    def order_counts(self) -> tuple[int, int]:
        """What one call counts against the 10 seconds' and the minute's limit of orders."""
        return self.order if isinstance(self.order, tuple) else (int(self.order), int(self.order))

    def cost(self, call: Call) -> int:
        """The weight of one call."""
        return self.weight if isinstance(self.weight, int) else self.weight(call)


Routes = dict[tuple[str, str], Route]


def whole_of(text: str) -> int | None:
    """The whole number a text is, of at most 18 digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def by_symbol(with_symbol: int, without: int) -> Weight:
    """A weight that depends on whether a symbol was named."""
    return lambda call: with_symbol if call.params.get("symbol") else without


def json_answer(payload: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A payload as JSON."""
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    return Answer(body.encode(), status, headers=headers)


def html_answer(text: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A page."""
    return Answer(text.encode(), status, "text/html; charset=utf-8", headers)
