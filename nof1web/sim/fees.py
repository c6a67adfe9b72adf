"""What a fill costs and in which asset it is paid (binance.md §4.2 feeBurn, §4.4 commissionAsset)."""

from __future__ import annotations

from decimal import Decimal

from nof1web.sim.accounts import BNB, USDT, Account
from nof1web.sim.market import Market
from nof1web.sim.rules import MAKER_FEE, TAKER_FEE

EIGHT = Decimal("0.00000001")
# Fees paid in BNB are a tenth cheaper.
BNB_SHARE = Decimal("0.90")
_BNB_SYMBOL = "BNBUSDT"


def commission(account: Account, market: Market, notional: Decimal, *, maker: bool) -> tuple[str, Decimal]:
    """The asset a fill of a notional (USDT) is paid in, and how much of it."""
    fee = notional * (MAKER_FEE if maker else TAKER_FEE)
    if account.fee_burn and _BNB_SYMBOL in market.quotes:
        in_bnb = (fee * BNB_SHARE / market.quotes[_BNB_SYMBOL].index).quantize(EIGHT)
        if account.balance(BNB) >= in_bnb:
            return BNB, in_bnb
    return USDT, fee.quantize(EIGHT)
