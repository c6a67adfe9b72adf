"""Conditional orders of the algo service: what is asked for and what is kept (binance.md §3)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim.accounts import BOTH, ZERO
from nof1web.sim.orders import (
    ALGO_TYPES,
    Params,
    flag,
    listed_symbol,
    number,
    parse_client_id,
    parse_position_side,
    parse_reduce_only,
    parse_side,
    required,
)
from nof1web.sim.refusal import Refusal
from nof1web.sim.rules import Instruments
from nof1web.sim.terms import (
    NONE,
    check_response_type,
    parse_good_till,
    parse_prevention,
    parse_price_match,
    parse_time_in_force,
    refuse_empty,
    refuse_sent,
)

MARK_PRICE, CONTRACT_PRICE = "MARK_PRICE", "CONTRACT_PRICE"
TRAILING = "TRAILING_STOP_MARKET"
PRICED = frozenset({"STOP", "TAKE_PROFIT"})
_TRAIL_ONLY = ("activatePrice", "callbackRate")
# Parameters that have no place beside a type.
_FOREIGN = {
    "STOP": _TRAIL_ONLY,
    "TAKE_PROFIT": _TRAIL_ONLY,
    "STOP_MARKET": ("price", *_TRAIL_ONLY),
    "TAKE_PROFIT_MARKET": ("price", *_TRAIL_ONLY),
    TRAILING: ("price", "triggerPrice"),
}


@dataclass(frozen=True, slots=True)
class AlgoRequest:
    """A conditional order somebody asks for; `quantity` is 0 with close_position, `price` 0 for the _MARKET types."""

    symbol: str
    side: str
    type: str
    quantity: Decimal = ZERO
    trigger: Decimal = ZERO
    position_side: str = BOTH
    price: Decimal = ZERO
    time_in_force: str = "GTC"
    working_type: str = CONTRACT_PRICE
    reduce_only: bool = False
    close_position: bool = False
    price_protect: bool = False
    activate_price: Decimal = ZERO
    callback_rate: Decimal = ZERO
    client_algo_id: str = ""
    price_match: str = "NONE"
    self_trade_prevention: str = "NONE"
    good_till_ms: int = 0


@dataclass(slots=True)
class AlgoOrder:
    """A conditional order the exchange accepted; `extreme` is a trailing stop's best price since it was activated."""

    algo_id: int
    account_id: str
    client_algo_id: str
    symbol: str
    side: str
    type: str
    position_side: str
    time_in_force: str
    quantity: Decimal
    trigger: Decimal
    price: Decimal
    working_type: str
    reduce_only: bool
    close_position: bool
    price_protect: bool
    activate_price: Decimal
    callback_rate: Decimal
    created_ms: int
    updated_ms: int
    status: str = "NEW"
    triggered_ms: int = 0
    actual_order_id: int = 0
    actual_price: Decimal = ZERO
    actual_quantity: Decimal = ZERO
    extreme: Decimal = ZERO
    reason: str = ""
    price_match: str = "NONE"
    self_trade_prevention: str = "NONE"
    good_till_ms: int = 0

    @property
    def is_stop(self) -> bool:
        """Whether it guards against loss (STOP*, trailing) rather than takes profit."""
        return not self.type.startswith("TAKE_PROFIT")

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its price."""
        return self.status == "NEW"

    @property
    def is_done(self) -> bool:
        """Whether nothing can come of it any more; a triggered one lives on in its regular order."""
        return self.status not in ("NEW", "TRIGGERING", "TRIGGERED")

    @property
    def fires_upward(self) -> bool:
        """Whether a price at or above its trigger fires it, else one at or below."""
        return (self.side == "BUY") == self.is_stop

    def crossed(self, price: Decimal) -> bool:
        """Whether that price triggers it (§3's trigger rule)."""
        return price >= self.trigger if self.fires_upward else price <= self.trigger


def parse_algo(params: Params, instruments: Instruments, *, hedge: bool) -> AlgoRequest:
    """The conditional order a request asks for; raises Refusal with the exchange's parameter codes."""
    if required(params, "algoType") != "CONDITIONAL":
        raise Refusal(-1130, "algoType")
    symbol = listed_symbol(params, instruments)
    side = parse_side(params)
    kind = required(params, "type")
    if kind not in ALGO_TYPES:
        raise Refusal(-1116)
    position_side = parse_position_side(params, hedge=hedge)
    time_in_force = parse_time_in_force(params)
    working_type = params.get("workingType") or CONTRACT_PRICE
    if working_type not in (MARK_PRICE, CONTRACT_PRICE):
        raise Refusal(-4031, working_type)
    check_response_type(params)
    match = parse_price_match(params, kind)
    refuse_sent(params, _FOREIGN[kind])
    close = _parse_close_position(params, kind)
    reduce_only = parse_reduce_only(params, hedge=hedge)
    request = AlgoRequest(
        symbol=symbol,
        side=side,
        type=kind,
        quantity=ZERO if close else number(params, "quantity"),
        trigger=ZERO if kind == TRAILING else number(params, "triggerPrice"),
        position_side=position_side,
        price=number(params, "price") if kind in PRICED and match == NONE else ZERO,
        time_in_force=time_in_force,
        working_type=working_type,
        reduce_only=reduce_only,
        close_position=close,
        price_protect=flag(params, "priceProtect"),
        activate_price=number(params, "activatePrice") if params.get("activatePrice") else ZERO,
        callback_rate=_callback_rate(params) if kind == TRAILING else ZERO,
        client_algo_id=parse_client_id(params, "clientAlgoId"),
        price_match=match,
        self_trade_prevention=parse_prevention(params, NONE),
        good_till_ms=parse_good_till(params, time_in_force),
    )
    refuse_empty(params)
    return request


def _parse_close_position(params: Params, kind: str) -> bool:
    close = flag(params, "closePosition")
    if not close:
        return False
    if kind not in ("STOP_MARKET", "TAKE_PROFIT_MARKET"):
        raise Refusal(-4136, kind)
    if params.get("quantity"):
        raise Refusal(-4137)
    if params.get("reduceOnly"):
        raise Refusal(-1106, "reduceOnly") if flag(params, "reduceOnly") else Refusal(-4138)
    return True


def _callback_rate(params: Params) -> Decimal:
    rate = number(params, "callbackRate")
    if not Decimal("0.1") <= rate <= 20:
        raise Refusal(-1130, "callbackRate")
    return rate
