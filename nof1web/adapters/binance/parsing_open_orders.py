"""Turns openOrders and openAlgoOrders into orders that rest, whoever placed them (binance.md §3, §4)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from nof1web.adapters.binance.parsing import CLOSING, Row, instant, listed, number, positive
from nof1web.core.open_orders import OpenOrder
from nof1web.core.trading import PositionSide, Side


def parse_open_orders(plain: Sequence[Row], algos: Sequence[Row]) -> tuple[OpenOrder, ...]:
    """Read both lists; conditional orders know nothing executed before they trigger."""
    return tuple(map(_plain, listed(plain))) + tuple(map(_algo, listed(algos)))


def _plain(row: Row) -> OpenOrder:
    return _order(row, id=row["clientOrderId"], kind=row["type"], placed_ms=row["time"], trigger=row.get("stopPrice"))


def _algo(row: Row) -> OpenOrder:
    id, kind, placed = row["clientAlgoId"], row["orderType"], row["createTime"]
    return _order(row, id=id, kind=kind, placed_ms=placed, trigger=row.get("triggerPrice"))


def _order(row: Row, *, id: object, kind: object, placed_ms: object, trigger: object) -> OpenOrder:
    quantity = row.get("origQty", row.get("quantity"))
    return OpenOrder(
        id=str(id),
        symbol=str(row["symbol"]),
        side=Side(row["side"]),
        position_side=PositionSide(row["positionSide"]),
        kind=str(kind),
        quantity=number(quantity or 0),
        executed=number(row.get("executedQty") or Decimal(0)),
        price=positive(row.get("price")),
        trigger=positive(trigger),
        reduces=bool(row.get("reduceOnly")) or (row["positionSide"], row["side"]) in CLOSING,
        whole=bool(row.get("closePosition")),
        placed_at=instant(placed_ms),
    )
