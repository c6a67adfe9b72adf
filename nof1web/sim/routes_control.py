"""Control endpoints for tests and the demo: JSON, from this machine only."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

from nof1web.sim import manual_book, render, render_account
from nof1web.sim.accounts import Account
from nof1web.sim.arena import Arena
from nof1web.sim.controls import MOST_MONEY, BadControl, Wish, amount, guarded, price_of, text_of, whole, words
from nof1web.sim.keys import vetted
from nof1web.sim.routing import Answer, Call, Route, Routes, json_answer, whole_of
from nof1web.sim.signing import parse_params

MOST_VOLATILITY, MOST_DEPTH = Decimal(100), Decimal(1_000_000)


def make_key(call: Call, wish: Wish) -> Any:
    """POST /sim/keys {balance?, hedge?, portfolio_margin?, account_id?, sub_of?, permissions?, addresses?, public_key?}

    A key on a new account, on a given one, or on a new sub account of one; with a public key (PEM) it has no secret.
    """
    permissions, public_key = _flags(wish.get("permissions")), text_of(wish, "public_key")
    addresses = words(wish.get("addresses", []), "addresses")
    # Nobody gets an account for a key that can't be made.
    vetted(permissions, addresses, public_key)
    name, now_ms = _account_for_key(call, wish).account_id, call.now_ms
    key = call.world.keys.issue(name, permissions, now_ms=now_ms, public_key=public_key, addresses=addresses)
    proof = {} if key.public_key else {"api_secret": key.api_secret}
    return {"api_key": key.api_key, **proof, "account_id": key.account_id}


def change_key(call: Call, wish: Wish) -> Any:
    """POST /sim/keys/<api_key> {permissions?, addresses?, revoked?, locked?}: what is named is changed."""
    name = call.path.rsplit("/", 1)[1]
    if name not in call.world.keys.keys:
        raise BadControl("no such key")
    addresses = wish.get("addresses")
    key = call.world.keys.change(
        name,
        _flags(wish.get("permissions")),
        addresses=None if addresses is None else words(addresses, "addresses"),
        revoked=_flag(wish, "revoked"),
        locked=_flag(wish, "locked"),
    )
    return {
        "api_key": key.api_key,
        "account_id": key.account_id,
        "permissions": key.permissions,
        "addresses": key.addresses,
        "revoked": key.revoked,
        "locked": key.locked,
    }


def set_prices(call: Call, wish: Wish) -> Any:
    """POST /sim/prices {"BTCUSDT": "60000", "ETHUSDT": {"mark"?: "3000", "last"?: "2990"}}: there at once, with all
    they trigger; a bare price moves mark, index and last. Only within the symbol's PRICE_FILTER.
    """
    marks, lasts = {}, {}
    for symbol, value in wish.items():
        parts = value if isinstance(value, dict) else {"mark": value, "last": value}
        if not parts or set(parts) - {"mark", "last"}:
            raise BadControl(f'{symbol} needs a price or {{"mark", "last"}}')
        if "mark" in parts:
            marks[symbol] = price_of(call, symbol, parts["mark"])
        if "last" in parts:
            lasts[symbol] = price_of(call, symbol, parts["last"])
    both = {symbol: price for symbol, price in marks.items() if not isinstance(wish[symbol], dict)}
    call.world.exchange.set_prices(
        both,
        marks={symbol: price for symbol, price in marks.items() if symbol not in both},
        lasts={symbol: price for symbol, price in lasts.items() if symbol not in both},
        now_ms=call.now_ms,
    )
    call.world.save(market=True)
    return {symbol: str(value) for symbol, value in {**lasts, **marks}.items()}


def set_market(call: Call, wish: Wish) -> Any:
    """POST /sim/market {frozen?, volatility?, depth?, weight_limit?}: depth is a factor on what every book offers."""
    market, limits = call.world.exchange.market, call.world.limits
    if "frozen" in wish:
        market.frozen = bool(wish["frozen"])
    if "volatility" in wish:
        market.volatility = amount(wish["volatility"], "volatility", most=MOST_VOLATILITY)
    if "depth" in wish:
        market.depth = amount(wish["depth"], "depth", most=MOST_DEPTH)
    if "weight_limit" in wish:
        limits.weight = int(amount(wish["weight_limit"], "weight_limit"))
    call.world.save(market=True)
    return {
        "frozen": market.frozen,
        "volatility": str(market.volatility),
        "depth": str(market.depth),
        "weight_limit": limits.weight,
    }


def set_agent(call: Call, wish: Wish) -> Any:
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


def show_log(call: Call, wish: Wish) -> Any:
    """GET /sim/log?after=n: requests after number n."""
    after = dict(part.partition("=")[::2] for part in call.query.split("&")).get("after", "0")
    first = whole_of(after) or 0
    return [entry for entry in call.world.log.entries if entry["n"] > first]


def show_account(call: Call, wish: Wish) -> Any:
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


def list_accounts(call: Call, wish: Wish) -> Any:
    """GET /sim/accounts?after=<account_id>&limit=100: accounts in the order they were opened, page by page."""
    asked = parse_params(call.query, "")
    after, limit = asked.get("after", ""), min(1000, max(1, whole(asked.get("limit", "100"), "limit")))
    accounts = call.world.exchange.ledger.accounts
    if after and after not in accounts:
        raise BadControl(f"no account {after}")
    first = list(accounts).index(after) + 1 if after else 0
    page = list(islice(accounts.values(), first, first + limit))
    return {
        "accounts": [
            {
                "account_id": each.account_id,
                "wallet": render.plain(each.wallet),
                "hedge": each.hedge,
                "sub_of": each.sub_of,
                "positions": len(each.live_positions()),
                "orders": len(each.open_orders) + len(each.open_algos),
            }
            for each in page
        ],
        "after": page[-1].account_id if page and first + limit < len(accounts) else "",
    }


def not_found(call: Call) -> Answer:
    """Anything else."""
    return json_answer({"error": f"no control {call.method} {call.path}"}, 404)


def _account_for_key(call: Call, wish: Wish) -> Account:
    exchange, master = call.world.exchange, text_of(wish, "sub_of")
    if wish.get("account_id") is not None:
        return exchange.account(text_of(wish, "account_id"))
    if master and exchange.account(master).is_sub:
        raise BadControl("a sub account has no sub accounts")
    balance = amount(wish.get("balance", "1000"), "balance", most=MOST_MONEY)
    account = exchange.open_account(balance, hedge=bool(wish.get("hedge")), now_ms=call.now_ms)
    account.is_sub, account.sub_of = bool(master), master
    account.portfolio_margin = bool(wish.get("portfolio_margin"))
    return account


def _flags(wished: object) -> dict[str, bool]:
    if not isinstance(wished, (dict, type(None))):
        raise BadControl('permissions must be like {"enableFutures": true}')
    return {str(name): bool(on) for name, on in (wished or {}).items()}


def _flag(wish: Wish, name: str) -> bool | None:
    return bool(wish[name]) if name in wish else None


ROUTES: Routes = {
    ("POST", "/sim/keys"): Route(guarded(make_key)),
    ("POST", "/sim/prices"): Route(guarded(set_prices)),
    ("POST", "/sim/market"): Route(guarded(set_market)),
    ("POST", "/sim/agents/*"): Route(guarded(set_agent)),
    ("GET", "/sim/log"): Route(guarded(show_log)),
    ("POST", "/sim/keys/*"): Route(guarded(change_key)),
    ("GET", "/sim/accounts"): Route(guarded(list_accounts)),
    ("GET", "/sim/accounts/*"): Route(guarded(show_account)),
}
