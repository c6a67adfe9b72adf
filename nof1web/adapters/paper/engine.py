"""The names of the built-in engine that a paper account uses. `nof1web.sim.engine` is the only way in (DESIGN §3)."""

from __future__ import annotations

# They are the words of the facade's own signatures, which it imports without listing them as its exports.
from nof1web.sim.engine import (  # type: ignore[attr-defined]
    INSTRUMENTS,
    Account,
    AlgoOrder,
    AlgoRequest,
    Exchange,
    Market,
    Order,
    OrderRequest,
    Refusal,
    new_exchange,
)

__all__ = [
    "INSTRUMENTS",
    "Account",
    "AlgoOrder",
    "AlgoRequest",
    "Exchange",
    "Market",
    "Order",
    "OrderRequest",
    "Refusal",
    "new_exchange",
]
