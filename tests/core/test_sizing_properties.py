"""What must hold for any book: budgets, rounding, filters, exits."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from nof1web.core.plan import decide
from nof1web.core.records import Epoch
from nof1web.core.signals import SignalPosition
from tests.core.scene import a_signal, a_signal_position, a_snapshot, a_view, an_account, an_epoch, an_instrument, d

quantities = st.decimals(min_value="-500", max_value="500", places=3).filter(bool)
prices = st.decimals(min_value="0.5", max_value="90000", places=1)
leverages = st.integers(1, 40)
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")


@st.composite
def books(draw: st.DrawFn) -> tuple[tuple[SignalPosition, ...], dict[str, Decimal]]:
    chosen = draw(st.lists(st.sampled_from(SYMBOLS), unique=True, min_size=1))
    positions, marks = [], {}
    for symbol in chosen:
        entry = draw(prices)
        marks[symbol] = entry
        positions.append(a_signal_position(draw(quantities), entry, symbol=symbol, leverage=draw(leverages)))
    return tuple(positions), marks


@given(
    books(),
    st.sampled_from(["equity_share", "margin_share", "fixed_margin", "fixed_notional"]),
    st.integers(5, 5000),
    st.integers(0, 5000),
)
def test_entries_never_exceed_the_budget_nor_break_a_filter(
    book: tuple[tuple[SignalPosition, ...], dict[str, Decimal]], sizing: str, total: int, available: int
) -> None:
    positions, marks = book
    instruments = {symbol: an_instrument(symbol) for symbol in SYMBOLS}
    view = a_view(a_signal(*positions), sizing=sizing, total_margin=str(total), fixed_margin=str(min(20, total)))
    account = an_account(available=d(available))
    plan = decide(a_snapshot(view, marks=marks, instruments=instruments, account=account))
    budget = min(d(total), d("0.95") * available)
    assert sum((order.allocation for order in plan.orders), d(0)) <= budget
    for order in plan.orders:
        assert order.quantity % d("0.001") == 0 and order.quantity * order.mark >= 50
        assert (order.delta > 0) == (order.agent_quantity > 0)


@given(quantities, st.decimals(min_value="-3", max_value="3", places=3).filter(bool))
def test_exits_never_exceed_the_holding(agent: Decimal, holding: Decimal) -> None:
    epoch: Epoch = an_epoch(holding)
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position(agent)), epoch)))
    for order in plan.orders:
        if order.kind.exits:
            assert order.quantity <= abs(holding) and (order.delta > 0) != (holding > 0)


@given(books())
def test_deciding_twice_gives_the_same_plan(book: tuple[tuple[SignalPosition, ...], dict[str, Decimal]]) -> None:
    positions, marks = book
    snapshot = a_snapshot(a_view(a_signal(*positions)), marks=marks)
    assert decide(snapshot) == decide(snapshot)


@given(books(), st.integers(20, 5000))
def test_after_perfect_fills_there_is_nothing_left_to_order(
    book: tuple[tuple[SignalPosition, ...], dict[str, Decimal]], total: int
) -> None:
    positions, marks = book
    instruments = {symbol: an_instrument(symbol, market_max_quantity=d(10**9)) for symbol in SYMBOLS}
    snapshot = a_snapshot(a_view(a_signal(*positions), total_margin=str(total)), marks=marks, instruments=instruments)
    filled = [
        an_epoch(order.delta, symbol=order.symbol, ratio=order.ratio, reference_quantity=order.agent_quantity,
                 allocation=order.allocation)
        for order in decide(snapshot).orders
    ]  # fmt: skip
    again = a_snapshot(
        a_view(a_signal(*positions), *filled, total_margin=str(total)), marks=marks, instruments=instruments
    )
    held = {epoch.symbol for epoch in filled}
    assert [order for order in decide(again).orders if order.symbol in held] == []
