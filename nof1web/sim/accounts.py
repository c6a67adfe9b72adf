"""Accounts, their positions and what a fill does to them. Quantities are signed inside: a short is negative."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from nof1web.sim.rules import DEFAULT_LEVERAGE

if TYPE_CHECKING:
    from nof1web.sim.algo_orders import AlgoOrder
    from nof1web.sim.orders import Amendment, Order

ZERO = Decimal(0)
BOTH, LONG, SHORT = "BOTH", "LONG", "SHORT"
CROSSED, ISOLATED = "CROSSED", "ISOLATED"
USDT, BNB = "USDT", "BNB"
TRANSIENT = {"row": False}


@dataclass(slots=True)
class Position:
    """One symbol's position on one side (BOTH in one-way mode); `isolated_wallet` is the margin set aside (USDT).

    `called` says that its holder was told how close it is to liquidation; `realised` is all the profit it ever
    realised, before fees (USDT).
    """

    symbol: str
    side: str
    quantity: Decimal = ZERO
    entry_price: Decimal = ZERO
    isolated_wallet: Decimal = ZERO
    updated_ms: int = 0
    realised: Decimal = ZERO
    called: bool = field(default=False, metadata=TRANSIENT)

    def unrealised(self, mark: Decimal) -> Decimal:
        """Profit not yet taken at that mark (USDT)."""
        return self.quantity * (mark - self.entry_price)


@dataclass(slots=True)
class SymbolConfig:
    """What the account chose for a symbol."""

    leverage: int = DEFAULT_LEVERAGE
    margin_type: str = CROSSED


@dataclass(frozen=True, slots=True)
class Trade:
    """One fill; `quantity` is positive, `realised` is USDT, `commission` in units of its asset."""

    trade_id: int
    account_id: str
    order_id: int
    symbol: str
    side: str
    position_side: str
    price: Decimal
    quantity: Decimal
    realised: Decimal
    commission: Decimal
    maker: bool
    at_ms: int
    commission_asset: str = USDT


@dataclass(frozen=True, slots=True)
class Income:
    """One change of a wallet (units of the asset, signed)."""

    tran_id: int
    account_id: str
    symbol: str
    kind: str
    amount: Decimal
    at_ms: int
    trade_id: int | None = None
    asset: str = USDT


@dataclass(frozen=True, slots=True)
class MarginChange:
    """Margin (USDT, positive) somebody added to (kind 1) or took from (kind 2) an isolated position."""

    change_id: int
    account_id: str
    symbol: str
    position_side: str
    kind: int
    amount: Decimal
    at_ms: int


@dataclass(slots=True)
class Account:
    """One account; `wallet` is everything deposited, realised and paid so far (USDT).

    `other_assets` are its other wallets, in units of the asset; with `fee_burn` fees are paid in BNB while it lasts.
    `calm` are the prices by symbol between which nothing can happen to it; None when that isn't known.
    """

    account_id: str
    wallet: Decimal
    created_ms: int
    hedge: bool = False
    multi_assets: bool = False
    updated_ms: int = 0
    uid: int = 0
    is_sub: bool = False
    sub_of: str = ""
    portfolio_margin: bool = False
    fee_burn: bool = False
    tradfi_agreed: bool = False
    countdowns: dict[str, int] = field(default_factory=dict)
    other_assets: dict[str, Decimal] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)
    symbols: dict[str, SymbolConfig] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict, metadata=TRANSIENT)
    open_orders: dict[int, Order] = field(default_factory=dict, metadata=TRANSIENT)
    algos: dict[int, AlgoOrder] = field(default_factory=dict, metadata=TRANSIENT)
    open_algos: dict[int, AlgoOrder] = field(default_factory=dict, metadata=TRANSIENT)
    newest_by_client_id: dict[str, int] = field(default_factory=dict, metadata=TRANSIENT)
    amendments: list[Amendment] = field(default_factory=list, metadata=TRANSIENT)
    trades: list[Trade] = field(default_factory=list, metadata=TRANSIENT)
    income: list[Income] = field(default_factory=list, metadata=TRANSIENT)
    margin_changes: list[MarginChange] = field(default_factory=list, metadata=TRANSIENT)
    calm: dict[str, tuple[Decimal, Decimal]] | None = field(default=None, metadata=TRANSIENT)

    def balance(self, asset: str) -> Decimal:
        """What the wallet of an asset holds (units of the asset)."""
        return self.wallet if asset == USDT else self.other_assets.get(asset, ZERO)

    def credit(self, asset: str, amount: Decimal) -> None:
        """Put a signed amount (units of the asset) into its wallet."""
        if asset == USDT:
            self.wallet += amount
        else:
            self.other_assets[asset] = self.balance(asset) + amount

    def position(self, symbol: str, side: str) -> Position:
        """The position kept for a symbol and side, created flat when there is none."""
        key = f"{symbol}|{side}"
        if key not in self.positions:
            self.positions[key] = Position(symbol, side)
        return self.positions[key]

    def quantity(self, symbol: str, side: str) -> Decimal:
        """The signed quantity held, without creating anything."""
        position = self.positions.get(f"{symbol}|{side}")
        return position.quantity if position else ZERO

    def live_positions(self) -> list[Position]:
        """Every position that isn't flat."""
        return [p for p in self.positions.values() if p.quantity]

    def config(self, symbol: str) -> SymbolConfig:
        """The account's choices for a symbol, without storing the defaults."""
        return self.symbols.get(symbol) or SymbolConfig()

    def is_isolated(self, symbol: str) -> bool:
        """Whether the symbol is traded with isolated margin."""
        return self.config(symbol).margin_type == ISOLATED

    def sides(self) -> tuple[str, ...]:
        """The position sides this account trades under."""
        return (LONG, SHORT) if self.hedge else (BOTH,)

    def is_active(self) -> bool:
        """Whether a change of price can matter to this account."""
        if self.open_orders or self.open_algos or self.wallet < 0:
            return True
        return any(position.quantity for position in self.positions.values())


def apply_fill(position: Position, config: SymbolConfig, delta: Decimal, price: Decimal) -> Decimal:
    """Change the position by a signed quantity filled at a price; the realised profit (USDT) of the part closed."""
    closing = ZERO
    if position.quantity and (position.quantity > 0) != (delta > 0):
        closing = min(abs(delta), abs(position.quantity)).copy_sign(delta)
    realised = -closing * (price - position.entry_price)
    position.realised += realised
    if closing:
        _close(position, closing)
    opening = delta - closing
    if opening:
        _open(position, opening, price)
        if config.margin_type == ISOLATED:
            position.isolated_wallet += abs(opening) * price / config.leverage
    return realised


def _close(position: Position, closing: Decimal) -> None:
    kept = position.quantity + closing
    position.isolated_wallet = position.isolated_wallet * kept / position.quantity if kept else ZERO
    position.quantity = kept
    if not kept:
        position.entry_price = ZERO


def _open(position: Position, opening: Decimal, price: Decimal) -> None:
    total = position.quantity + opening
    paid = position.quantity * position.entry_price + opening * price
    position.entry_price = paid / total
    position.quantity = total
