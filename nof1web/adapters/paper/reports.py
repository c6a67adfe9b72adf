"""What the engine knows, in the words of core: account, positions, orders, protection, fills."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from nof1web.adapters.paper import engine
from nof1web.adapters.paper.state import PaperAccount, Row, instant
from nof1web.core.trading import (
    Account,
    AlgoReport,
    AlgoStatus,
    Fill,
    OrderReport,
    OrderStatus,
    Position,
    PositionSide,
    Side,
)

ZERO = Decimal(0)
_EIGHT = Decimal("0.00000001")


def account_of(paper: PaperAccount, read_at: datetime) -> Account:
    """Return balances in USDT at the engine's marks and the account's modes."""
    account, rows = paper.account, positions_of(paper)
    crossed = [row for row in rows if not account.is_isolated(row.symbol)]
    unrealised = sum((row.unrealised for row in rows), ZERO)
    free = account.wallet - _set_aside(account) + sum((row.unrealised - row.initial_margin for row in crossed), ZERO)
    return Account(
        equity=_eight(account.wallet + unrealised),
        wallet=_eight(account.wallet),
        available=_eight(max(ZERO, free)),
        initial_margin=sum((row.initial_margin for row in rows), ZERO),
        unrealised=unrealised,
        hedge=account.hedge,
        multi_assets=account.multi_assets,
        read_at=read_at,
    )


def positions_of(paper: PaperAccount) -> tuple[Position, ...]:
    """Return the live positions."""
    account, market = paper.account, paper.exchange.market
    held = [(each, market.mark(each.symbol)) for each in account.live_positions()]
    return tuple(
        Position(
            symbol=each.symbol,
            side=PositionSide(each.side),
            quantity=each.quantity,
            entry_price=_eight(each.entry_price),
            mark=mark,
            liquidation=_eight(_liquidation(account, market, each.symbol, each.side)),
            unrealised=_eight(each.unrealised(mark)),
            initial_margin=_eight(abs(each.quantity) * mark / account.config(each.symbol).leverage),
        )
        for each, mark in held
    )


def order_report(order: engine.Order) -> OrderReport:
    """Return how an order ended; the price is the average of its fills."""
    price = _eight(order.quote / order.executed) if order.executed else None
    return OrderReport(order.client_order_id, str(order.order_id), OrderStatus(order.status), order.executed, price)


def algo_report(algo: engine.AlgoOrder) -> AlgoReport:
    """Return what became of a stop or target."""
    child = str(algo.actual_order_id) if algo.actual_order_id else ""
    return AlgoReport(
        algo.client_algo_id, algo.symbol, AlgoStatus(algo.status), algo.trigger, algo.quantity, child
    )


def fill_of(row: Row) -> Fill:
    """Return a trade's row as a fill; fees are paid in USDT."""
    return Fill(
        trade_id=str(row["trade_id"]),
        order_id=str(row["order_id"]),
        symbol=row["symbol"],
        side=Side(row["side"]),
        quantity=Decimal(row["quantity"]),
        price=Decimal(row["price"]),
        fee=Decimal(row["commission"]),
        fee_asset="USDT",
        realised=Decimal(row["realised"]),
        traded_at=instant(row["at_ms"]),
    )


def _liquidation(account: engine.Account, market: engine.Market, symbol: str, side: str) -> Decimal:
    """Return the mark at which the engine liquidates the position, other marks unmoved; 0 when there is none."""
    position = account.position(symbol, side)
    size = abs(position.quantity)
    bracket = engine.INSTRUMENTS[symbol].bracket_for(size * market.mark(symbol))
    if account.is_isolated(symbol):
        cushion = position.isolated_wallet
    else:
        crossed = [each for each in account.live_positions() if not account.is_isolated(each.symbol)]
        others = [each for each in crossed if each is not position]
        profit = sum((each.unrealised(market.mark(each.symbol)) for each in others), ZERO)
        bound = sum((_maintenance(each.symbol, each.quantity, market) for each in others), ZERO)
        cushion = account.wallet - _set_aside(account) + profit - bound
    divisor = position.quantity - size * bracket.maintenance_ratio
    if not divisor:
        return ZERO
    return max(ZERO, (position.quantity * position.entry_price - cushion - bracket.cum) / divisor)


def _maintenance(symbol: str, quantity: Decimal, market: engine.Market) -> Decimal:
    notional = abs(quantity) * market.mark(symbol)
    bracket = engine.INSTRUMENTS[symbol].bracket_for(notional)
    return notional * bracket.maintenance_ratio - bracket.cum


def _set_aside(account: engine.Account) -> Decimal:
    isolated = (each for each in account.live_positions() if account.is_isolated(each.symbol))
    return sum((each.isolated_wallet for each in isolated), ZERO)


def _eight(value: Decimal) -> Decimal:
    return value.quantize(_EIGHT)
