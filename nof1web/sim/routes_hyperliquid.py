"""Hyperliquid's info address over HTTP: POST /info, with its weights and its refusals (nof1.md §6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from nof1web.core.leaders import is_address
from nof1web.sim import hyperliquid
from nof1web.sim.agents import Agent
from nof1web.sim.arena import Arena, coin_marks
from nof1web.sim.limits import MINUTE_MS, Window
from nof1web.sim.routing import Answer, Call, json_answer

PATH = "/info"
MOST_PER_MINUTE = 1200
_WEIGHTS = {"clearinghouseState": 2, "allMids": 2, "userRole": 60}
_OTHERS = 20
_DEXES = ("", "xyz")
_MANY = "batchClearinghouseStates"

Question = Mapping[str, Any]


def info(call: Call) -> Answer:
    """Answer one question; 422 as text for one it doesn't understand, 429 beyond a minute's weight."""
    try:
        question = json.loads(call.body)
        kind, user = question["type"], str(question.get("user", ""))
        answer, since_ms = _KINDS[kind], question.get("startTime", 0)
    except (ValueError, LookupError, TypeError, AttributeError):
        return _malformed()
    users = question.get("users") if kind == _MANY else [user]
    known = kind == "allMids" or (isinstance(users, list) and all(is_address(str(each)) for each in users))
    if not known or question.get("dex", "") not in _DEXES or type(since_ms) is not int:
        return _malformed()
    if not _within_limit(call, _WEIGHTS.get(kind, _OTHERS)):
        return Answer(b"null", 429, "application/json", (("Retry-After", "5"),))
    return json_answer(answer(call, question))


def _agent(call: Call, question: Question) -> Agent | None:
    feed = call.world.feed
    if not isinstance(feed, Arena) or question.get("dex", ""):
        return None
    return hyperliquid.agent_of(feed, str(question["user"]))


def _states(call: Call, question: Question) -> Any:
    return [_state(call, {"user": each}) for each in question["users"]]


def _state(call: Call, question: Question) -> Any:
    marks = coin_marks(call.world.exchange.market)
    return hyperliquid.clearinghouse_state(_agent(call, question), marks, now_ms=call.now_ms)


def _mids(call: Call, question: Question) -> Any:
    return {coin: format(mark, "f") for coin, mark in coin_marks(call.world.exchange.market).items()}


def _fills(call: Call, question: Question) -> Any:
    return hyperliquid.user_fills(_agent(call, question), question.get("startTime", 0))


def _orders(call: Call, question: Question) -> Any:
    return hyperliquid.open_orders(_agent(call, question))


def _role(call: Call, question: Question) -> Any:
    return {"role": "user" if _agent(call, question) is not None else "missing"}


_KINDS: Mapping[str, Callable[[Call, Question], Any]] = {
    "allMids": _mids,
    _MANY: _states,
    "clearinghouseState": _state,
    "frontendOpenOrders": _orders,
    "userFills": _fills,
    "userFillsByTime": _fills,
    "userRole": _role,
}


def _malformed() -> Answer:
    return Answer(b"Failed to deserialize the JSON body into the target type", 422, "text/plain; charset=utf-8")


def _within_limit(call: Call, weight: int) -> bool:
    feed = call.world.feed
    if not isinstance(feed, Arena):
        return True
    window = feed.asked.setdefault(call.address, Window(MINUTE_MS))
    window.roll(call.now_ms)
    if window.spent + weight > MOST_PER_MINUTE:
        return False
    window.spent += weight
    return True
