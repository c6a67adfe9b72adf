"""What the engine knows, in the words of core: account, positions, orders, protection, fills."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from nof1web.adapters.paper.state import PaperAccount, Row, instant
from nof1web.core.open_orders import OpenOrder
from nof1web.core.overview import Holding, Overview
from nof1web.core.trading import (
    Account,
    AlgoReport,
    AlgoStatus,
    Fill,
    MarginMode,
    OrderReport,
    OrderStatus,
    Position,
    PositionSide,
    Side,
)
from nof1web.sim import engine

_EIGHT = Decimal("0.00000001")
_CLOSING = (("LONG", "SELL"), ("SHORT", "BUY"))


def account_of(paper: PaperAccount, read_at: datetime) -> Account:
    """Return balances in USDT at the engine's marks and the account's modes."""
    account = paper.account
    sums = engine.margins(account, paper.exchange.market)
    return Account(
        equity=_eight(sums.equity),
        wallet=_eight(sums.wallet),
        available=_eight(sums.available),
        initial_margin=_eight(sums.position_initial),
        unrealised=_eight(sums.unrealised),
        hedge=account.hedge,
        multi_assets=account.multi_assets,
        read_at=read_at,
        isolated=frozenset(
            symbol for symbol, each in account.symbols.items() if each.margin_type == MarginMode.ISOLATED
        ),
        modes_at=read_at,
    )


def overview_of(paper: PaperAccount, read_at: datetime) -> Overview:
    """Return balances and the positions' numbers."""
    account = account_of(paper, read_at)
    isolated = account.isolated or frozenset()
    held = (
        Holding(
            symbol=each.symbol,
            side=each.side,
            quantity=each.quantity,
            notional=each.quantity * each.mark,
            unrealised=each.unrealised,
            initial_margin=each.initial_margin,
            isolated=each.symbol in isolated,
        )
        for each in positions_of(paper)
    )
    return Overview(
        account.equity, account.wallet, account.available, account.initial_margin, account.unrealised, tuple(held)
    )


def positions_of(paper: PaperAccount) -> tuple[Position, ...]:
    """Return the live positions."""
    account, market = paper.account, paper.exchange.market
    sums = engine.margins(account, market)
    held = [(each, market.mark(each.symbol)) for each in account.live_positions()]
    return tuple(
        Position(
            symbol=each.symbol,
            side=PositionSide(each.side),
            quantity=each.quantity,
            entry_price=_eight(each.entry_price),
            mark=mark,
            liquidation=_eight(engine.liquidation_price(account, each, market, sums)),
            unrealised=_eight(each.unrealised(mark)),
            initial_margin=_eight(engine.initial_margin(account, each, mark)),
        )
        for each, mark in held
    )


def order_report(order: engine.Order) -> OrderReport:
    """Return how an order ended; the price is the average of its fills."""
    price = _eight(order.quote / order.executed) if order.executed else None
    status, against = OrderStatus(order.status), (order.position_side, order.side) in _CLOSING
    closing = order.reduce_only or against
    side, name = Side(order.side), str(order.order_id)
    return OrderReport(order.client_order_id, name, status, order.executed, price, closing=closing, side=side)


def algo_report(algo: engine.AlgoOrder) -> AlgoReport:
    """Return what became of a stop or target."""
    child = str(algo.actual_order_id) if algo.actual_order_id else ""
    return AlgoReport(algo.client_algo_id, algo.symbol, AlgoStatus(algo.status), algo.trigger, algo.quantity, child)


def open_orders_of(paper: PaperAccount) -> tuple[OpenOrder, ...]:
    """Return the stops and targets that wait for their price."""
    return tuple(
        OpenOrder(
            id=each.client_algo_id,
            symbol=each.symbol,
            side=Side(each.side),
            position_side=PositionSide(each.position_side),
            kind=each.type,
            quantity=each.quantity,
            executed=Decimal(0),
            price=each.price or None,
            trigger=each.trigger or None,
            reduces=each.reduce_only or (each.position_side, each.side) in _CLOSING,
            whole=each.close_position,
            placed_at=instant(each.created_ms),
        )
        for each in paper.account.open_algos.values()
        if each.is_open
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


def _eight(value: Decimal) -> Decimal:
    return value.quantize(_EIGHT)
