"""Between which prices nothing can happen to an account, so that a quiet account costs a comparison per second."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim.accounts import USDT, ZERO, Account
from nof1web.sim.algo_orders import TRAILING
from nof1web.sim.collateral import held, value
from nof1web.sim.margin import Margins, maintenance_margin
from nof1web.sim.market import Market
from nof1web.sim.settlement import CALL_RATIO

Bounds = dict[str, tuple[Decimal, Decimal]]
# Books and last prices lie a little beside the mark.
_MARGIN = Decimal("0.003")
# No bracket asks for more maintenance than half of the notional.
_STEEPEST = Decimal("1.5")
_FAR = Decimal(10) ** 12


def is_calm(account: Account, market: Market) -> bool:
    """Whether every price is still within the bounds last noted for the account."""
    if account.calm is None:
        return False
    quotes = market.quotes
    for symbol, (low, high) in account.calm.items():
        quote = quotes[symbol]
        if not (low < quote.mark < high and low < quote.last < high):
            return False
    return True


def note(account: Account, market: Market, sums: Margins) -> None:
    """Note the bounds at the present prices; none where the time, or the way prices take, matters as well."""
    if account.countdowns or _is_restless(account):
        account.calm = None
        return
    room = _room(account, market, sums)
    if room <= 0:
        account.calm = None
        return
    bounds: Bounds = {}
    for symbol in _symbols(account, market):
        mark = market.mark(symbol)
        bounds[symbol] = (mark * (1 - room), mark * (1 + room))
    for order in account.open_orders.values():
        _narrow(bounds, order.symbol, order.price, upward=order.sign < 0)
    for algo in account.open_algos.values():
        if algo.is_open:
            _narrow(bounds, algo.symbol, algo.trigger, upward=algo.fires_upward)
    account.calm = bounds


def _is_restless(account: Account) -> bool:
    waiting = account.open_algos.values()
    if any(algo.type == TRAILING or algo.status not in ("NEW", "TRIGGERED") for algo in waiting):
        return True
    return any(algo.good_till_ms for algo in waiting) or any(o.good_till_ms for o in account.open_orders.values())


def _room(account: Account, market: Market, sums: Margins) -> Decimal:
    """The share by which all prices may move before a margin call can be due; at most 1."""
    crossed, rooms = ZERO, [Decimal(1)]
    for position in account.live_positions():
        mark = market.mark(position.symbol)
        notional = abs(position.quantity) * mark
        if account.is_isolated(position.symbol):
            left = position.isolated_wallet + position.unrealised(mark)
            slack = left * CALL_RATIO - maintenance_margin(position, market)
            rooms.append(slack / (notional * _STEEPEST))
        else:
            crossed += notional
    if account.multi_assets:
        crossed += sum((abs(value(market, a, account.balance(a))) for a in held(account) if a != USDT), ZERO)
    if sums.cross_maintenance:
        rooms.append((sums.cross_equity * CALL_RATIO - sums.cross_maintenance) / (crossed * _STEEPEST))
    if sums.cross_wallet < 0 or account.wallet < 0:
        rooms.append(ZERO)
    return min(rooms)


def _symbols(account: Account, market: Market) -> set[str]:
    symbols = {position.symbol for position in account.live_positions()}
    if account.multi_assets:
        symbols |= {f"{a}USDT" for a in held(account) if f"{a}USDT" in market.quotes}
    return symbols


def _narrow(bounds: Bounds, symbol: str, price: Decimal, *, upward: bool) -> None:
    low, high = bounds.get(symbol, (ZERO, _FAR))
    if upward:
        high = min(high, price * (1 - _MARGIN))
    else:
        low = max(low, price * (1 + _MARGIN))
    bounds[symbol] = (low, high)
