"""Whatever is sent, nothing that breaks a filter is ever kept, and nothing reduce-only opens (binance.md §4.1, §8)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nof1web.sim.accounts import SymbolConfig
from nof1web.sim.algo_orders import AlgoOrder
from nof1web.sim.orders import Order
from nof1web.sim.rules import INSTRUMENTS, Instrument
from tests.sim.face import Trader, trader

D = Decimal
SYMBOLS = ["BTCUSDT", "SOLUSDT", "DOGEUSDT"]
ORDER, ALGO, BATCH = "/fapi/v1/order", "/fapi/v1/algoOrder", "/fapi/v1/batchOrders"
# How many steps or ticks beside a boundary, whole ones mostly.
BESIDE = st.sampled_from([D(0), D(0), D(1), D(-1), D(2), D("0.5")])
SIDES = st.sampled_from(["BUY", "SELL"])
ALGO_TYPES = ["STOP", "TAKE_PROFIT", "STOP_MARKET", "TAKE_PROFIT_MARKET"]


def text(value: Decimal) -> str:
    return f"{value.normalize():f}"


@st.composite
def numbers(draw: Any, rule: Instrument, mark: Decimal) -> tuple[str, str]:
    """A quantity and a price at, or a little beside, one of a symbol's boundaries."""
    bounds = [mark * D("1.05"), mark * D("0.95"), mark, mark, mark, rule.min_price, rule.max_price]
    price = draw(st.sampled_from(bounds)) // rule.tick * rule.tick + draw(BESIDE) * rule.tick
    least = rule.floor_quantity(rule.min_notional / max(price, rule.tick))
    sizes = [least + rule.step, least * 3, rule.market_max_quantity, rule.max_quantity, rule.step]
    return text(draw(st.sampled_from(sizes)) + draw(BESIDE) * rule.step), text(price)


@st.composite
def wishes(draw: Any) -> tuple[str, dict[str, str]]:
    """What to do, and its parameters."""
    what = draw(st.sampled_from(["market", "limit", "limit", "batch", "change", "algo", "price"]))
    symbol = draw(st.sampled_from(SYMBOLS))
    rule, mark = INSTRUMENTS[symbol], INSTRUMENTS[symbol].start_price
    quantity, price = draw(numbers(rule, mark))
    wish = {"symbol": symbol, "side": draw(SIDES), "quantity": quantity}
    if what == "price":
        return what, {
            "symbol": symbol,
            "price": text(rule.round_price(mark * draw(st.sampled_from([D("0.97"), D(1)])), up=True)),
        }
    if what == "algo":
        kind = draw(st.sampled_from(ALGO_TYPES))
        limit = {"price": price} if kind in ("STOP", "TAKE_PROFIT") else {}
        trigger = text(rule.round_price(mark * draw(st.sampled_from([D("0.98"), D("1.02")])), up=True))
        return what, {**wish, **limit, "type": kind, "triggerPrice": trigger, "algoType": "CONDITIONAL"}
    if what == "change":
        return what, {**wish, "price": price}
    if what == "market":
        return what, {**wish, "type": "MARKET"}
    in_force = draw(st.sampled_from(["GTC", "GTC", "IOC", "GTX"]))
    return what, {**wish, "type": "LIMIT", "price": price, "timeInForce": in_force}


def send(face: Trader, what: str, wish: dict[str, str]) -> None:
    """Do it; what is refused is refused."""
    match what:
        case "price":
            face.price(wish["price"], wish["symbol"])
        case "batch":
            twice = [wish, {**wish, "type": "MARKET", "price": None, "timeInForce": None}]
            face.call("POST", BATCH, batchOrders=json.dumps(twice))
        case "change":
            same = [o for o in account(face).open_orders.values() if o.symbol == wish["symbol"]]
            changes = [{**wish, "side": o.side, "orderId": o.order_id} for o in same]
            if changes:
                face.call("PUT", BATCH, batchOrders=json.dumps(changes[:5]))
        case _:
            face.call("POST", ALGO if what == "algo" else ORDER, **wish)


def account(face: Trader) -> Any:
    return face.world.exchange.account(face.key["account_id"])


def rich() -> Trader:
    """A trader whom neither margin nor bracket ever stops, with an order to buy at rest for each symbol."""
    face = trader(balance="1000000000000")
    for symbol in SYMBOLS:
        face.price(text(INSTRUMENTS[symbol].start_price), symbol)
        account(face).symbols[symbol] = SymbolConfig(leverage=1)
        rule = INSTRUMENTS[symbol]
        price = rule.round_price(rule.start_price * D("0.98"), up=True)
        wish = {"quantity": text(rule.floor_quantity(100 / price)), "price": text(price), "timeInForce": "GTC"}
        send(face, "limit", {"symbol": symbol, "side": "BUY", "type": "LIMIT", **wish})
    return face


def check_order(order: Order, rule: Instrument, mark: Decimal) -> None:
    """Fail for an order that broke a filter at that mark."""
    is_market = order.type == "MARKET"
    assert order.quantity % rule.step == 0
    assert rule.step <= order.quantity <= (rule.market_max_quantity if is_market else rule.max_quantity)
    if not is_market:
        assert order.price % rule.tick == 0 and rule.min_price <= order.price <= rule.max_price
        assert order.price <= mark * D("1.05") if order.side == "BUY" else order.price >= mark * D("0.95")
    assert order.quantity * (mark if is_market else order.price) >= rule.min_notional


def check_algo(algo: AlgoOrder, rule: Instrument) -> None:
    """Fail for a conditional order that broke a filter."""
    is_limit = algo.type in ("STOP", "TAKE_PROFIT")
    assert algo.quantity % rule.step == 0 and algo.trigger % rule.tick == 0
    assert rule.step <= algo.quantity <= (rule.max_quantity if is_limit else rule.market_max_quantity)
    if is_limit:
        assert algo.price % rule.tick == 0 and rule.min_price <= algo.price <= rule.max_price
        near = algo.price / algo.trigger
        assert near <= D("1.05") if algo.side == "BUY" else near >= D("0.95")


@settings(max_examples=60, deadline=None)
@given(st.lists(wishes(), min_size=1, max_size=12))
def test_nothing_that_breaks_a_filter_is_ever_kept(wanted: list[tuple[str, dict[str, str]]]):
    face = rich()
    owner, market = account(face), face.world.exchange.market
    for what, wish in wanted:
        before = {number: order.amended for number, order in owner.orders.items()}
        marks = {symbol: market.mark(symbol) for symbol in SYMBOLS}
        send(face, what, wish)
        for order in owner.orders.values():
            # A child is judged by the mark that triggered it.
            mark = market.mark(order.symbol) if order.algo_id else marks[order.symbol]
            if before.get(order.order_id) != order.amended:
                check_order(order, INSTRUMENTS[order.symbol], mark)
    for algo in owner.algos.values():
        check_algo(algo, INSTRUMENTS[algo.symbol])


QUANTITIES = st.integers(10, 400).map(lambda steps: text(D(steps) / 10_000))


@settings(max_examples=60, deadline=None)
@given(
    SIDES,
    QUANTITIES,
    st.sampled_from(["MARKET", "GTC", "IOC", "FOK", "GTX"]),
    st.integers(58_000, 62_000),
    st.booleans(),
)
def test_nothing_that_only_closes_is_taken_while_there_is_nothing_to_close(
    side: str, quantity: str, kind: str, price: int, hedge: bool
):
    face = trader(hedge=hedge)
    closing = {"positionSide": "LONG" if side == "SELL" else "SHORT"} if hedge else {"reduceOnly": "true"}
    limit = {} if kind == "MARKET" else {"price": price, "timeInForce": kind}
    wish = {
        "symbol": "BTCUSDT",
        "side": side,
        "type": "LIMIT" if limit else kind,
        "quantity": quantity,
        **limit,
        **closing,
    }
    notional = D(quantity) * (price if limit else 60_000)
    assert face.code("POST", ORDER, **wish) == (-4164 if hedge and notional < 50 else -2022)
    (answer,) = face.call("POST", BATCH, batchOrders=json.dumps([wish]))
    assert answer["code"] in (-4164, -2022)
    assert account(face).orders == {}


@settings(max_examples=40, deadline=None)
@given(SIDES, QUANTITIES, st.sampled_from(["STOP_MARKET", "TAKE_PROFIT_MARKET", "STOP"]), st.booleans())
def test_a_conditional_order_that_only_closes_is_rejected_when_it_triggers_with_nothing_to_close(
    side: str, quantity: str, kind: str, hedge: bool
):
    face = trader(hedge=hedge)
    closing = {"positionSide": "LONG" if side == "SELL" else "SHORT"} if hedge else {"reduceOnly": "true"}
    upward = (side == "BUY") == (kind != "TAKE_PROFIT_MARKET")
    trigger = "61000" if upward else "59000"
    limit = {"price": trigger} if kind == "STOP" else {}
    whole = face.algo(kind, side, trigger, closePosition="true", positionSide=closing.get("positionSide", ""))
    assert whole["code"] == (-4136 if kind == "STOP" else -4509)
    face.algo(kind, side, trigger, quantity=quantity, **limit, **closing)
    face.price(trigger)
    (algo,) = account(face).algos.values()
    assert algo.status == "REJECTED" and account(face).orders == {}
