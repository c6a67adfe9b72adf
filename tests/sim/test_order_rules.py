"""What holds for orders whatever is sent: the book is never oversold, nothing fills past what was asked."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from nof1web.sim import book
from nof1web.sim.accounts import Account
from nof1web.sim.amend import AmendRequest
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.orders import OrderRequest
from nof1web.sim.refusal import Refusal

BTC = "BTCUSDT"
SIDES = st.sampled_from(["BUY", "SELL"])
QUANTITIES = st.integers(1, 90_000).map(lambda steps: Decimal(steps) / 10_000)
PRICES = st.integers(59_900, 60_100).map(Decimal)
TERMS = st.tuples(
    st.sampled_from(["GTC", "IOC", "FOK", "GTX"]),
    st.sampled_from(["NONE", "OPPONENT", "QUEUE_5"]),
    st.sampled_from(["EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "NONE"]),
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("limit"), SIDES, QUANTITIES, PRICES, TERMS, st.booleans()),
        st.tuples(st.just("market"), SIDES, QUANTITIES, st.booleans()),
        st.tuples(st.just("amend"), QUANTITIES, PRICES),
        st.tuples(st.just("price"), PRICES),
    ),
    max_size=25,
)


def act(exchange: Exchange, account: Account, action: tuple) -> None:
    name = account.account_id
    with suppress(Refusal):
        match action:
            case ("limit", side, quantity, price, (in_force, match, prevention), only):
                exchange.place_order(
                    name,
                    OrderRequest(BTC, side, "LIMIT", quantity, price=price, time_in_force=in_force, price_match=match,
                                 self_trade_prevention=prevention, reduce_only=only),
                    now_ms=1,
                )  # fmt: skip
            case ("market", side, quantity, only):
                exchange.place_order(name, OrderRequest(BTC, side, "MARKET", quantity, reduce_only=only), now_ms=1)
            case ("amend", quantity, price):
                for order in list(account.open_orders.values()):
                    exchange.amend_order(name, order, AmendRequest(order.side, quantity, price), now_ms=1)
            case ("price", price):
                exchange.set_prices({BTC: price}, now_ms=1)


@settings(max_examples=60)
@given(ACTIONS)
def test_the_book_is_never_oversold_and_no_order_overfilled(actions):
    exchange = new_exchange(seed=1, now_ms=0)
    exchange.set_prices({BTC: Decimal(60_000)}, now_ms=0)
    account = exchange.open_account(Decimal(10**7), now_ms=0)
    for action in actions:
        act(exchange, account, action)
        market = exchange.market
        shown = {
            level.price: level.quantity
            for buying in (True, False)
            for level in book.levels(market.quotes[BTC], market.instruments[BTC], buying=buying)
        }
        assert all(0 < taken <= shown[price] for price, taken in market.taken.get(BTC, {}).items())
    for order in account.orders.values():
        fills = sum(t.quantity for t in account.trades if t.order_id == order.order_id)
        assert fills == order.executed <= order.quantity
    filled = sum(t.quantity if t.side == "BUY" else -t.quantity for t in account.trades)
    assert account.quantity(BTC, "BOTH") == filled


@settings(max_examples=60)
@given(ACTIONS)
def test_no_resting_order_could_still_take_from_the_book(actions):
    exchange = new_exchange(seed=1, now_ms=0)
    account = exchange.open_account(Decimal(10**7), now_ms=0)
    for action in actions:
        act(exchange, account, action)
    for order in account.open_orders.values():
        offers = book.offers(exchange.market, BTC, buying=order.sign > 0)
        reached = book.sweep(order.remaining, order.price, offers, buying=order.sign > 0)
        assert not reached or order.reduce_only


@given(ACTIONS)
@settings(max_examples=40)
def test_nothing_reduce_only_ever_opens_or_turns_a_position(actions):
    exchange = new_exchange(seed=1, now_ms=0)
    account = exchange.open_account(Decimal(10**7), now_ms=0)
    for action in actions:
        before, count = account.quantity(BTC, "BOTH"), len(account.trades)
        act(exchange, account, action)
        new = account.trades[count:]
        if new and all(account.orders[t.order_id].reduce_only for t in new):
            after = account.quantity(BTC, "BOTH")
            assert abs(after) < abs(before) and after * before >= 0
