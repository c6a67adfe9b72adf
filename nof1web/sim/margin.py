"""Margin arithmetic: equity, initial and maintenance margin, what is available, where liquidation waits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim.accounts import ZERO, Account, Position
from nof1web.sim.market import Market


@dataclass(frozen=True, slots=True)
class Margins:
    """An account's sums in USDT; the cross_ ones leave isolated positions out."""

    wallet: Decimal
    unrealised: Decimal
    position_initial: Decimal
    order_initial: Decimal
    maintenance: Decimal
    cross_wallet: Decimal
    cross_unrealised: Decimal
    cross_maintenance: Decimal
    available: Decimal

    @property
    def equity(self) -> Decimal:
        """Wallet plus unrealised profit."""
        return self.wallet + self.unrealised


def initial_margin(account: Account, position: Position, mark: Decimal) -> Decimal:
    """Margin a position binds at that mark (USDT)."""
    return abs(position.quantity) * mark / account.config(position.symbol).leverage


def maintenance_margin(position: Position, market: Market) -> Decimal:
    """Margin below which the position is liquidated (USDT), by the bracket of its notional."""
    notional = abs(position.quantity) * market.mark(position.symbol)
    bracket = market.instruments[position.symbol].bracket_for(notional)
    return notional * bracket.maintenance_ratio - bracket.cum


def order_margin(account: Account, symbol: str, side: str, mark: Decimal) -> Decimal:
    """Extra margin (USDT) the resting orders of one symbol and position side could come to need."""
    buys = sells = ZERO
    for order in account.open_orders.values():
        if order.symbol == symbol and order.position_side == side and not order.reduce_only:
            notional = order.remaining * order.price
            buys, sells = (buys + notional, sells) if order.side == "BUY" else (buys, sells + notional)
    if not buys and not sells:
        return ZERO
    held = account.quantity(symbol, side) * mark
    worst = max(abs(held + buys), abs(held - sells))
    return max(ZERO, worst - abs(held)) / account.config(symbol).leverage


def margins(account: Account, market: Market) -> Margins:
    """All sums of an account at the market's marks."""
    unrealised = position_initial = maintenance = isolated = ZERO
    cross_unrealised = cross_initial = cross_maintenance = ZERO
    for position in account.live_positions():
        mark = market.mark(position.symbol)
        profit, initial = position.unrealised(mark), initial_margin(account, position, mark)
        kept = maintenance_margin(position, market)
        unrealised, position_initial, maintenance = unrealised + profit, position_initial + initial, maintenance + kept
        if account.is_isolated(position.symbol):
            isolated += position.isolated_wallet
        else:
            cross_unrealised, cross_initial = cross_unrealised + profit, cross_initial + initial
            cross_maintenance += kept
    reserved = {(order.symbol, order.position_side) for order in account.open_orders.values()}
    orders = sum((order_margin(account, name, side, market.mark(name)) for name, side in reserved), ZERO)
    cross_wallet = account.wallet - isolated
    return Margins(
        wallet=account.wallet,
        unrealised=unrealised,
        position_initial=position_initial,
        order_initial=orders,
        maintenance=maintenance,
        cross_wallet=cross_wallet,
        cross_unrealised=cross_unrealised,
        cross_maintenance=cross_maintenance,
        available=max(ZERO, cross_wallet + cross_unrealised - cross_initial - orders),
    )


def liquidation_price(account: Account, position: Position, market: Market, sums: Margins) -> Decimal:
    """The mark at which the position (others unmoved) would be liquidated; 0 when there is none."""
    mark = market.mark(position.symbol)
    own_maintenance = maintenance_margin(position, market)
    if account.is_isolated(position.symbol):
        cushion = position.isolated_wallet
    else:
        others = sums.cross_unrealised - position.unrealised(mark)
        cushion = sums.cross_wallet + others - (sums.cross_maintenance - own_maintenance)
    size = abs(position.quantity)
    bracket = market.instruments[position.symbol].bracket_for(size * mark)
    divisor = position.quantity - size * bracket.maintenance_ratio
    if not divisor:
        return ZERO
    price = (position.quantity * position.entry_price - cushion - bracket.cum) / divisor
    return max(ZERO, price)
