"""A position of ccxt's over the hour of funding, on an exchange whose clock is moved: … URL one-way|hedge."""

from __future__ import annotations

import sys
from itertools import pairwise

from tests.clients.ccxt_trader import BALANCE, BTC, Trader
from tests.clients.scenario import Steps, play

step = Steps()


def later(trader: Trader, seconds: int) -> None:
    """Let time go by, and let ccxt learn the exchange's time as it does."""
    trader.controls.post("/sim/clock", advance_seconds=seconds)
    trader.client.load_time_difference()


@step
def ccxt_learns_the_exchanges_time(trader: Trader) -> None:
    trader.client.load_time_difference()
    if trader.hedge:
        trader.client.set_position_mode(True)


@step
def a_position_is_opened_before_the_hour(trader: Trader) -> None:
    assert trader.order("market", "buy", 0.1)["status"] == "closed"
    due = trader.client.fetch_funding_rate(BTC)["fundingTimestamp"]
    assert 0 < due - trader.client.fetch_time() <= 60_000


@step
def funding_is_paid_at_the_hour(trader: Trader) -> None:
    later(trader, 90)
    (row,) = trader.client.fetch_funding_history(BTC)
    (rate,) = [each for each in trader.client.fetch_funding_rate_history(BTC) if each["timestamp"] <= row["timestamp"]]
    assert abs(row["amount"] + 0.1 * 60_000 * rate["fundingRate"]) < 0.01 and row["code"] == "USDT"


@step
def the_wallet_tells_of_it(trader: Trader) -> None:
    income = trader.client.fapiPrivateGetIncome({"limit": 1000})
    changed = sum(float(each["income"]) for each in income if each["incomeType"] != "TRANSFER")
    assert {each["incomeType"] for each in income} >= {"COMMISSION", "FUNDING_FEE"}
    wallet = float(trader.client.fapiPrivateV3GetAccount()["totalWalletBalance"])
    assert abs(BALANCE + changed - wallet) < 0.0001


@step
def a_flat_account_pays_nothing_the_next_time(trader: Trader) -> None:
    trader.order("market", "sell", 0.1, closing=True)
    later(trader, 8 * 3600)
    assert len(trader.client.fetch_funding_history(BTC)) == 1
    assert len(trader.client.fetch_funding_rate_history(BTC)) == 2


@step
def the_hours_in_between_have_their_candles(trader: Trader) -> None:
    candles = trader.client.fetch_ohlcv(BTC, "1h")
    assert len(candles) >= 8 and all(b[0] - a[0] == 3_600_000 for a, b in pairwise(candles))


if __name__ == "__main__":
    play(Trader(*sys.argv[1:]), [step])
