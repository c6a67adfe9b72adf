"""What moves money besides orders: funding, the insurance fund, and the warning before liquidation."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from nof1web.sim import news
from nof1web.sim.accounts import USDT, ZERO, Account, Income, Position
from nof1web.sim.events import MarginCall
from nof1web.sim.fees import EIGHT
from nof1web.sim.ledger import Ledger
from nof1web.sim.margin import Margins, maintenance_margin
from nof1web.sim.market import Market

# The share of its margin that a position may need to keep before its holder is told.
CALL_RATIO = Decimal("0.8")


def pay_funding(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Exchange funding on every position: a long pays a positive rate on its notional at the mark."""
    for position in account.live_positions():
        quote = market.quotes[position.symbol]
        amount = (-position.quantity * quote.mark * quote.funding_rate).quantize(EIGHT)
        isolated = account.is_isolated(position.symbol)
        account.wallet += amount
        account.updated_ms = now_ms
        if isolated:
            position.isolated_wallet += amount
        tran_id = ledger.next_id("tran")
        ledger.keep_income(Income(tran_id, account.account_id, position.symbol, "FUNDING_FEE", amount, now_ms))
        news.account_changed(
            ledger,
            market,
            account,
            "FUNDING_FEE",
            now_ms=now_ms,
            changes={USDT: amount},
            positions=(position,) if isolated else (),
            symbol=position.symbol,
        )
    ledger.touch(account)


def settle_with_fund(
    ledger: Ledger, market: Market, account: Account, symbol: str, *, amount: Decimal, now_ms: int
) -> None:
    """Move a signed amount (USDT) from the insurance fund to an account; for the wallet as a whole the symbol is ""."""
    if not amount:
        return
    account.wallet += amount
    account.updated_ms = now_ms
    ledger.use_fund(USDT, -amount)
    ledger.keep_income(Income(ledger.next_id("tran"), account.account_id, symbol, "INSURANCE_CLEAR", amount, now_ms))
    news.account_changed(ledger, market, account, "INSURANCE_CLEAR", now_ms=now_ms, changes={USDT: amount})
    ledger.touch(account)


def cover_isolated(
    ledger: Ledger, market: Market, account: Account, position: Position, *, had: tuple[Decimal, Decimal], now_ms: int
) -> None:
    """Let the fund pay what closing an isolated position cost beyond the margin that this set free.

    `had` are the account's wallet and the position's margin (USDT) before it was closed.
    """
    wallet, margin = had
    beyond = (wallet - account.wallet) - (margin - position.isolated_wallet)
    if account.is_isolated(position.symbol) and beyond > 0:
        amount = beyond.quantize(EIGHT, ROUND_UP)
        settle_with_fund(ledger, market, account, position.symbol, amount=amount, now_ms=now_ms)


def call_margin(ledger: Ledger, market: Market, account: Account, sums: Margins, *, now_ms: int) -> None:
    """Tell a watched account of positions that need 80 % of their margin, once until they need less again."""
    if account.account_id not in ledger.watched:
        return
    close: list[Position] = []
    for position in account.live_positions():
        near = _is_close(account, position, market, sums)
        if near and not position.called:
            close.append(position)
        position.called = near
    if not close:
        return
    told = tuple(news.position_news(account, market, position) for position in close)
    kept = tuple(maintenance_margin(position, market) for position in close)
    name, wallet = account.account_id, sums.cross_wallet
    ledger.tell(name, lambda: MarginCall(name, now_ms, wallet, told, kept))


def _is_close(account: Account, position: Position, market: Market, sums: Margins) -> bool:
    if not account.is_isolated(position.symbol):
        return sums.cross_maintenance >= sums.cross_equity * CALL_RATIO
    left = position.isolated_wallet + position.unrealised(market.mark(position.symbol))
    return maintenance_margin(position, market) >= max(ZERO, left) * CALL_RATIO
