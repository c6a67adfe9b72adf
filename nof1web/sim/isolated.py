"""Margin added to and taken from an isolated position by hand (binance.md §4.3 positionMargin)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import news
from nof1web.sim.accounts import USDT, ZERO, Account, MarginChange, Position
from nof1web.sim.collateral import EIGHT
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import initial_margin, margins
from nof1web.sim.market import Market
from nof1web.sim.refusal import Refusal

ADD, REDUCE = 1, 2


def change_margin(
    ledger: Ledger, market: Market, account: Account, position: Position, *, kind: int, amount: Decimal, now_ms: int
) -> MarginChange:
    """Add (kind 1) or take (kind 2) an amount (USDT); the wallet as a whole stays as it is.

    Refused: -4055 amount, -1111 more than 8 decimals, -4049 crossed, -4054 flat, -4050 more than is available and in
    the wallet (unrealised profit can't be set aside), -4051 more than can be spared. What can be spared isn't
    documented; the stricter reading is taken: the rest, without unrealised profit but with a loss, has to cover the
    initial margin.
    """
    if amount <= 0:
        raise Refusal(-4055)
    if amount != amount.quantize(EIGHT):
        raise Refusal(-1111)
    if not account.is_isolated(position.symbol):
        raise Refusal(-4049)
    if not position.quantity:
        raise Refusal(-4054)
    if kind == ADD and amount > _addable(account, market):
        raise Refusal(-4050)
    if kind == REDUCE and amount > spare_margin(account, market, position):
        raise Refusal(-4051)
    position.isolated_wallet += amount if kind == ADD else -amount
    account.updated_ms = position.updated_ms = now_ms
    ledger.touch(account)
    change_id = ledger.next_id("margin_change")
    change = MarginChange(change_id, account.account_id, position.symbol, position.side, kind, amount, now_ms)
    ledger.keep_margin_change(change)
    news.account_changed(
        ledger, market, account, "MARGIN_TRANSFER", now_ms=now_ms, changes={USDT: ZERO}, positions=(position,)
    )
    return change


def keep_within_wallet(account: Account, position: Position) -> None:
    """Let an isolated position hold no more margin than the wallet has beside the other isolated ones."""
    if not position.isolated_wallet:
        return
    others = sum((p.isolated_wallet for p in account.live_positions() if p is not position), ZERO)
    position.isolated_wallet = max(ZERO, min(position.isolated_wallet, account.wallet - others))


def _addable(account: Account, market: Market) -> Decimal:
    sums = margins(account, market)
    return min(sums.available, sums.cross_wallet)


def spare_margin(account: Account, market: Market, position: Position) -> Decimal:
    """What may be taken out of an isolated position (USDT)."""
    mark = market.mark(position.symbol)
    loss = min(ZERO, position.unrealised(mark))
    return max(ZERO, position.isolated_wallet + loss - initial_margin(account, position, mark))
