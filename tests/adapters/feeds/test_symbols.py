"""Coin names of the arena to symbols of the exchange."""

from __future__ import annotations

import pytest

from nof1web.adapters.feeds.symbols import exchange_symbol


@pytest.mark.parametrize(("coin", "symbol"), [("BTC", "BTCUSDT"), ("kPEPE", "1000PEPEUSDT"), ("KAS", "KASUSDT")])
def test_a_coin_has_a_usdt_perpetual(coin: str, symbol: str) -> None:
    assert exchange_symbol(coin) == symbol


@pytest.mark.parametrize("coin", ["xyz:NVDA", "@107", "", "btc", "BTC-PERP", "k"])
def test_what_the_exchange_cannot_have_is_unmapped(coin: str) -> None:
    assert exchange_symbol(coin) is None


def test_a_coin_of_another_dex_is_not_the_perpetual_of_the_same_name() -> None:
    assert exchange_symbol("BTC") == "BTCUSDT" and exchange_symbol("xyz:BTC") is None
