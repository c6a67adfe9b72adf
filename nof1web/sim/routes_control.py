"""Control endpoints for tests and the demo: JSON, from this machine only."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from nof1web.sim import manual_book, render, render_account
from nof1web.sim.arena import Arena
from nof1web.sim.faults import KINDS, Fault
from nof1web.sim.local import is_local, only_here
from nof1web.sim.refusal import Refusal
from nof1web.sim.routing import Answer, Call, Handler, Route, Routes, json_answer


class BadControl(ValueError):
    """A control request that makes no sense; says why."""


def make_key(call: Call, wish: dict[str, Any]) -> Any:
    """POST /sim/keys {balance?, hedge?, permissions?, account_id?}: a key on a new account, or on a given one."""
    exchange = call.world.exchange
    account_id = wish.get("account_id")
    if account_id is None:
        balance = amount(wish.get("balance", "1000"), "balance")
        account_id = exchange.open_account(balance, hedge=bool(wish.get("hedge")), now_ms=call.now_ms).account_id
    permissions = {name: bool(on) for name, on in dict(wish.get("permissions") or {}).items()}
    key = call.world.keys.issue(exchange.account(account_id).account_id, permissions, now_ms=call.now_ms)
    return {"api_key": key.api_key, "api_secret": key.api_secret, "account_id": key.account_id}


def set_prices(call: Call, wish: dict[str, Any]) -> Any:
    """POST /sim/prices {"BTCUSDT": "60000"}: the prices are there at once, with all they trigger."""
    prices = {symbol: amount(value, symbol) for symbol, value in wish.items()}
    call.world.exchange.set_prices(prices, now_ms=call.now_ms)
    call.world.save(market=True)
    return {symbol: str(price) for symbol, price in prices.items()}


def set_market(call: Call, wish: dict[str, Any]) -> Any:
    """POST /sim/market {frozen?, volatility?, weight_limit?}."""
    market, limits = call.world.exchange.market, call.world.limits
    if "frozen" in wish:
        market.frozen = bool(wish["frozen"])
    if "volatility" in wish:
        market.volatility = amount(wish["volatility"], "volatility")
    if "weight_limit" in wish:
        limits.weight = int(amount(wish["weight_limit"], "weight_limit"))
    call.world.save(market=True)
    return {"frozen": market.frozen, "volatility": str(market.volatility), "weight_limit": limits.weight}


def set_agent(call: Call, wish: dict[str, Any]) -> Any:
    """POST /sim/agents/<model_id> {equity?, positions} sets and freezes a whole book; {auto: true} frees the agent."""
    arena = call.world.feed
    model_id = call.path.rsplit("/", 1)[1]
    if not isinstance(arena, Arena):
        raise BadControl("a replay's agents can't be changed")
    if model_id not in arena.agents:
        raise BadControl(f"no agent {model_id}; there are {', '.join(arena.agents)}")
    answer = manual_book.apply(arena, arena.agents[model_id], call.world.exchange.market, wish, now_ms=call.now_ms)
    call.world.save(market=True)
    return answer


def add_fault(call: Call, wish: dict[str, Any]) -> Any:
    """POST /sim/faults {path, kind, method?, count?, code?, seconds?, executed?, api_key?}, or {clear: true}."""
    if wish.get("clear"):
        call.world.faults.waiting.clear()
        return {"waiting": 0}
    if wish.get("kind") not in KINDS or not wish.get("path"):
        raise BadControl(f"a fault needs a path and a kind of {', '.join(sorted(KINDS))}")
    fault = Fault(
        kind=wish["kind"],
        path=wish["path"],
        method=wish.get("method", ""),
        count=int(wish.get("count", 1)),
        code=int(wish.get("code", -1007)),
        seconds=amount(wish.get("seconds", "3"), "seconds"),
        executed=bool(wish.get("executed", True)),
        api_key=wish.get("api_key", ""),
    )
    call.world.faults.waiting.append(fault)
    return {"waiting": len(call.world.faults.waiting)}


def show_faults(call: Call, wish: dict[str, Any]) -> Any:
    """GET /sim/faults: those that still wait for their requests."""
    return [
        {"kind": fault.kind, "path": fault.path, "method": fault.method, "count": fault.count}
        for fault in call.world.faults.waiting
    ]


def show_log(call: Call, wish: dict[str, Any]) -> Any:
    """GET /sim/log?after=n: requests after number n."""
    after = dict(part.partition("=")[::2] for part in call.query.split("&")).get("after", "0")
    first = int(after) if after.isdigit() else 0
    return [entry for entry in call.world.log.entries if entry["n"] > first]


def show_account(call: Call, wish: dict[str, Any]) -> Any:
    """GET /sim/accounts/<id>: everything an account is, for assertions."""
    exchange, instruments = call.world.exchange, call.instruments
    account = exchange.account(call.path.rsplit("/", 1)[1])
    return {
        "account_id": account.account_id,
        "wallet": render.plain(account.wallet),
        "hedge": account.hedge,
        "multi_assets": account.multi_assets,
        "account": render_account.account_v3(account, exchange.market),
        "positions": render_account.position_risk(account, exchange.market, symbol=None, version=3),
        "symbol_configs": [render_account.symbol_config(account, each) for each in instruments.values()],
        "orders": [render.order_full(order, instruments) for order in account.orders.values()],
        "algo_orders": [{**render.algo_full(a, instruments), "reason": a.reason} for a in account.algos.values()],
        "trades": [render.trade(trade, instruments) for trade in account.trades],
        "income": [render.income(row) for row in account.income],
    }


def not_found(call: Call) -> Answer:
    """Anything else."""
    return json_answer({"error": f"no control {call.method} {call.path}"}, 404)


def amount(value: object, name: str) -> Decimal:
    """A decimal of at least 0 from JSON; raises BadControl."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise BadControl(f"{name} is not a number") from error
    if not number.is_finite() or number < 0:
        raise BadControl(f"{name} must be 0 or more")
    return number


def _guarded(control: Any) -> Handler:
    def handler(call: Call) -> Any:
        if not is_local(call):
            return only_here()
        try:
            wish = json.loads(call.body or "{}")
            if not isinstance(wish, dict):
                raise BadControl("a JSON object is needed")
            return control(call, wish)
        except Refusal as refusal:
            return json_answer({"error": refusal.message, "code": refusal.code}, 400)
        except (ValueError, TypeError, AttributeError) as error:
            return json_answer({"error": str(error)}, 400)

    return handler


ROUTES: Routes = {
    ("POST", "/sim/keys"): Route(_guarded(make_key)),
    ("POST", "/sim/prices"): Route(_guarded(set_prices)),
    ("POST", "/sim/market"): Route(_guarded(set_market)),
    ("POST", "/sim/agents/*"): Route(_guarded(set_agent)),
    ("POST", "/sim/faults"): Route(_guarded(add_fault)),
    ("GET", "/sim/faults"): Route(_guarded(show_faults)),
    ("GET", "/sim/log"): Route(_guarded(show_log)),
    ("GET", "/sim/accounts/*"): Route(_guarded(show_account)),
}
