"""What an account's user-data stream is told, as it was at that moment (binance.md §1, §3, §4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim.accounts import ZERO, Position, Trade
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.orders import Order

NEW, TRADE, CANCELED, EXPIRED, CALCULATED, AMENDMENT = "NEW", "TRADE", "CANCELED", "EXPIRED", "CALCULATED", "AMENDMENT"


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """A regular order changed; `execution` is the stream's x, `trade` the fill when it was one.

    `bids` and `asks` are what the account's resting orders of the symbol then came to (USDT); `modify_id` is what the
    client called an AMENDMENT; `expired_for` is the stream's er where the order itself doesn't tell it.
    """

    account_id: str
    order: Order
    execution: str
    at_ms: int
    trade: Trade | None = None
    bids: Decimal = ZERO
    asks: Decimal = ZERO
    modify_id: str = ""
    expired_for: str = ""


@dataclass(frozen=True, slots=True)
class AlgoEvent:
    """A conditional order changed."""

    account_id: str
    algo: AlgoOrder
    at_ms: int


@dataclass(frozen=True, slots=True)
class BalanceNews:
    """One asset's wallet after a change (units of the asset); `change` leaves realised profit and fees out."""

    asset: str
    wallet: Decimal
    cross_wallet: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True)
class PositionNews:
    """One position after a change, with the account's margin type, the mark and the profit there (USDT)."""

    position: Position
    isolated: bool
    unrealised: Decimal
    mark: Decimal


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Balances or positions changed for a reason of the stream's `m`; only what changed is in it.

    `symbol` is the one funding was exchanged for.
    """

    account_id: str
    reason: str
    at_ms: int
    balances: tuple[BalanceNews, ...] = ()
    positions: tuple[PositionNews, ...] = ()
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class ConfigEvent:
    """A leverage (with its symbol) or the asset mode was chosen."""

    account_id: str
    at_ms: int
    symbol: str = ""
    leverage: int = 0
    multi_assets: bool | None = None


@dataclass(frozen=True, slots=True)
class MarginCall:
    """Positions came close to liquidation; `maintenance` in the positions' order (USDT)."""

    account_id: str
    at_ms: int
    cross_wallet: Decimal
    positions: tuple[PositionNews, ...]
    maintenance: tuple[Decimal, ...]


Event = OrderEvent | AlgoEvent | AccountEvent | ConfigEvent | MarginCall
