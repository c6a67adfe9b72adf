"""Accounts, positions and what they may do over HTTP (binance.md §4.2)."""

from __future__ import annotations

from typing import Any

from nof1web.sim import render, render_account
from nof1web.sim.accounts import Position
from nof1web.sim.exchange_info import leverage_bracket
from nof1web.sim.orders import required
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.routing import READ, Call, Route, Routes, by_symbol
from nof1web.sim.rules import ASSETS, MAKER_FEE, TAKER_FEE, Instrument
from nof1web.sim.trading_status import trading_indicators


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


def account_v2(call: Call) -> Json:
    """GET v2/account: every symbol."""
    can_trade, can_withdraw = _permissions(call)
    market = call.world.exchange.market
    return render_account.account_v2(call.owner, market, can_trade=can_trade, can_withdraw=can_withdraw)


def account_config(call: Call) -> Json:
    """GET accountConfig; trading and withdrawing are what the key that asks may do."""
    owner = call.owner
    can_trade, can_withdraw = _permissions(call)
    return {
        "feeTier": 0,
        "canTrade": can_trade,
        "canDeposit": True,
        "canWithdraw": can_withdraw,
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


def order_limits(call: Call) -> list[Json]:
    """GET rateLimit/order: the account's own limits."""
    limits = call.world.limits
    return [
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": limits.orders_10s},
        {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": limits.orders_1m},
    ]


def adl_quantile(call: Call) -> list[Json]:
    """GET adlQuantile: an array, of one symbol or of all with a position."""
    exchange, owner = call.world.exchange, call.owner
    symbols = [call.listed_symbol()] if call.symbol else sorted({p.symbol for p in owner.live_positions()})
    return [{"symbol": name, "adlQuantile": exchange.adl_quantiles(owner.account_id, name)} for name in symbols]


def trading_status(call: Call) -> Json:
    """GET apiTradingStatus: the indicators of symbols with orders in the last ten minutes."""
    symbol = call.listed_symbol() if call.symbol else None
    rows = trading_indicators(call.owner, call.instruments, symbol=symbol, now_ms=call.now_ms)
    return {"indicators": rows, "updateTime": call.now_ms}


def portfolio_margin(call: Call) -> Json:
    """GET pmAccountInfo of an asset."""
    asset = required(call.params, "asset")
    if asset not in ASSETS:
        raise Refusal(-1126)
    return render_account.portfolio_margin(call.owner, call.world.exchange.market, asset)


def asset_index(call: Call) -> Any:
    """GET assetIndex: what the assets count for in multi-assets mode, one pair like BTCUSD or all."""
    market = call.world.exchange.market
    rows = {f"{asset}USD": render_account.asset_index(market, asset, now_ms=call.now_ms) for asset in ASSETS}
    if call.symbol is None:
        return list(rows.values())
    if call.symbol not in rows:
        raise Refusal(-1121)
    return rows[call.symbol]


def _permissions(call: Call) -> tuple[bool, bool]:
    may = call.key.permissions if call.key else {}
    return bool(may.get("enableFutures")), bool(may.get("enableWithdrawals"))


def _one_or_all(call: Call) -> list[Instrument]:
    return [call.instruments[call.listed_symbol()]] if call.symbol else list(call.instruments.values())


def _position_risk(call: Call, version: int) -> list[Json]:
    symbol = call.listed_symbol() if call.symbol else None
    exchange, owner = call.world.exchange, call.owner
    quantiles: dict[str, dict[str, int]] = {}

    def quantile(position: Position) -> int:
        if not position.quantity:
            return 0
        if position.symbol not in quantiles:
            quantiles[position.symbol] = exchange.adl_quantiles(owner.account_id, position.symbol)
        return quantiles[position.symbol][position.side]

    return render_account.position_risk(owner, exchange.market, symbol=symbol, version=version, quantile=quantile)


ROUTES: Routes = {
    ("GET", "/fapi/v2/account"): Route(account_v2, 5, READ),
    ("GET", "/fapi/v3/account"): Route(account, 5, READ),
    ("GET", "/fapi/v2/balance"): Route(balance, 5, READ),
    ("GET", "/fapi/v3/balance"): Route(balance, 5, READ),
    ("GET", "/fapi/v2/positionRisk"): Route(position_risk_v2, 5, READ),
    ("GET", "/fapi/v3/positionRisk"): Route(position_risk_v3, 5, READ),
    ("GET", "/fapi/v1/accountConfig"): Route(account_config, 5, READ),
    ("GET", "/fapi/v1/symbolConfig"): Route(symbol_config, 5, READ),
    ("GET", "/fapi/v1/leverageBracket"): Route(brackets, 1, READ),
    ("GET", "/fapi/v1/commissionRate"): Route(commission_rate, 20, READ),
    ("GET", "/fapi/v1/rateLimit/order"): Route(order_limits, 1, READ),
    ("GET", "/fapi/v1/adlQuantile"): Route(adl_quantile, 5, READ),
    ("GET", "/fapi/v1/apiTradingStatus"): Route(trading_status, by_symbol(1, 10), READ),
    ("GET", "/fapi/v1/pmAccountInfo"): Route(portfolio_margin, 5, READ),
    ("GET", "/fapi/v1/assetIndex"): Route(asset_index, by_symbol(1, 10)),
}
