"""Accounts, positions, choices and key permissions over HTTP (binance.md §4.2, §4.3, §4.5)."""

from __future__ import annotations

from typing import Any

from nof1web.sim import render, render_account
from nof1web.sim.exchange_info import leverage_bracket
from nof1web.sim.orders import flag, required, whole
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.routes_orders import limited, window
from nof1web.sim.routing import READ, TRADE, Call, Route, Routes
from nof1web.sim.rules import MAKER_FEE, TAKER_FEE, Instrument

_DONE = {"code": 200, "msg": "success"}


def account(call: Call) -> Json:
    """GET v3/account."""
    return render_account.account_v3(call.owner, call.world.exchange.market)


def balance(call: Call) -> list[Json]:
    """GET balance."""
    return render_account.balances(call.owner, call.world.exchange.market)


def position_risk_v2(call: Call) -> list[Json]:
    """GET v2/positionRisk: every symbol."""
    return _position_risk(call, 2)


def position_risk_v3(call: Call) -> list[Json]:
    """GET v3/positionRisk: flat symbols are left out."""
    return _position_risk(call, 3)


def account_config(call: Call) -> Json:
    """GET accountConfig."""
    owner = call.owner
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": owner.hedge,
        "updateTime": 0,
        "multiAssetsMargin": owner.multi_assets,
        "tradeGroupId": -1,
    }


def symbol_config(call: Call) -> list[Json]:
    """GET symbolConfig, one symbol or all."""
    return [render_account.symbol_config(call.owner, instrument) for instrument in _one_or_all(call)]


def brackets(call: Call) -> Any:
    """GET leverageBracket: an array, also for one symbol."""
    return [leverage_bracket(instrument) for instrument in _one_or_all(call)]


def commission_rate(call: Call) -> Json:
    """GET commissionRate."""
    return {
        "symbol": call.listed_symbol(),
        "makerCommissionRate": render.plain(MAKER_FEE),
        "takerCommissionRate": render.plain(TAKER_FEE),
        "rpiCommissionRate": "0.00005",
    }


def income(call: Call) -> list[Json]:
    """GET income, oldest first, by default of the last 7 days."""
    start, end = window(call)
    kind = call.params.get("incomeType")
    rows = [
        row
        for row in call.owner.income
        if start <= row.at_ms <= end and call.symbol in (None, row.symbol) and kind in (None, "", row.kind)
    ]
    newest = not call.params.get("startTime")
    return [render.income(row) for row in limited(call, rows, default=100, most=1000, newest=newest)]


def order_limits(call: Call) -> list[Json]:
    """GET rateLimit/order: the account's own limits."""
    limits = call.world.limits
    return [
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": limits.orders_10s},
        {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": limits.orders_1m},
    ]


def show_mode(call: Call) -> Json:
    """GET positionSide/dual."""
    return {"dualSidePosition": call.owner.hedge}


def set_mode(call: Call) -> Json:
    """POST positionSide/dual."""
    required(call.params, "dualSidePosition")
    call.world.exchange.set_hedge(call.owner.account_id, hedge=flag(call.params, "dualSidePosition"))
    return _DONE


def show_multi_assets(call: Call) -> Json:
    """GET multiAssetsMargin."""
    return {"multiAssetsMargin": call.owner.multi_assets}


def set_multi_assets(call: Call) -> Json:
    """POST multiAssetsMargin."""
    required(call.params, "multiAssetsMargin")
    on = flag(call.params, "multiAssetsMargin")
    call.world.exchange.set_multi_assets(call.owner.account_id, on=on, now_ms=call.now_ms)
    return _DONE


def set_leverage(call: Call) -> Json:
    """POST leverage."""
    symbol = call.listed_symbol()
    required(call.params, "leverage")
    leverage = whole(call.params, "leverage", 0)
    call.world.exchange.set_leverage(call.owner.account_id, symbol, leverage, now_ms=call.now_ms)
    cap = render.plain(call.instruments[symbol].notional_cap(leverage))
    return {"leverage": leverage, "maxNotionalValue": cap, "symbol": symbol}


def set_margin_type(call: Call) -> Json:
    """POST marginType."""
    symbol = call.listed_symbol()
    call.world.exchange.set_margin_type(call.owner.account_id, symbol, required(call.params, "marginType"))
    return _DONE


def api_restrictions(call: Call) -> Json:
    """GET sapi apiRestrictions of the key that asks."""
    if call.key is None:
        raise Refusal(-2015)
    return {**call.key.permissions, "createTime": call.key.created_ms}


def sapi_info(call: Call) -> Json:
    """GET sapi account/info."""
    return {
        "vipLevel": 0,
        "isMarginEnabled": False,
        "isFutureEnabled": True,
        "isOptionsEnabled": False,
        "isPortfolioMarginRetailEnabled": False,
    }


def _one_or_all(call: Call) -> list[Instrument]:
    return [call.instruments[call.listed_symbol()]] if call.symbol else list(call.instruments.values())


def _position_risk(call: Call, version: int) -> list[Json]:
    symbol = call.listed_symbol() if call.symbol else None
    return render_account.position_risk(call.owner, call.world.exchange.market, symbol=symbol, version=version)


ROUTES: Routes = {
    ("GET", "/fapi/v3/account"): Route(account, 5, READ),
    ("GET", "/fapi/v2/balance"): Route(balance, 5, READ),
    ("GET", "/fapi/v3/balance"): Route(balance, 5, READ),
    ("GET", "/fapi/v2/positionRisk"): Route(position_risk_v2, 5, READ),
    ("GET", "/fapi/v3/positionRisk"): Route(position_risk_v3, 5, READ),
    ("GET", "/fapi/v1/accountConfig"): Route(account_config, 5, READ),
    ("GET", "/fapi/v1/symbolConfig"): Route(symbol_config, 5, READ),
    ("GET", "/fapi/v1/leverageBracket"): Route(brackets, 1, READ),
    ("GET", "/fapi/v1/commissionRate"): Route(commission_rate, 20, READ),
    ("GET", "/fapi/v1/income"): Route(income, 30, READ),
    ("GET", "/fapi/v1/rateLimit/order"): Route(order_limits, 1, READ),
    ("GET", "/fapi/v1/positionSide/dual"): Route(show_mode, 30, READ),
    ("POST", "/fapi/v1/positionSide/dual"): Route(set_mode, 1, TRADE),
    ("GET", "/fapi/v1/multiAssetsMargin"): Route(show_multi_assets, 30, READ),
    ("POST", "/fapi/v1/multiAssetsMargin"): Route(set_multi_assets, 1, TRADE),
    ("POST", "/fapi/v1/leverage"): Route(set_leverage, 1, TRADE),
    ("POST", "/fapi/v1/marginType"): Route(set_margin_type, 1, TRADE),
    ("GET", "/sapi/v1/account/apiRestrictions"): Route(api_restrictions, 1, READ),
    ("GET", "/sapi/v1/account/info"): Route(sapi_info, 1, READ),
}
