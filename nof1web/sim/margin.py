"""Margin arithmetic: equity, initial and maintenance margin, what is available, where liquidation waits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.sim import collateral
from nof1web.sim.accounts import USDT, ZERO, Account, Position
from nof1web.sim.market import Market
from nof1web.sim.rules import ASSETS


@dataclass(frozen=True, slots=True)
class Margins:
    """An account's sums in USDT, in multi-assets mode in USD over all wallets; cross_ ones leave isolated ones out."""

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

    @property
    def cross_equity(self) -> Decimal:
        """What carries the crossed positions."""
        return self.cross_wallet + self.cross_unrealised


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


def symbol_margin(account: Account, symbol: str, mark: Decimal) -> Decimal:
    """Margin that the positions and resting orders of a symbol bind at that mark (USDT)."""
    held = sum((initial_margin(account, p, mark) for p in account.live_positions() if p.symbol == symbol), ZERO)
    sides = {order.position_side for order in account.open_orders.values() if order.symbol == symbol}
    return held + sum((order_margin(account, symbol, side, mark) for side in sides), ZERO)


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
    wallet = collateral.worth(account, market) if account.multi_assets else account.wallet
    cross_wallet = wallet - isolated
    return Margins(
        wallet=wallet,
        unrealised=unrealised,
        position_initial=position_initial,
        order_initial=orders,
        maintenance=maintenance,
        cross_wallet=cross_wallet,
        cross_unrealised=cross_unrealised,
        cross_maintenance=cross_maintenance,
        available=max(ZERO, cross_wallet + cross_unrealised - cross_initial - orders),
    )


def asset_available(account: Account, market: Market, sums: Margins, asset: str) -> Decimal:
    """What of an asset (its own units) may become margin: in multi-assets mode the shared figure for each."""
    if account.multi_assets:
        price = collateral.index_price(market, asset)
        return sums.available / price if price else ZERO
    return sums.available if asset == USDT else max(ZERO, account.balance(asset))


def withdrawable(account: Account, market: Market, sums: Margins, asset: str) -> Decimal:
    """What of an asset (its own units) may be moved out: never unrealised profit, never more than its wallet."""
    most = sums.cross_wallet if asset == USDT and not account.multi_assets else account.balance(asset)
    free = asset_available(account, market, sums, asset)
    if account.multi_assets:
        # Taking out an amount takes away only what it counted for.
        free = free / ASSETS[asset]
    return max(ZERO, min(free, most))


def liquidation_price(account: Account, position: Position, market: Market, sums: Margins) -> Decimal:
    """The mark at which the position (other symbols unmoved) would be liquidated; 0 when there is none.

    Both sides of a hedged crossed symbol move together and share one price.
    """
    symbol, mark = position.symbol, market.mark(position.symbol)
    if account.is_isolated(symbol):
        moving, cushion = [position], position.isolated_wallet
    else:
        moving = [p for p in account.live_positions() if p.symbol == symbol]
        others = sums.cross_unrealised - sum((p.unrealised(mark) for p in moving), ZERO)
        kept = sums.cross_maintenance - sum((maintenance_margin(p, market) for p in moving), ZERO)
        cushion = sums.cross_wallet + others - kept
    rungs = market.instruments[symbol].brackets
    price = mark
    # The bracket depends on the price sought: step from bracket to bracket until both agree.
    for _ in rungs:
        found = _crossing(moving, cushion, [_rung(p, market, price) for p in moving])
        if found is None:
            return ZERO
        settled = [_rung(p, market, found) for p in moving] == [_rung(p, market, price) for p in moving]
        price = found
        if settled:
            break
    return price


def _rung(position: Position, market: Market, price: Decimal) -> tuple[Decimal, Decimal]:
    bracket = market.instruments[position.symbol].bracket_for(abs(position.quantity) * price)
    return bracket.maintenance_ratio, bracket.cum


def _crossing(moving: list[Position], cushion: Decimal, rungs: list[tuple[Decimal, Decimal]]) -> Decimal | None:
    """The price at which cushion and profit come down to the maintenance margin of these brackets."""
    pairs = list(zip(moving, rungs, strict=True))
    divisor = sum((p.quantity - abs(p.quantity) * ratio for p, (ratio, _) in pairs), ZERO)
    if not divisor:
        return None
    paid = sum((p.quantity * p.entry_price for p in moving), ZERO)
    return max(ZERO, (paid - cushion - sum((cum for _, (_, cum) in pairs), ZERO)) / divisor)
