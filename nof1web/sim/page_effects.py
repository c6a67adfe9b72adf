"""What a move of prices set off, read from what changed while it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nof1web.sim.accounts import Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.forced import LIQUIDATION
from nof1web.sim.ledger import Ledger

Changes = Mapping[tuple[str, str], object]


@dataclass(frozen=True, slots=True)
class Effects:
    """How many resting orders filled, conditional orders fired, and positions were liquidated."""

    filled: int
    fired: int
    liquidated: int


def before(ledger: Ledger) -> Changes:
    """What waits to be written already, to tell it from what comes."""
    return dict(ledger.changed)


def effects(ledger: Ledger, earlier: Changes, *, now_ms: int) -> Effects:
    """Count what a move at that moment (ms) changed."""
    trades = [item for key, item in ledger.changed.items() if isinstance(item, Trade) and key not in earlier]
    traded = {trade.order_id: ledger.accounts[trade.account_id].orders[trade.order_id] for trade in trades}
    algos = [item for item in ledger.changed.values() if isinstance(item, AlgoOrder)]
    doomed = [order for order in traded.values() if order.forced == LIQUIDATION]
    return Effects(
        filled=sum(not order.algo_id and not order.forced for order in traded.values()),
        fired=sum(algo.triggered_ms == now_ms for algo in algos),
        liquidated=len({(order.account_id, order.symbol, order.position_side) for order in doomed}),
    )
