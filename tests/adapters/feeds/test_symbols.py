"""Coin names of the arena to symbols of the exchange."""

from __future__ import annotations

import pytest

from nof1web.adapters.feeds.symbols import LISTED, exchange_symbol
from tests.adapters.feeds.wallets import Wallets, address


@pytest.mark.parametrize(("coin", "symbol"), [("BTC", "BTCUSDT"), ("kPEPE", "1000PEPEUSDT"), ("KAS", "KASUSDT")])
def test_a_coin_has_a_usdt_perpetual(coin: str, symbol: str) -> None:
    assert exchange_symbol(coin) == symbol


@pytest.mark.parametrize("coin", ["xyz:NVDA", "@107", "", "btc", "BTC-PERP", "k"])
def test_what_the_exchange_cannot_have_is_unmapped(coin: str) -> None:
    assert exchange_symbol(coin) is None


def test_a_coin_of_another_dex_is_not_the_perpetual_of_the_same_name() -> None:
    assert exchange_symbol("BTC") == "BTCUSDT" and exchange_symbol("xyz:BTC") is None


def test_a_listed_coin_of_another_dex_is_read_with_its_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LISTED, "xyz:NVDA", "NVDAUSDT")  # type: ignore[arg-type]
    wallets, who = Wallets(), address(1)
    wallets.hold(who)
    wallets.second[who] = {"xyz:NVDA": ("3", "180")}
    wallets.fill(who, "xyz:NVDA", before="0.0", after="3", oid=71)
    record = wallets.only(who)
    assert [(each.symbol, each.entry_oid) for each in record.positions] == [("NVDAUSDT", "71")]
    assert record.unmapped == ()
