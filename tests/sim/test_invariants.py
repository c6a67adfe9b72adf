"""What holds for any sequence of orders and prices."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from nof1web.sim.accounts import Account
from nof1web.sim.algo_orders import AlgoRequest
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.fees import EIGHT
from nof1web.sim.margin import margins
from nof1web.sim.orders import OrderRequest
from nof1web.sim.refusal import Refusal

BTC = "BTCUSDT"
SIDES = st.sampled_from(["BUY", "SELL"])
QUANTITIES = st.integers(1, 400).map(lambda steps: Decimal(steps) / 10_000)
PRICES = st.integers(40_000, 80_000).map(Decimal)
LIMITS = st.sampled_from(["GTC", "IOC", "FOK", "GTX"])
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("market"), SIDES, QUANTITIES, st.booleans()),
        st.tuples(st.just("limit"), SIDES, QUANTITIES, LIMITS, PRICES),
        st.tuples(st.just("stop"), SIDES, PRICES, st.booleans()),
        st.tuples(st.just("price"), PRICES),
    ),
    max_size=30,
)


def act(exchange: Exchange, account: Account, action: tuple, side: str | None) -> None:
    """Do one thing; what is refused must change nothing, which the sums would show."""
    name, position_side = account.account_id, side or "BOTH"
    with suppress(Refusal):
        match action:
            case ("market", way, quantity, reduce_only):
                closing = reduce_only and side is None
                wish = OrderRequest(BTC, way, "MARKET", quantity, position_side, reduce_only=closing)
                exchange.place_order(name, wish, now_ms=1)
            case ("limit", way, quantity, in_force, price):
                wish = OrderRequest(BTC, way, "LIMIT", quantity, position_side, price, in_force)
                exchange.place_order(name, wish, now_ms=1)
            case ("stop", way, trigger, close):
                size = Decimal(0) if close else Decimal("0.01")
                kind = "STOP_MARKET"
                algo = AlgoRequest(BTC, way, kind, size, trigger, position_side, close_position=close)
                exchange.place_algo(name, algo, now_ms=1)
            case ("price", price):
                exchange.set_prices({BTC: price}, now_ms=1)


@given(ACTIONS, st.sampled_from(["BOTH", "LONG", "SHORT"]), st.booleans())
def test_the_books_balance_and_positions_are_the_sum_of_their_fills(actions, position_side, isolated):
    exchange = new_exchange(seed=1, now_ms=0)
    hedge = position_side != "BOTH"
    account = exchange.open_account(Decimal(1000), hedge=hedge, now_ms=0)
    if isolated:
        exchange.set_margin_type(account.account_id, BTC, "ISOLATED")
    for action in actions:
        act(exchange, account, action, position_side if hedge else None)
    booked = sum(row.amount for row in account.income)
    sums = margins(account, exchange.market)
    assert account.wallet == booked == (sums.equity - sums.unrealised).quantize(EIGHT)
    filled = sum(t.quantity if t.side == "BUY" else -t.quantity for t in account.trades)
    assert account.quantity(BTC, position_side) == filled
    assert account.wallet >= 0


@given(ACTIONS, st.sampled_from(["LONG", "SHORT"]))
def test_a_hedged_side_never_changes_its_sign(actions, side):
    exchange = new_exchange(seed=1, now_ms=0)
    account = exchange.open_account(Decimal(1000), hedge=True, now_ms=0)
    for action in actions:
        act(exchange, account, action, side)
        held = account.quantity(BTC, side)
        assert held >= 0 if side == "LONG" else held <= 0


@settings(max_examples=50)
@given(st.lists(st.tuples(SIDES, QUANTITIES), min_size=1, max_size=10))
def test_nothing_reduce_only_fills_a_flat_account(orders):
    exchange = new_exchange(seed=1, now_ms=0)
    account = exchange.open_account(Decimal(1000), now_ms=0)
    for side, quantity in orders:
        act(exchange, account, ("market", side, quantity, True), None)
    assert account.trades == []


@given(SIDES, st.integers(1, 10**6), st.integers(1, 10**7))
def test_no_accepted_order_breaks_a_filter(side, units, cents):
    exchange = new_exchange(seed=1, now_ms=0)
    account = exchange.open_account(Decimal(10**6), now_ms=0)
    quantity, price = Decimal(units) / 1000, Decimal(cents) / 1000
    with suppress(Refusal):
        order = exchange.place_order(
            account.account_id, OrderRequest("SOLUSDT", side, "LIMIT", quantity, price=price), now_ms=1
        )
        assert order.quantity % Decimal("0.01") == 0 and order.price % Decimal("0.01") == 0
        assert order.quantity * order.price >= 5
