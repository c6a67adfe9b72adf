"""An exchange trades by the instruments it is given, whatever others beside it do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from nof1web.sim.engine import INSTRUMENTS, Exchange, OrderRequest, Refusal, new_exchange

BTC = "BTCUSDT"
COARSE = replace(INSTRUMENTS[BTC], symbol="COARSEUSDT", step=Decimal(1), quantity_precision=0)


def buy(exchange: Exchange, symbol: str, quantity: str) -> Decimal:
    """Fill a market order on a new, rich account; the quantity filled."""
    account = exchange.open_account(Decimal(10**6), now_ms=0)
    request = OrderRequest(symbol, "BUY", "MARKET", Decimal(quantity))
    return exchange.place_order(account.account_id, request, now_ms=0).executed


def test_two_exchanges_side_by_side_trade_by_their_own_rules():
    usual, coarse = new_exchange(seed=1, now_ms=0), new_exchange(seed=1, now_ms=0, instruments={BTC: COARSE})
    assert buy(usual, BTC, "0.5") == Decimal("0.5")
    with pytest.raises(Refusal, match="Precision"):
        buy(coarse, BTC, "0.5")
    assert buy(coarse, BTC, "1") == 1


def test_what_is_not_among_the_instruments_has_no_price():
    exchange = new_exchange(seed=1, now_ms=0, instruments={COARSE.symbol: COARSE})
    assert list(exchange.market.quotes) == ["COARSEUSDT"]
    with pytest.raises(Refusal):
        exchange.set_prices({BTC: Decimal(60000)}, now_ms=0)


def test_a_market_walks_within_the_bounds_it_is_given():
    pinned = replace(COARSE, min_price=COARSE.start_price / 2, max_price=COARSE.start_price * 2)
    exchange = new_exchange(seed=1, now_ms=0, instruments={COARSE.symbol: pinned})
    exchange.step(60_000)
    assert exchange.market.mark(COARSE.symbol) == COARSE.start_price


def test_the_built_in_table_cannot_be_changed():
    with pytest.raises(TypeError):
        INSTRUMENTS[BTC] = COARSE
