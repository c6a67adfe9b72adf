"""Terms an order may carry besides price and quantity, as parameters (binance.md §3, §4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from nof1web.sim.refusal import Refusal

Terms = Mapping[str, str]
NONE = "NONE"
GTC, IOC, FOK, GTX, GTD = "GTC", "IOC", "FOK", "GTX", "GTD"
TIMES_IN_FORCE = frozenset({GTC, IOC, FOK, GTX, GTD})
_DEPTHS = {"OPPONENT": 1, "OPPONENT_5": 5, "OPPONENT_10": 10, "OPPONENT_20": 20}
# How deep in the book the price is taken from, on the other side or on one's own.
OPPONENT_DEPTHS: Mapping[str, int] = _DEPTHS
QUEUE_DEPTHS: Mapping[str, int] = {name.replace("OPPONENT", "QUEUE"): depth for name, depth in _DEPTHS.items()}
EXPIRE_TAKER, EXPIRE_MAKER, EXPIRE_BOTH = "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"
_PREVENTIONS = frozenset({EXPIRE_TAKER, EXPIRE_MAKER, EXPIRE_BOTH, NONE})
_PRICED = frozenset({"LIMIT", "STOP", "TAKE_PROFIT"})
_WHOLE = re.compile(r"^[0-9]{1,15}\Z")
LEAST_GOOD_TILL_MS = 600_000
LAST_GOOD_TILL_MS = 253_402_300_799_000


def parse_price_match(params: Terms, kind: str) -> str:
    """NONE or how the price follows the book: -5037 unknown, -5038 for another type, -1106 with a price beside it."""
    wish = params.get("priceMatch") or NONE
    if wish not in (NONE, *OPPONENT_DEPTHS, *QUEUE_DEPTHS):
        raise Refusal(-5037)
    if wish == NONE:
        return NONE
    if kind not in _PRICED:
        raise Refusal(-5038)
    refuse_sent(params, ("price",))
    return wish


def parse_prevention(params: Terms, default: str) -> str:
    """What happens when an order would meet one of the same account; raises -5039."""
    mode = params.get("selfTradePreventionMode") or default
    if mode not in _PREVENTIONS:
        raise Refusal(-5039)
    return mode


def parse_time_in_force(params: Terms) -> str:
    """GTC where none is asked for; raises -1115."""
    time_in_force = params.get("timeInForce") or GTC
    if time_in_force not in TIMES_IN_FORCE:
        raise Refusal(-1115)
    return time_in_force


def parse_good_till(params: Terms, time_in_force: str) -> int:
    """When a GTD order ends (ms, cut to the second), 0 for others: -1102 missing, -1106 sent without GTD, -1130."""
    text = params.get("goodTillDate") or ""
    if time_in_force != GTD:
        refuse_sent(params, ("goodTillDate",))
        return 0
    if not text:
        raise Refusal(-1102, "goodTillDate")
    if not _WHOLE.match(text):
        raise Refusal(-1130, "goodTillDate")
    return int(text) // 1000 * 1000


def check_good_till(good_till_ms: int, time_in_force: str, *, now_ms: int) -> None:
    """Refuse an end that is too near or too far: -5040."""
    if time_in_force == GTD and not now_ms + LEAST_GOOD_TILL_MS < good_till_ms < LAST_GOOD_TILL_MS:
        raise Refusal(-5040)


def check_response_type(params: Terms) -> None:
    """Refuse a newOrderRespType other than ACK and RESULT: -1136."""
    if (params.get("newOrderRespType") or "ACK") not in ("ACK", "RESULT"):
        raise Refusal(-1136)


def refuse_sent(params: Terms, names: Iterable[str]) -> None:
    """Refuse parameters that have no place in this request: -1106."""
    for name in names:
        if params.get(name):
            raise Refusal(-1106, name)


def refuse_empty(params: Terms) -> None:
    """Refuse what was sent without a value: -1105."""
    for name, value in params.items():
        if not value:
            raise Refusal(-1105, name)
