"""A conditional order's fate once it became a regular order, its child (binance.md §3 algoStatus)."""

from __future__ import annotations

from nof1web.sim import news
from nof1web.sim.accounts import ZERO
from nof1web.sim.ledger import Ledger
from nof1web.sim.orders import Order


def keep(ledger: Ledger, order: Order, *, now_ms: int) -> None:
    """Store an order, and carry what became of it over to the conditional order it came from.

    TRIGGERED while the child rests, FINISHED once it was filled, cancelled or expired.
    """
    ledger.keep_order(order)
    algo = ledger.accounts[order.account_id].algos.get(order.algo_id)
    if algo is None or algo.status not in ("TRIGGERING", "TRIGGERED"):
        return
    before = (algo.status, algo.actual_quantity)
    algo.actual_order_id, algo.actual_quantity = order.order_id, order.executed
    algo.actual_price = order.quote / order.executed if order.executed else ZERO
    if algo.status == "TRIGGERING":
        algo.status, algo.updated_ms = "TRIGGERED", now_ms
        news.algo_changed(ledger, algo, now_ms=now_ms)
        before = (algo.status, algo.actual_quantity)
    if not order.is_open:
        algo.status = "FINISHED"
    ledger.keep_algo(algo)
    if before != (algo.status, algo.actual_quantity):
        algo.updated_ms = now_ms
        news.algo_changed(ledger, algo, now_ms=now_ms)
