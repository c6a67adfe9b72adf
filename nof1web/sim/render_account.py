"""Accounts and positions as the exchange writes them (binance.md §4.2, §4.4)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim.accounts import ZERO, Account, Position
from nof1web.sim.margin import Margins, initial_margin, liquidation_price, maintenance_margin, margins, order_margin
from nof1web.sim.market import Market
from nof1web.sim.render import Json, places, plain, quantity
from nof1web.sim.rules import TAKER_FEE, Instrument


def _eight(value: Decimal) -> str:
    return places(value, 8)


def account_v3(account: Account, market: Market) -> Json:
    """GET v3/account: totals in USDT, the one asset, positions of symbols with a position or orders."""
    sums = margins(account, market)
    initial = sums.position_initial + sums.order_initial
    return {
        "totalInitialMargin": _eight(initial),
        "totalMaintMargin": _eight(sums.maintenance),
        "totalWalletBalance": _eight(sums.wallet),
        "totalUnrealizedProfit": _eight(sums.unrealised),
        "totalMarginBalance": _eight(sums.equity),
        "totalPositionInitialMargin": _eight(sums.position_initial),
        "totalOpenOrderInitialMargin": _eight(sums.order_initial),
        "totalCrossWalletBalance": _eight(sums.cross_wallet),
        "totalCrossUnPnl": _eight(sums.cross_unrealised),
        "availableBalance": _eight(sums.available),
        "maxWithdrawAmount": _eight(_withdrawable(sums)),
        "assets": [_asset(account, sums)],
        "positions": [_account_position(account, market, p) for p in _shown(account)],
    }


def balances(account: Account, market: Market) -> list[Json]:
    """GET balance: the one asset."""
    sums = margins(account, market)
    return [
        {
            "accountAlias": f"Sim{account.account_id}",
            "asset": "USDT",
            "balance": _eight(sums.wallet),
            "crossWalletBalance": _eight(sums.cross_wallet),
            "crossUnPnl": _eight(sums.cross_unrealised),
            "availableBalance": _eight(sums.available),
            "maxWithdrawAmount": _eight(_withdrawable(sums)),
            "marginAvailable": True,
            "updateTime": account.updated_ms,
        }
    ]


def position_risk(account: Account, market: Market, *, symbol: str | None, version: int) -> list[Json]:
    """GET positionRisk: v3 leaves flat symbols out; v2 shows every symbol, with leverage and margin type."""
    sums = margins(account, market)
    if version == 3:
        rows = _shown(account)
    else:
        rows = [
            account.positions.get(f"{name}|{side}") or Position(name, side)
            for name in market.instruments
            for side in account.sides()
        ]
    shown = [p for p in rows if symbol in (None, p.symbol)]
    answers = [_risk(account, market, sums, p) for p in shown]
    if version == 3:
        return answers
    return [{**answer, **_v2_extra(account, market.instruments[answer["symbol"]])} for answer in answers]


def symbol_config(account: Account, instrument: Instrument) -> Json:
    """One row of GET symbolConfig."""
    config = account.config(instrument.symbol)
    return {
        "symbol": instrument.symbol,
        "marginType": config.margin_type,
        "isAutoAddMargin": False,
        "leverage": config.leverage,
        "maxNotionalValue": plain(instrument.notional_cap(config.leverage)),
    }


def _withdrawable(sums: Margins) -> Decimal:
    return min(sums.available, max(ZERO, sums.cross_wallet))


def _shown(account: Account) -> list[Position]:
    """Positions that aren't flat, and flat ones whose symbol has resting orders."""
    resting = {(o.symbol, o.position_side) for o in account.open_orders.values()}
    held = {(p.symbol, p.side) for p in account.live_positions()}
    keys = sorted(held | resting)
    return [account.positions.get(f"{name}|{side}") or Position(name, side) for name, side in keys]


def _asset(account: Account, sums: Margins) -> Json:
    return {
        "asset": "USDT",
        "walletBalance": _eight(sums.wallet),
        "unrealizedProfit": _eight(sums.unrealised),
        "marginBalance": _eight(sums.equity),
        "maintMargin": _eight(sums.maintenance),
        "initialMargin": _eight(sums.position_initial + sums.order_initial),
        "positionInitialMargin": _eight(sums.position_initial),
        "openOrderInitialMargin": _eight(sums.order_initial),
        "crossWalletBalance": _eight(sums.cross_wallet),
        "crossUnPnl": _eight(sums.cross_unrealised),
        "availableBalance": _eight(sums.available),
        "maxWithdrawAmount": _eight(_withdrawable(sums)),
        "updateTime": account.updated_ms,
    }


def _account_position(account: Account, market: Market, position: Position) -> Json:
    mark = market.mark(position.symbol)
    profit = position.unrealised(mark)
    isolated = account.is_isolated(position.symbol) and position.quantity
    orders = order_margin(account, position.symbol, position.side, mark)
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": quantity(position.quantity, market.instruments[position.symbol]),
        "unrealizedProfit": _eight(profit),
        "isolatedMargin": _eight(position.isolated_wallet + profit if isolated else ZERO),
        "notional": plain((position.quantity * mark).quantize(Decimal("0.00000001"))),
        "isolatedWallet": plain(position.isolated_wallet.quantize(Decimal("0.00000001"))),
        "initialMargin": _eight(initial_margin(account, position, mark) + orders),
        "maintMargin": _eight(maintenance_margin(position, market)),
        "updateTime": position.updated_ms,
    }


def _risk(account: Account, market: Market, sums: Margins, position: Position) -> Json:
    symbol, mark = position.symbol, market.mark(position.symbol)
    row = _account_position(account, market, position)
    initial = initial_margin(account, position, mark)
    even = position.entry_price * (1 + TAKER_FEE.copy_sign(position.quantity))
    liquidation = liquidation_price(account, position, market, sums) if position.quantity else ZERO
    orders = order_margin(account, symbol, position.side, mark)
    sides = [o for o in account.open_orders.values() if o.symbol == symbol and o.position_side == position.side]
    bids = sum((o.remaining * o.price for o in sides if o.side == "BUY"), ZERO)
    asks = sum((o.remaining * o.price for o in sides if o.side == "SELL"), ZERO)
    return {
        "symbol": symbol,
        "positionSide": position.side,
        "positionAmt": row["positionAmt"],
        "entryPrice": plain(position.entry_price.quantize(Decimal("0.00000001"))),
        "breakEvenPrice": plain(even.quantize(Decimal("0.00000001"))),
        "markPrice": _eight(mark),
        "unRealizedProfit": row["unrealizedProfit"],
        "liquidationPrice": plain(liquidation.quantize(Decimal("0.00000001"))),
        "isolatedMargin": row["isolatedMargin"],
        "notional": row["notional"],
        "marginAsset": "USDT",
        "isolatedWallet": row["isolatedWallet"],
        "initialMargin": row["initialMargin"],
        "maintMargin": row["maintMargin"],
        "positionInitialMargin": _eight(initial),
        "openOrderInitialMargin": _eight(orders),
        "adl": 1 if position.quantity else 0,
        "bidNotional": plain(bids),
        "askNotional": plain(asks),
        "updateTime": position.updated_ms,
    }


def _v2_extra(account: Account, instrument: Instrument) -> Json:
    config = account.config(instrument.symbol)
    return {
        "leverage": str(config.leverage),
        "marginType": "isolated" if account.is_isolated(instrument.symbol) else "cross",
        "isAutoAddMargin": "false",
        "maxNotionalValue": plain(instrument.notional_cap(config.leverage)),
    }
