"""Whether an account has room for an order: margin, bracket, number of orders (binance.md §4.1, §8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from nof1web.sim.accounts import Account
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.margin import margins
from nof1web.sim.orders import OrderRequest
from nof1web.sim.refusal import Refusal

BTC = "BTCUSDT"
D = Decimal
MARKET = ("BUY", "MARKET", D("0.1"))


def holder(wallet: str, quantity: str = "0", **wish: Any) -> tuple[Exchange, Account]:
    """An account with a wallet and a BTC position entered at the mark, 60000."""
    exchange = new_exchange(seed=1, now_ms=0)
    exchange.market.frozen = True
    exchange.set_prices({BTC: D(60000)}, now_ms=0)
    account = exchange.open_account(D(wallet), now_ms=0, **wish)
    position = account.position(BTC, "BOTH")
    position.quantity, position.entry_price = D(quantity), D(60000)
    exchange.ledger.touch(account)
    return exchange, account


def code(exchange: Exchange, side: str, kind: str, quantity: Decimal, price: str = "0", **wish: Any) -> int:
    """Place an order of the first account: the refusal's code, 0 when it was accepted."""
    try:
        exchange.place_order("a1", OrderRequest(BTC, side, kind, quantity, price=D(price), **wish), now_ms=1)
    except Refusal as refusal:
        return refusal.code
    return 0


@pytest.mark.parametrize(("wallet", "accepted"), [("303.12606", 0), ("303.12605", -2019)])
def test_a_market_order_costs_margin_at_the_ask_the_fee_and_what_the_ask_is_above_the_mark(wallet: str, accepted: int):
    # 0.1 at 60001.2: 300.006 of margin, 3.00006 of fee, 0.12 above the mark.
    exchange, account = holder(wallet)
    assert code(exchange, *MARKET) == accepted
    assert account.wallet >= 0 and margins(account, exchange.market).available >= 0


@pytest.mark.parametrize(("wallet", "accepted"), [("303.11994", 0), ("303.11993", -2019)])
def test_a_market_sale_costs_margin_at_the_mark_and_what_the_bid_is_below_it(wallet: str, accepted: int):
    # 0.1 at 59998.8: 300 of margin at the mark, 2.99994 of fee, 0.12 below the mark.
    exchange, _ = holder(wallet)
    assert code(exchange, "SELL", "MARKET", D("0.1")) == accepted


@pytest.mark.parametrize(("wallet", "accepted"), [("483.405", 0), ("483.4049", -2019)])
def test_a_limit_worse_than_the_mark_costs_what_it_may_lose_at_once(wallet: str, accepted: int):
    # 0.1 at 58100: 290.5 of margin, 2.905 of fee, 190 below the mark.
    exchange, _ = holder(wallet)
    assert code(exchange, "SELL", "LIMIT", D("0.1"), "58100") == accepted


def test_orders_at_rest_on_one_side_close_a_position_only_once():
    exchange, account = holder("1000", "0.2")
    assert code(exchange, "SELL", "LIMIT", D("0.2"), "61000") == 0
    assert code(exchange, "SELL", "LIMIT", D("0.2"), "61000") == -2019
    exchange.set_prices({BTC: D(61500)}, now_ms=2)
    assert account.quantity(BTC, "BOTH") == 0


@pytest.mark.parametrize(("quantity", "accepted"), [("0.4", 0), ("0.4288", 0), ("0.4289", -2019)])
def test_turning_a_position_round_frees_the_margin_of_what_it_closes(quantity: str, accepted: int):
    # 0.2 held bind 600 of 700: what is opened may bind 600 and what is free, less the fee.
    exchange, _ = holder("700", "0.2")
    assert code(exchange, "SELL", "LIMIT", D(quantity), "60050") == accepted


def test_orders_to_sell_bind_margin_as_orders_to_buy_do():
    exchange, account = holder("1000")
    assert code(exchange, "SELL", "LIMIT", D("0.1"), "61000") == 0
    assert margins(account, exchange.market).order_initial == 305
    assert code(exchange, "BUY", "LIMIT", D("0.05"), "59000") == 0
    assert margins(account, exchange.market).order_initial == 305


def at_125(wallet: str, quantity: str = "0") -> Exchange:
    """A rich account at the highest leverage, whose bracket ends at 300000."""
    exchange, _ = holder(wallet, quantity)
    exchange.set_leverage("a1", BTC, 125, now_ms=0)
    return exchange


@pytest.mark.parametrize(("quantity", "accepted"), [("5", 0), ("5.0001", -2027)])
def test_a_bracket_counts_the_order(quantity: str, accepted: int):
    assert code(at_125("100000"), "BUY", "LIMIT", D(quantity), "60000") == accepted


@pytest.mark.parametrize(("quantity", "accepted"), [("1", 0), ("1.0001", -2027)])
def test_a_bracket_counts_the_position_at_the_mark(quantity: str, accepted: int):
    assert code(at_125("100000", "4"), "BUY", "LIMIT", D(quantity), "60000") == accepted


@pytest.mark.parametrize(("quantity", "accepted"), [("2", 0), ("2.0001", -2027)])
def test_a_bracket_counts_each_order_at_its_own_price(quantity: str, accepted: int):
    exchange = at_125("100000")
    assert code(exchange, "BUY", "LIMIT", D(4), "60000", time_in_force="GTX") == 0
    assert code(exchange, "BUY", "LIMIT", D(quantity), "30000") == accepted


def test_what_an_order_may_close_and_open_on_the_other_side_is_counted():
    assert code(at_125("100000", "-4"), "BUY", "LIMIT", D(9), "59900") == 0
    assert code(at_125("100000", "-4"), "BUY", "LIMIT", D("9.1"), "60000") == -2027


@pytest.mark.parametrize(
    ("kind", "wish", "accepted"),
    [
        ("MARKET", {"reduce_only": True}, 0),
        ("LIMIT", {"reduce_only": True, "time_in_force": "IOC"}, 0),
        ("LIMIT", {"reduce_only": True}, -2025),
        ("LIMIT", {"time_in_force": "IOC"}, -2025),
        ("MARKET", {}, -2025),
    ],
)
def test_two_hundred_orders_at_rest_leave_room_for_what_only_closes_and_never_rests(
    kind: str, wish: dict[str, Any], accepted: int
):
    exchange, account = holder("100000", "0.2")
    for _ in range(199):
        assert code(exchange, "BUY", "LIMIT", D("0.001"), "59000") == 0
    assert code(exchange, "BUY", "LIMIT", D("0.001"), "59000") == 0
    assert len(account.open_orders) == 200
    assert code(exchange, "SELL", kind, D("0.1"), "59900" if kind == "LIMIT" else "0", **wish) == accepted
