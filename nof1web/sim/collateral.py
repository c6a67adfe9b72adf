"""What other assets are worth as margin, and how the exchange trades them in for owed USDT (binance.md §4.2, B)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim import news
from nof1web.sim.accounts import USDT, ZERO, Account, Income
from nof1web.sim.ledger import Ledger
from nof1web.sim.market import Market
from nof1web.sim.rules import ASSETS

EIGHT = Decimal("0.00000001")
# Owing more of an asset than this makes the exchange trade in the others (units of the asset, below 0).
AUTO_EXCHANGE = {
    "USDT": Decimal(-10000),
    "USDC": Decimal(-10000),
    "BTC": Decimal("-0.1"),
    "ETH": Decimal(-5),
    "BNB": Decimal(-10),
}


def index_price(market: Market, asset: str) -> Decimal:
    """An asset's index in USD; 0 for one without a market here."""
    if asset in (USDT, "USDC"):
        return Decimal(1)
    quote = market.quotes.get(f"{asset}USDT")
    return quote.index if quote else ZERO


def value(market: Market, asset: str, amount: Decimal) -> Decimal:
    """What an amount (units of the asset) counts for as margin (USD): less than its worth, a debt more."""
    buffer = 1 - ASSETS[asset]
    rate = 1 - buffer if amount >= 0 else 1 + buffer
    return amount * index_price(market, asset) * rate


def worth(account: Account, market: Market) -> Decimal:
    """All wallets of an account as margin (USD)."""
    return sum((value(market, asset, account.balance(asset)) for asset in held(account)), ZERO)


def held(account: Account) -> list[str]:
    """The assets an account has a wallet for: USDT always, the others once they held something."""
    return [asset for asset in ASSETS if asset == USDT or asset in account.other_assets]


def pay_debt(ledger: Ledger, market: Market, account: Account, *, now_ms: int) -> None:
    """Trade other assets in, at their value as margin, until no USDT is owed; the insurance fund is the other side."""
    for asset in held(account):
        owed, price = -account.wallet, value(market, asset, Decimal(1))
        if asset == USDT or owed <= 0 or account.balance(asset) <= 0 or not price:
            continue
        given = min(account.balance(asset), (owed / price).quantize(EIGHT) + EIGHT)
        got = (given * price).quantize(EIGHT)
        for name, amount in ((asset, -given), (USDT, got)):
            account.credit(name, amount)
            ledger.use_fund(name, -amount)
            tran_id = ledger.next_id("tran")
            ledger.keep_income(Income(tran_id, account.account_id, "", "AUTO_EXCHANGE", amount, now_ms, asset=name))
        changes = {asset: -given, USDT: got}
        news.account_changed(ledger, market, account, "AUTO_EXCHANGE", now_ms=now_ms, changes=changes)
    account.updated_ms = now_ms
    ledger.touch(account)
