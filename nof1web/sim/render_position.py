"""Positions as the exchange writes them (binance.md §4.2, §4.4, Appendix B)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from nof1web.sim.accounts import ZERO, Account, Position
from nof1web.sim.margin import Margins, initial_margin, liquidation_price, maintenance_margin, margins, order_margin
from nof1web.sim.market import Market
from nof1web.sim.render import Json, places, plain, quantity
from nof1web.sim.rules import TAKER_FEE, Instrument

Quantile = Callable[[Position], int]
_EIGHT = Decimal("0.00000001")
# What v2/positionRisk has no word for.
_V3_ONLY = {
    "marginAsset", "initialMargin", "maintMargin", "positionInitialMargin", "openOrderInitialMargin", "adl",
    "bidNotional", "askNotional",
}  # fmt: skip


def position_risk(
    account: Account, market: Market, *, symbol: str | None, version: int, quantile: Quantile = lambda _: 0
) -> list[Json]:
    """GET positionRisk: v3 leaves flat symbols out; v2 shows every symbol, with leverage and margin type.

    `quantile` tells a position's place in the deleveraging queue.
    """
    sums = margins(account, market)
    if version == 3:
        rows = shown_positions(account)
    else:
        rows = [_position(account, name, side) for name in market.instruments for side in account.sides()]
    shown = [p for p in rows if symbol in (None, p.symbol)]
    answers = [{**_risk(account, market, sums, p), "adl": quantile(p)} for p in shown]
    if version == 3:
        return answers
    return [_legacy_risk(account, market.instruments[answer["symbol"]], answer) for answer in answers]


def shown_positions(account: Account) -> list[Position]:
    """Positions that aren't flat, and flat ones whose symbol has resting orders."""
    resting = {(o.symbol, o.position_side) for o in account.open_orders.values()}
    held = {(p.symbol, p.side) for p in account.live_positions()}
    return [_position(account, name, side) for name, side in sorted(held | resting)]


def account_position(account: Account, market: Market, position: Position) -> Json:
    """A position as v3/account shows it."""
    mark = market.mark(position.symbol)
    profit = position.unrealised(mark)
    isolated = account.is_isolated(position.symbol) and position.quantity
    orders = order_margin(account, position.symbol, position.side, mark)
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": quantity(position.quantity, market.instruments[position.symbol]),
        "unrealizedProfit": places(profit, 8),
        "isolatedMargin": places(position.isolated_wallet + profit if isolated else ZERO, 8),
        "notional": _short(position.quantity * mark),
        "isolatedWallet": _short(position.isolated_wallet),
        "initialMargin": _short(initial_margin(account, position, mark) + orders),
        "maintMargin": _short(maintenance_margin(position, market)),
        "updateTime": position.updated_ms,
    }


def legacy_position(account: Account, market: Market, instrument: Instrument, side: str) -> Json:
    """A position, or none, as v2/account shows it."""
    symbol = instrument.symbol
    position, mark = _position(account, symbol, side), market.mark(instrument.symbol)
    bids, asks = _resting(account, position)
    return {
        **account_position(account, market, position),
        "positionInitialMargin": _short(initial_margin(account, position, mark)),
        "openOrderInitialMargin": _short(order_margin(account, symbol, side, mark)),
        "leverage": str(account.config(symbol).leverage),
        "isolated": account.is_isolated(symbol),
        "entryPrice": _price(position.entry_price),
        "breakEvenPrice": _price(_even(position)),
        "maxNotional": plain(instrument.notional_cap(account.config(symbol).leverage)),
        "bidNotional": _short(bids),
        "askNotional": _short(asks),
    }


def _risk(account: Account, market: Market, sums: Margins, position: Position) -> Json:
    symbol, mark = position.symbol, market.mark(position.symbol)
    row = account_position(account, market, position)
    liquidation = liquidation_price(account, position, market, sums) if position.quantity else ZERO
    bids, asks = _resting(account, position)
    isolated = account.is_isolated(symbol) and position.quantity
    return {
        "symbol": symbol,
        "positionSide": position.side,
        "positionAmt": row["positionAmt"],
        "entryPrice": _price(position.entry_price),
        "breakEvenPrice": _price(_even(position)),
        "markPrice": places(mark, 8),
        "unRealizedProfit": row["unrealizedProfit"],
        "liquidationPrice": _price(liquidation),
        "isolatedMargin": row["isolatedMargin"] if isolated else "0",
        "notional": row["notional"],
        "marginAsset": "USDT",
        "isolatedWallet": row["isolatedWallet"],
        "initialMargin": row["initialMargin"],
        "maintMargin": row["maintMargin"],
        "positionInitialMargin": _short(initial_margin(account, position, mark)),
        "openOrderInitialMargin": _short(order_margin(account, symbol, position.side, mark)),
        "adl": 0,
        "bidNotional": _short(bids),
        "askNotional": _short(asks),
        "updateTime": position.updated_ms,
    }


def _position(account: Account, symbol: str, side: str) -> Position:
    return account.positions.get(f"{symbol}|{side}") or Position(symbol, side)


def _resting(account: Account, position: Position) -> tuple[Decimal, Decimal]:
    """What the resting buys and sells of a symbol and position side come to (USDT)."""
    own = [o for o in account.open_orders.values() if (o.symbol, o.position_side) == (position.symbol, position.side)]
    bids = sum((o.remaining * o.price for o in own if o.sign > 0), ZERO)
    return bids, sum((o.remaining * o.price for o in own if o.sign < 0), ZERO)


def _even(position: Position) -> Decimal:
    return position.entry_price * (1 + TAKER_FEE.copy_sign(position.quantity))


def _price(value: Decimal) -> str:
    return plain(value.quantize(_EIGHT))


def _short(value: Decimal) -> str:
    """Eight decimals, and a bare 0 for nothing."""
    text = places(value, 8)
    return text if text.strip("0.") else "0"


def _legacy_risk(account: Account, instrument: Instrument, risk: Json) -> Json:
    config = account.config(instrument.symbol)
    return {
        **{name: value for name, value in risk.items() if name not in _V3_ONLY},
        "leverage": str(config.leverage),
        "marginType": "isolated" if account.is_isolated(instrument.symbol) else "cross",
        "isAutoAddMargin": "false",
        "maxNotionalValue": plain(instrument.notional_cap(config.leverage)),
    }
