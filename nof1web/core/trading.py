"""What an exchange has: instruments, accounts, positions, orders, fills, protection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nof1web.core.leverages import Leverages


class Environment(StrEnum):
    """Which exchange a credential trades on."""

    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


class Side(StrEnum):
    """Direction of an order; positions are signed instead."""

    BUY = "BUY"
    SELL = "SELL"

    @classmethod
    def of(cls, delta: Decimal) -> Side:
        """The side that changes a signed quantity by `delta`."""
        return cls.BUY if delta > 0 else cls.SELL


class PositionSide(StrEnum):
    """Binance's position side: BOTH in one-way mode, LONG or SHORT in hedge mode (binance.md §8)."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class MarginMode(StrEnum):
    """How a position is margined; the exchange's own spelling."""

    CROSSED = "CROSSED"
    ISOLATED = "ISOLATED"


@dataclass(frozen=True, slots=True)
class Bracket:
    """Up to `notional_cap` USDT of notional the exchange allows `max_leverage`."""

    notional_cap: Decimal
    max_leverage: int
    maintenance_rate: Decimal


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tradable symbol's rules, from the host it is traded on (binance.md §4.1).

    A limit order may buy at most at mark × `price_up` and sell at least at mark × `price_down`; None: not limited.
    """

    symbol: str
    tick: Decimal
    step: Decimal
    min_quantity: Decimal
    market_max_quantity: Decimal
    min_notional: Decimal
    tradable: bool = True
    brackets: tuple[Bracket, ...] = ()
    price_up: Decimal | None = None
    price_down: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An exchange account at `read_at`; amounts in USDT. `hedge` is the position mode, never changed by us.

    `isolated` are the symbols with isolated margin, all others have cross margin; None: not told. Modes and leverages
    are of `modes_at`, or set by us since then. `read_no` is the reading's place among own orders (Intent.settled_no).
    """

    equity: Decimal
    wallet: Decimal
    available: Decimal
    initial_margin: Decimal
    unrealised: Decimal
    hedge: bool
    multi_assets: bool
    read_at: datetime
    isolated: frozenset[str] | None = None
    leverages: Leverages | None = None
    modes_at: datetime | None = None
    read_no: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """A live position; quantity signed (short < 0) in both position modes. 0 liquidation price means none."""

    symbol: str
    side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    mark: Decimal
    liquidation: Decimal
    unrealised: Decimal
    initial_margin: Decimal


@dataclass(frozen=True, slots=True)
class SymbolConfig:
    """The account's present leverage and margin mode for a symbol."""

    symbol: str
    leverage: int
    margin_mode: MarginMode


class OrderStatus(StrEnum):
    """The exchange's word for an order's state."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"

    @property
    def terminal(self) -> bool:
        """Whether the order can't fill any further."""
        return self not in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order to send: `quantity` unsigned base units; `limit` set means LIMIT IOC, else MARKET.

    `timestamp_ms` is the signed time (server clock); with recvWindow it is the order's deadline.
    """

    client_order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    reduce_only: bool
    timestamp_ms: int
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderReport:
    """An order as the exchange tells of it; `closing`: it opens nothing. Simulated ones have a `fee` and no `side`."""

    client_order_id: str
    order_id: str
    status: OrderStatus
    executed: Decimal
    price: Decimal | None  # not always told (binance.md §0.2)
    fee: Decimal | None = None
    closing: bool = False
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of the account: quantity unsigned, fee in `fee_asset`, realised in USDT."""

    trade_id: str
    order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    realised: Decimal
    traded_at: datetime


class Leg(StrEnum):
    """Which protection an algo order is."""

    STOP = "stop"
    TARGET = "target"


class AlgoStatus(StrEnum):
    """The exchange's word for an algo order's state (binance.md §3)."""

    NEW = "NEW"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"

    @property
    def resting(self) -> bool:
        """Whether it still waits for its trigger."""
        return self is AlgoStatus.NEW


@dataclass(frozen=True, slots=True)
class AlgoRequest:
    """A STOP_MARKET or TAKE_PROFIT_MARKET to rest on the exchange; quantity unsigned.

    `timestamp_ms` is the signed time (server clock), from before it was journaled: one that is sent late is refused.
    """

    client_algo_id: str
    symbol: str
    leg: Leg
    side: Side
    position_side: PositionSide
    quantity: Decimal
    trigger: Decimal
    working_type: str = "MARK_PRICE"
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class AlgoReport:
    """What the exchange says of an algo order; `order_id` is the child once triggered, else empty."""

    client_algo_id: str
    symbol: str
    status: AlgoStatus
    trigger: Decimal
    quantity: Decimal
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What a connection test found: the account's alias, balance in USDT and modes; warnings are codes."""

    account_alias: str
    equity: Decimal
    available: Decimal
    hedge: bool
    multi_assets: bool
    warnings: tuple[str, ...] = ()
