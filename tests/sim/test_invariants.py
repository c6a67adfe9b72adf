"""What holds for any sequence of orders and prices."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from nof1web.sim.accounts import Account, Position
from nof1web.sim.algo_orders import AlgoRequest
from nof1web.sim.engine import Exchange, new_exchange
from nof1web.sim.fees import EIGHT
from nof1web.sim.orders import OrderRequest
from nof1web.sim.refusal import Refusal

BTC = "BTCUSDT"
SIDES = st.sampled_from(["BUY", "SELL"])
QUANTITIES = st.integers(1, 400).map(lambda steps: Decimal(steps) / 10_000)
PRICES = st.integers(40_000, 80_000).map(Decimal)
LIMITS = st.sampled_from(["GTC", "IOC", "FOK", "GTX"])
KINDS = {"TRANSFER", "COMMISSION", "REALIZED_PNL", "FUNDING_FEE", "INSURANCE_CLEAR"}
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("market"), SIDES, QUANTITIES, st.booleans()),
        st.tuples(st.just("limit"), SIDES, QUANTITIES, LIMITS, PRICES),
        st.tuples(st.just("stop"), SIDES, PRICES, st.booleans()),
        st.tuples(st.just("price"), PRICES),
        st.tuples(st.just("adl")),
        st.tuples(st.just("funding")),
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
            case ("adl",):
                exchange.auto_deleverage(name, BTC, position_side, now_ms=1)
            case ("funding",):
                exchange.market.at_ms = exchange.market.next_funding_ms() - 1000
                exchange.step(exchange.market.at_ms + 1000)


def check_books(account: Account) -> None:
    """Work the position, the profit and the wallet out again from the fills alone, and compare."""
    sides = [-1 if trade.side == "SELL" else 1 for trade in account.trades]
    held = sum(side * trade.quantity for side, trade in zip(sides, account.trades, strict=True))
    cash = -sum(side * trade.quantity * trade.price for side, trade in zip(sides, account.trades, strict=True))
    (position,) = account.positions.values() or (Position(BTC, "BOTH"),)
    assert position.quantity == held
    earned = cash + held * position.entry_price
    assert abs(earned - sum(trade.realised for trade in account.trades)) < EIGHT * (1 + len(account.trades))
    fees = sum(trade.commission for trade in account.trades)
    others = [row.amount for row in account.income if row.kind not in ("COMMISSION", "REALIZED_PNL")]
    expected = earned - fees + sum(others)
    assert abs(account.wallet - expected) < EIGHT * (1 + len(account.trades))
    assert {row.kind for row in account.income} <= KINDS


@given(ACTIONS, st.sampled_from(["BOTH", "LONG", "SHORT"]), st.booleans())
def test_the_books_balance_and_positions_are_the_sum_of_their_fills(actions, position_side, isolated):
    exchange = new_exchange(seed=1, now_ms=0)
    hedge = position_side != "BOTH"
    account = exchange.open_account(Decimal(1000), hedge=hedge, now_ms=0)
    if isolated:
        exchange.set_margin_type(account.account_id, BTC, "ISOLATED")
    for action in actions:
        act(exchange, account, action, position_side if hedge else None)
        check_books(account)
    assert account.wallet == sum(row.amount for row in account.income) >= 0


@given(SIDES, st.integers(150, 300), st.integers(1, 40), ACTIONS, st.booleans())
def test_the_books_balance_through_funding_and_liquidation(side, steps, percent, actions, isolated):
    exchange = new_exchange(seed=1, now_ms=0)
    exchange.set_prices({BTC: Decimal(60_000)}, now_ms=0)
    account = exchange.open_account(Decimal(1000), now_ms=0)
    if isolated:
        exchange.set_margin_type(account.account_id, BTC, "ISOLATED")
    gap = Decimal(60_000) * (100 + (percent + 12) * (1 if side == "SELL" else -1)) / 100
    for action in [("market", side, Decimal(steps) / 1000, False), ("funding",), ("price", gap), *actions]:
        act(exchange, account, action, None)
        check_books(account)
    assert {"FUNDING_FEE", "REALIZED_PNL"} < {row.kind for row in account.income}
    assert any("autoclose-" in order.client_order_id for order in account.orders.values())


@given(ACTIONS, st.sampled_from(["LONG", "SHORT"]))
def test_a_hedged_side_never_changes_its_sign(actions, side):
    exchange = new_exchange(seed=1, now_ms=0)
    account = exchange.open_account(Decimal(1000), hedge=True, now_ms=0)
    for action in actions:
        act(exchange, account, action, side)
        held = account.quantity(BTC, side)
        assert held >= 0 if side == "LONG" else held <= 0
