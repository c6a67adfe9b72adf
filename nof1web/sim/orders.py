"""Regular orders: what is asked for, what is kept, and how a request's parameters become one (binance.md §4.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim.accounts import BOTH, LONG, SHORT, ZERO
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import Instruments
from nof1web.sim.terms import (
    GTC,
    NONE,
    check_response_type,
    parse_good_till,
    parse_prevention,
    parse_price_match,
    parse_time_in_force,
    refuse_empty,
    refuse_sent,
)

Params = Mapping[str, str]
BUY, SELL = "BUY", "SELL"
MARKET, LIMIT = "MARKET", "LIMIT"
OPEN_STATUSES = frozenset({"NEW", "PARTIALLY_FILLED"})
ALGO_TYPES = frozenset({"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"})
# What only conditional orders know.
_CONDITIONAL = ("stopPrice", "closePosition", "workingType", "priceProtect", "activationPrice", "callbackRate")
_CLIENT_ID = re.compile(r"^[.A-Z:/a-z0-9_-]{1,36}\Z")
_NUMBER = re.compile(r"^-?[0-9]{1,20}(\.[0-9]{1,20})?\Z")
_WHOLE = re.compile(r"^-?[0-9]{1,18}\Z")
_LEGAL_NUMBER = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """A regular order somebody asks for; `quantity` is positive base units, `price` 0 for MARKET."""

    symbol: str
    side: str
    type: str
    quantity: Decimal
    position_side: str = BOTH
    price: Decimal = ZERO
    time_in_force: str = GTC
    reduce_only: bool = False
    client_order_id: str = ""
    close_position: bool = False
    algo_id: int = 0
    price_match: str = "NONE"
    self_trade_prevention: str = "EXPIRE_MAKER"
    good_till_ms: int = 0

    @property
    def sign(self) -> int:
        """1 when it buys, -1 when it sells."""
        return 1 if self.side == BUY else -1


@dataclass(slots=True)
class Order:
    """A regular order the exchange accepted; `executed` base units, `quote` the USDT they came to.

    `queue` is its number in the queue since it was changed (0: never), `forced` is LIQUIDATION or ADL for an order the
    exchange placed.
    """

    order_id: int
    account_id: str
    client_order_id: str
    symbol: str
    side: str
    position_side: str
    type: str
    time_in_force: str
    quantity: Decimal
    price: Decimal
    reduce_only: bool
    created_ms: int
    updated_ms: int
    status: str = "NEW"
    executed: Decimal = ZERO
    quote: Decimal = ZERO
    close_position: bool = False
    algo_id: int = 0
    price_match: str = "NONE"
    self_trade_prevention: str = "EXPIRE_MAKER"
    good_till_ms: int = 0
    amended: int = 0
    queue: int = 0
    forced: str = ""

    @property
    def place_in_queue(self) -> int:
        """Which of two orders at one price is filled first: the one with the smaller number."""
        return self.queue or self.order_id

    @property
    def remaining(self) -> Decimal:
        """What is not filled yet."""
        return self.quantity - self.executed

    @property
    def sign(self) -> int:
        """1 when it buys, -1 when it sells."""
        return 1 if self.side == BUY else -1

    @property
    def only_closes(self) -> bool:
        """Whether it may never make a position larger."""
        return self.reduce_only or (self.position_side != BOTH and (self.position_side == LONG) == (self.side == SELL))

    @property
    def is_open(self) -> bool:
        """Whether it rests in the book."""
        return self.status in OPEN_STATUSES


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change of a resting order's price and quantity; `number` counts that order's changes from 1."""

    amendment_id: int
    account_id: str
    order_id: int
    client_order_id: str
    symbol: str
    at_ms: int
    price_before: Decimal
    price_after: Decimal
    quantity_before: Decimal
    quantity_after: Decimal
    number: int


def parse_order(params: Params, instruments: Instruments, *, hedge: bool) -> OrderRequest:
    """The order a request asks for; raises Refusal with the exchange's parameter codes.

    Stricter than known: what only conditional orders know is refused here (-1106), not passed over.
    """
    symbol = listed_symbol(params, instruments)
    side = parse_side(params)
    kind = required(params, "type")
    if kind in ALGO_TYPES:
        raise Refusal(-4120)
    if kind not in (MARKET, LIMIT):
        raise Refusal(-1116)
    position_side = parse_position_side(params, hedge=hedge)
    check_response_type(params)
    match = parse_price_match(params, kind)
    refuse_sent(params, (*_CONDITIONAL, *(("price", "timeInForce") if kind == MARKET else ())))
    if kind == LIMIT:
        required(params, "timeInForce")
    time_in_force = parse_time_in_force(params)
    request = OrderRequest(
        symbol=symbol,
        side=side,
        type=kind,
        quantity=number(params, "quantity"),
        position_side=position_side,
        price=number(params, "price") if kind == LIMIT and match == NONE else ZERO,
        time_in_force=time_in_force,
        reduce_only=parse_reduce_only(params, hedge=hedge),
        client_order_id=parse_client_id(params, "newClientOrderId"),
        price_match=match,
        self_trade_prevention=parse_prevention(params, "EXPIRE_MAKER"),
        good_till_ms=parse_good_till(params, time_in_force),
    )
    refuse_empty(params)
    return request


def required(params: Params, name: str) -> str:
    """A parameter that has to be there; raises -1102."""
    value = params.get(name)
    if not value:
        raise Refusal(-1102, name)
    return value


def number(params: Params, name: str) -> Decimal:
    """A required plain decimal; exponents and letters are -1100."""
    text = required(params, name)
    if not _NUMBER.match(text):
        raise Refusal(-1100, name, _LEGAL_NUMBER)
    return Decimal(text)


def whole(params: Params, name: str, default: int) -> int:
    """An optional whole number; raises -1130 when malformed."""
    text = params.get(name)
    if not text:
        return default
    if not _WHOLE.match(text):
        raise Refusal(-1130, name)
    return int(text)


def flag(params: Params, name: str) -> bool:
    """An optional "true" or "false" in any case; raises -1130."""
    text = (params.get(name) or "false").lower()
    if text not in ("true", "false"):
        raise Refusal(-1130, name)
    return text == "true"


def listed_symbol(params: Params, instruments: Instruments) -> str:
    """The required symbol; raises -1102 or -1121."""
    symbol = required(params, "symbol")
    if symbol not in instruments:
        raise Refusal(-1121)
    return symbol


def parse_side(params: Params) -> str:
    """BUY or SELL; raises -1102 or -1117."""
    side = required(params, "side")
    if side not in (BUY, SELL):
        raise Refusal(-1117)
    return side


def parse_position_side(params: Params, *, hedge: bool) -> str:
    """BOTH in one-way mode, LONG or SHORT in hedge mode; raises -4060 or -4061."""
    side = params.get("positionSide") or BOTH
    if side not in (BOTH, LONG, SHORT):
        raise Refusal(-4060)
    if (side == BOTH) == hedge:
        raise Refusal(-4061)
    return side


def parse_reduce_only(params: Params, *, hedge: bool) -> bool:
    """The reduceOnly flag, which hedge mode forbids (-1106)."""
    if hedge and params.get("reduceOnly"):
        raise Refusal(-1106, "reduceOnly")
    return flag(params, "reduceOnly")


def parse_client_id(params: Params, name: str) -> str:
    """An optional client id of 1 to 36 legal characters; raises -4015."""
    client_id = params.get(name, "")
    if client_id and not _CLIENT_ID.match(client_id):
        if len(client_id) > 36:
            raise Refusal(-4015, message="Client order id length should be less than 36 chars")
        raise Refusal(-4015)
    return client_id
