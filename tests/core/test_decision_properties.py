"""What must hold for any decision: budget, limits, rounding, filters, exits, health, states (DESIGN §5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core.plan import decide
from nof1web.core.records import CredentialState
from nof1web.core.snapshot import Snapshot
from tests.core import reckoning
from tests.core.reckoning import FEE, HAIR, ZERO, entries, exits, simulated
from tests.core.scene import d
from tests.core.worlds import CAPS, MODEST, worlds


@MODEST
@given(st.one_of(worlds(), worlds(shared=True)))
def test_allocations_never_exceed_the_budget(snapshot: Snapshot) -> None:
    view = snapshot.trackers[0]
    taken = reckoning.margins(snapshot, view, decide(snapshot))
    assert taken.fits(reckoning.budget(snapshot, view))


@MODEST
@given(worlds(held=False))
def test_entries_of_a_new_tracker_stay_within_95_percent_of_what_is_available(snapshot: Snapshot) -> None:
    view, account = snapshot.trackers[0], snapshot.account
    assert account is not None
    taken = sum((order.quantity * order.mark / order.leverage for order in entries(decide(snapshot))), ZERO)
    assert taken <= view.settings.total_margin + HAIR
    assert simulated(snapshot, view) or taken <= account.available * d("0.95") + HAIR


@MODEST
@given(worlds())
def test_what_is_ordered_is_never_more_than_what_was_asked_for(snapshot: Snapshot) -> None:
    view = snapshot.trackers[0]
    for order in entries(decide(snapshot)):
        assert (order.delta > 0) == (order.agent_quantity > 0)
        if "raised" in order.explanation:
            continue
        if order.kind.value == "open":
            asked = reckoning.requested(snapshot, view, order)
        else:
            epoch = next(each for each in view.epochs if (each.symbol, each.epoch) == (order.symbol, order.epoch))
            assert epoch.ratio is not None
            asked = abs(epoch.ratio * order.agent_quantity) - abs(epoch.quantity)
        assert asked is None or order.quantity * order.mark <= asked * order.mark + HAIR


@MODEST
@given(worlds())
def test_only_what_is_below_the_minimum_is_raised_and_no_further(snapshot: Snapshot) -> None:
    for order in entries(decide(snapshot)):
        rules = snapshot.instruments[order.symbol]
        if "raised" in order.explanation:
            assert order.limit is not None
            less = order.quantity - rules.step
            assert less < rules.min_quantity or less * min(order.mark, order.limit) < rules.min_notional or not less


@MODEST
@given(st.one_of(worlds(), worlds(shared=True)))
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
        brackets, notional = snapshot.instruments[order.symbol].brackets, order.quantity * order.mark
        listed = (order.leverage <= each.max_leverage and notional <= each.notional_cap + HAIR for each in brackets)
        assert not brackets or any(listed)


@MODEST
@given(worlds(held=False))
def test_no_entry_has_its_stop_near_its_liquidation(snapshot: Snapshot) -> None:
    view, made = snapshot.trackers[0], entries(decide(snapshot))
    for order in made:
        position = view.shown(order.symbol)
        assert position is not None
        if position.stop is None:
            continue
        mode = view.settings.margin_mode
        if mode is not None and mode.value == "ISOLATED":
            assert reckoning.survives_alone(snapshot, order, position)
        else:
            assert reckoning.survives(snapshot, made, order, position)


@MODEST
@given(worlds(held=False))
def test_a_stop_never_costs_more_than_the_risk_chosen(snapshot: Snapshot) -> None:
    view, account = snapshot.trackers[0], snapshot.account
    if view.settings.sizing.value != "risk_at_stop" or account is None:
        return
    for order in entries(decide(snapshot)):
        position = view.shown(order.symbol)
        assert position is not None and position.stop is not None
        fees = (order.mark + position.stop) * FEE
        lost = order.quantity * (abs(order.mark - position.stop) + fees)
        assert lost <= account.equity * view.settings.risk_percent / 100 + HAIR


@MODEST
@given(st.one_of(worlds(), worlds(shared=True)))
def test_exits_never_exceed_the_holding_nor_what_is_live(snapshot: Snapshot) -> None:
    view = snapshot.trackers[0]
    for order in exits(decide(snapshot)):
        held = sum((each.quantity for each in view.epochs if each.symbol == order.symbol), ZERO)
        assert held and (order.delta > 0) != (held > 0) and order.quantity <= abs(held)
        if not simulated(snapshot, view) and snapshot.live is not None:
            assert order.quantity <= snapshot.live.get((order.symbol, held > 0), ZERO)


@MODEST
@given(worlds(shared=True))
def test_beside_a_foreign_share_nothing_turns_against_it_and_its_leverage_stays(snapshot: Snapshot) -> None:
    view, account = snapshot.trackers[0], snapshot.account
    assert account is not None
    for order in [] if simulated(snapshot, view) else entries(decide(snapshot)):
        shares = {share for (symbol, _), share in snapshot.foreign.items() if symbol == order.symbol}
        assert account.hedge or not shares or all((share > 0) == (order.delta > 0) for share in shares)
        if shares and order.kind.value == "open":
            rows = [each for each in snapshot.positions if each.symbol == order.symbol]
            present = min(abs(each.quantity) * each.mark / each.initial_margin for each in rows)
            assert order.leverage <= round(present)


@MODEST
@given(worlds())
def test_no_symbol_gets_two_orders_and_none_while_one_is_unresolved(snapshot: Snapshot) -> None:
    symbols = [order.symbol for order in decide(snapshot).orders]
    assert len(set(symbols)) == len(symbols)
    assert simulated(snapshot, snapshot.trackers[0]) or not set(symbols) & snapshot.pending


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
    snapshot = data.draw(worlds(cap, shared=cap in ("credential_cap", "user_cap")))
    view, plan = snapshot.trackers[0], decide(snapshot)
    limit = getattr(view.settings, cap)
    if cap == "order_cap":
        assert all(order.quantity * order.mark <= limit + HAIR for order in entries(plan))
        return
    taken = reckoning.notionals(snapshot, view, plan, cap)
    for symbols in [[name] for name in taken.taken] if cap == "symbol_cap" else [None]:
        assert taken.fits(limit, symbols)


@MODEST
@given(worlds("order_cap", "symbol_cap", "tracker_cap"))
def test_what_a_limit_cut_says_so(snapshot: Snapshot) -> None:
    for order in entries(decide(snapshot)):
        told = order.explanation
        wanted = abs(d(told["rounded"])) if "rounded" in told else abs(d(told["target"]) - d(told["holding"]))
        most = snapshot.instruments[order.symbol].market_max_quantity
        assert order.quantity == wanted or "cut" in told or "raised" in told or order.quantity > most * d("0.99")
