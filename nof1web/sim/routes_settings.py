"""What an account chooses, over HTTP: modes, leverage, margin, fees in BNB (binance.md §4.3)."""

from __future__ import annotations

from nof1web.sim import render
from nof1web.sim.orders import flag, number, parse_position_side, required, whole
from nof1web.sim.refusal import Refusal
from nof1web.sim.render import Json
from nof1web.sim.routing import READ, TRADE, Call, Route, Routes

_DONE = {"code": 200, "msg": "success"}


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
    margin_type = required(call.params, "marginType")
    call.world.exchange.set_margin_type(call.owner.account_id, symbol, margin_type, now_ms=call.now_ms)
    return _DONE


def change_margin(call: Call) -> Json:
    """POST positionMargin: type 1 adds, 2 takes; the amount is answered as a number."""
    symbol = call.listed_symbol()
    amount = number(call.params, "amount")
    required(call.params, "type")
    kind = whole(call.params, "type", 0)
    if kind not in (1, 2):
        raise Refusal(-1130, "type")
    side = parse_position_side(call.params, hedge=call.owner.hedge)
    exchange, name = call.world.exchange, call.owner.account_id
    exchange.change_margin(name, symbol, side, kind=kind, amount=amount, now_ms=call.now_ms)
    return {"amount": float(amount), "code": 200, "msg": "Successfully modify position margin.", "type": kind}


def show_fee_burn(call: Call) -> Json:
    """GET feeBurn."""
    return {"feeBurn": call.owner.fee_burn}


def set_fee_burn(call: Call) -> Json:
    """POST feeBurn; asking for the present one is fine."""
    required(call.params, "feeBurn")
    call.world.exchange.set_fee_burn(call.owner.account_id, on=flag(call.params, "feeBurn"))
    return _DONE


ROUTES: Routes = {
    ("GET", "/fapi/v1/positionSide/dual"): Route(show_mode, 30, READ),
    ("POST", "/fapi/v1/positionSide/dual"): Route(set_mode, 1, TRADE),
    ("GET", "/fapi/v1/multiAssetsMargin"): Route(show_multi_assets, 30, READ),
    ("POST", "/fapi/v1/multiAssetsMargin"): Route(set_multi_assets, 1, TRADE),
    ("POST", "/fapi/v1/leverage"): Route(set_leverage, 1, TRADE),
    ("POST", "/fapi/v1/marginType"): Route(set_margin_type, 1, TRADE),
    ("POST", "/fapi/v1/positionMargin"): Route(change_margin, 1, TRADE),
    ("GET", "/fapi/v1/feeBurn"): Route(show_fee_burn, 30, READ),
    ("POST", "/fapi/v1/feeBurn"): Route(set_fee_burn, 1, TRADE),
}
