"""What must hold for any decision: budget, limits, rounding, filters, exits, health, states (DESIGN §5)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core import caps, leverage, sizing, stops
from nof1web.core.plan import decide
from nof1web.core.records import CredentialState, Epoch
from nof1web.core.settings import Sizing
from nof1web.core.snapshot import Draft, Plan, PlannedOrder, Snapshot
from tests.core import applying
from tests.core.scene import NOW, d
from tests.core.worlds import CAPS, MODEST, worlds

HAIR = d("1e-9")
"""more than the last digits of a quotient, less than anything that is traded"""


def entries(plan: Plan) -> list[PlannedOrder]:
    return [order for order in plan.orders if not order.kind.exits]


def exits(plan: Plan) -> list[PlannedOrder]:
    return [order for order in plan.orders if order.kind.exits]


def after(snapshot: Snapshot, plan: Plan) -> list[Epoch]:
    """Return what a tracker holds or has under way once the plan is carried out and every order filled."""
    epochs = {(each.symbol, each.epoch): each for each in snapshot.trackers[0].epochs}
    for change in plan.changes:
        applying.change(epochs, change, NOW)
    for order in plan.orders:
        applying.execute(epochs, {}, order, order.quantity, NOW)
    under_way = () if snapshot.shadow(snapshot.trackers[0]) else snapshot.pending
    return [each for each in epochs.values() if each.quantity or (caps.occupies(each) and each.symbol in under_way)]


def margins(epochs: list[Epoch]) -> Decimal:
    return sum((each.allocation for each in epochs), d(0))


@MODEST
@given(worlds())
def test_allocations_never_exceed_the_budget(snapshot: Snapshot) -> None:
    view = snapshot.trackers[0]
    plan = decide(snapshot)
    before = margins([each for each in view.epochs if caps.occupies(each)])
    whole = sizing.budget(view, snapshot.account, snapshot.shadow(view))
    assert margins(after(snapshot, plan)) <= max(before, whole) + HAIR


@MODEST
@given(worlds(held=False))
def test_entries_of_a_new_tracker_stay_within_95_percent_of_what_is_available(snapshot: Snapshot) -> None:
    view, account = snapshot.trackers[0], snapshot.account
    assert account is not None
    taken = sum((order.quantity * order.mark / order.leverage for order in entries(decide(snapshot))), d(0))
    assert taken <= view.settings.total_margin + HAIR
    assert snapshot.shadow(view) or taken <= account.available * d("0.95") + HAIR


@MODEST
@given(worlds())
def test_what_is_ordered_is_never_more_than_what_was_asked_for(snapshot: Snapshot) -> None:
    for order in entries(decide(snapshot)):
        told = order.explanation
        if "raised" in told:
            assert d(told["order"]) == order.delta
        elif "asked" in told:
            assert order.quantity <= abs(d(told["rounded"])) <= d(told["asked"]) + d("1e-8")
        else:
            assert order.quantity <= abs(d(told["target"]) - d(told["holding"]))
        assert (order.delta > 0) == (order.agent_quantity > 0)


@MODEST
@given(worlds())
def test_every_order_passes_the_instruments_filters(snapshot: Snapshot) -> None:
    for order in decide(snapshot).orders:
        rules = snapshot.instruments[order.symbol]
        assert 0 < order.quantity <= rules.market_max_quantity and not order.quantity % rules.step
        if order.kind.exits:
            assert order.limit is None
            continue
        assert order.limit is not None and order.limit > 0 and not order.limit % rules.tick
        assert order.quantity >= rules.min_quantity
        assert order.quantity * min(order.mark, order.limit) >= rules.min_notional


@MODEST
@given(worlds(held=False))
def test_leverage_never_passes_what_the_agent_the_settings_and_the_bracket_allow(snapshot: Snapshot) -> None:
    view = snapshot.trackers[0]
    for order in entries(decide(snapshot)):
        fixed, most = view.settings.fixed_leverage, view.settings.max_leverage
        assert 1 <= order.leverage <= min(fixed or order.agent_leverage, most)
        notional = order.quantity * order.mark
        assert order.leverage <= leverage.allowed(snapshot.instruments[order.symbol], notional)


@MODEST
@given(worlds(held=False))
def test_no_entry_has_its_stop_near_its_liquidation(snapshot: Snapshot) -> None:
    view, plan = snapshot.trackers[0], decide(snapshot)
    for order in entries(plan):
        position = view.shown(order.symbol)
        assert position is not None
        assert stops.are_safe(Draft(NOW), snapshot, view, position, (order.delta, order.leverage))


@MODEST
@given(worlds(held=False))
def test_a_stop_never_costs_more_than_the_risk_chosen(snapshot: Snapshot) -> None:
    view = snapshot.trackers[0]
    if view.settings.sizing is not Sizing.RISK_AT_STOP:
        return
    for order in entries(decide(snapshot)):
        position = view.shown(order.symbol)
        assert position is not None and position.stop is not None
        fees = (order.mark + position.stop) * d("0.0005")
        lost = order.quantity * (abs(order.mark - position.stop) + fees)
        assert lost <= sizing.own_equity(snapshot, view) * view.settings.risk_percent / 100 + HAIR


@MODEST
@given(worlds())
def test_exits_never_exceed_the_holding_nor_what_is_live(snapshot: Snapshot) -> None:
    view = snapshot.trackers[0]
    for order in exits(decide(snapshot)):
        held = view.held(order.symbol)
        assert held is not None and (order.delta > 0) != (held.quantity > 0)
        assert order.quantity <= min(abs(held.quantity), snapshot.most_to_close(held))


@MODEST
@given(worlds())
def test_no_symbol_gets_two_orders_and_none_while_one_is_unresolved(snapshot: Snapshot) -> None:
    symbols = [order.symbol for order in decide(snapshot).orders]
    assert len(set(symbols)) == len(symbols)
    assert snapshot.shadow(snapshot.trackers[0]) or not set(symbols) & snapshot.pending


@MODEST
@given(worlds(healthy=False))
def test_a_source_that_is_not_healthy_orders_nothing(snapshot: Snapshot) -> None:
    plan = decide(snapshot)
    assert not plan.orders and not plan.changes


@pytest.mark.parametrize("state", CredentialState)
@MODEST
@given(data=st.data())
def test_no_state_lets_through_what_its_table_forbids(state: CredentialState, data: st.DataObject) -> None:
    plan = decide(data.draw(worlds(state=state)))
    assert state is CredentialState.RUNNING or not entries(plan)
    assert state not in (CredentialState.STOPPED, CredentialState.LOCKED) or not exits(plan)


@MODEST
@given(worlds())
def test_every_position_and_every_holding_leaves_a_verdict(snapshot: Snapshot) -> None:
    view = snapshot.trackers[0]
    assert view.followed is not None
    shown = {each.symbol for each in view.followed.positions}
    held = {each.symbol for each in view.epochs if each.quantity}
    assert {each.symbol for each in decide(snapshot).verdicts} == shown | held


@MODEST
@given(worlds())
def test_the_same_snapshot_always_gives_the_same_plan(snapshot: Snapshot) -> None:
    assert decide(snapshot) == decide(snapshot)


@pytest.mark.parametrize("cap", CAPS)
@MODEST
@given(data=st.data())
def test_a_limit_alone_is_never_passed(cap: str, data: st.DataObject) -> None:
    snapshot = data.draw(worlds(cap))
    view, plan = snapshot.trackers[0], decide(snapshot)
    limit = getattr(view.settings, cap)
    made = entries(plan)
    if cap == "order_cap":
        assert all(order.quantity * order.mark <= limit + HAIR for order in made)
        return
    shadow = snapshot.shadow(view)
    names = [[order.symbol] for order in made] if cap == "symbol_cap" else [list(snapshot.marks)]
    for symbols in names:
        then = [each for each in after(snapshot, plan) if each.symbol in symbols]
        now = [each for each in view.epochs if each.symbol in symbols]
        reached = caps.exposure(snapshot, then, shadow=shadow)
        assert reached <= max(limit, caps.exposure(snapshot, now, shadow=shadow)) + HAIR


@MODEST
@given(worlds("order_cap", "symbol_cap", "tracker_cap"))
def test_what_a_limit_cut_says_so(snapshot: Snapshot) -> None:
    for order in entries(decide(snapshot)):
        told = order.explanation
        wanted = abs(d(told["rounded"])) if "rounded" in told else abs(d(told["target"]) - d(told["holding"]))
        most = snapshot.instruments[order.symbol].market_max_quantity
        assert order.quantity == wanted or "cut" in told or "raised" in told or order.quantity > most * d("0.99")
