"""What one cheap reading tells of an account, and what of the last whole reading it bears out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nof1web.core.trading import Account, Position, PositionSide

_EIGHT = Decimal("0.00000001")
_ROUNDING = Decimal("0.0001")
"""the part of a position's notional by which the exchange's rounded numbers may differ"""


@dataclass(frozen=True, slots=True)
class Holding:
    """A position's numbers: quantity and notional signed, amounts in USDT; no entry and no liquidation price."""

    symbol: str
    side: PositionSide
    quantity: Decimal
    notional: Decimal
    unrealised: Decimal
    initial_margin: Decimal
    isolated: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """An account's balances (USDT) and the numbers of its positions that aren't flat (v3/account, binance.md §4.2)."""

    equity: Decimal
    wallet: Decimal
    available: Decimal
    initial_margin: Decimal
    unrealised: Decimal
    holdings: tuple[Holding, ...]


def changed(overview: Overview, known: Iterable[Position]) -> frozenset[str]:
    """Return the symbols whose position is not the known one: another quantity, or another entry price."""
    now = {(each.symbol, each.side): each for each in overview.holdings}
    then = {(each.symbol, each.side): each for each in known}
    either = now.keys() | then.keys()
    return frozenset(key[0] for key in either if not (key in now and key in then and _same(now[key], then[key])))


def brought_up(overview: Overview, known: Iterable[Position]) -> tuple[Position, ...]:
    """Return the known positions with the overview's mark, profit and margin; they have to be unchanged."""
    now = {(each.symbol, each.side): each for each in overview.holdings}
    return tuple(_fresh(each, now[each.symbol, each.side]) for each in known)


def account(overview: Overview, known: Account, read_at: datetime) -> Account:
    """Return the account with the overview's balances and the known modes."""
    return replace(
        known,
        equity=overview.equity,
        wallet=overview.wallet,
        available=overview.available,
        initial_margin=overview.initial_margin,
        unrealised=overview.unrealised,
        read_at=read_at,
    )


def other_margin_mode(overview: Overview, known: Account) -> bool:
    """Whether a position is margined in another way than the account's modes as known say."""
    told = known.isolated
    return told is not None and any((each.symbol in told) != each.isolated for each in overview.holdings)


def _same(now: Holding, then: Position) -> bool:
    """Quantities are exact; an entry price shows in the profit: quantity·(mark − entry)."""
    profit = now.notional - then.entry_price * now.quantity
    told = bool(now.notional) and abs(profit - now.unrealised) <= abs(now.notional) * _ROUNDING
    return told and now.quantity == then.quantity


def _fresh(position: Position, now: Holding) -> Position:
    mark = (now.notional / now.quantity).quantize(_EIGHT)
    return replace(position, mark=mark, unrealised=now.unrealised, initial_margin=now.initial_margin)
