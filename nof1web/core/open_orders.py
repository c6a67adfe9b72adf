"""Orders that rest on an account, whoever placed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nof1web.core.trading import PositionSide, Side


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """One order as the exchange lists it; `id` is the client's, `kind` the exchange's word (LIMIT, STOP_MARKET …).

    Quantities unsigned. `price` is None where it fills at the market, `trigger` where it waits for none (a trailing
    stop finds its own). `reduces`: it opens nothing; `whole`: it closes all of the position, whatever `quantity` says.
    """

    id: str
    symbol: str
    side: Side
    position_side: PositionSide
    kind: str
    quantity: Decimal
    executed: Decimal
    price: Decimal | None
    trigger: Decimal | None
    reduces: bool
    whole: bool
    placed_at: datetime
