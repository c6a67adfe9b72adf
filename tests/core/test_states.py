"""What each state of a credential lets through: DESIGN's states table, through the decision itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nof1web.core.plan import decide
from nof1web.core.records import CredentialState, Epoch, EpochState, IntentStatus, OrderKind
from nof1web.core.signals import SignalHealth
from nof1web.core.snapshot import Plan
from tests.core.scene import a_signal, a_signal_position, a_snapshot, a_view, an_epoch, d

S = CredentialState


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    entries: bool
    exits: bool
    sync: bool
    entry_code: str


TABLE = {
    S.RUNNING: Row(entries=True, exits=True, sync=True, entry_code="open"),
    S.PAUSED: Row(entries=False, exits=True, sync=True, entry_code="state_blocks_entries"),
    S.CLOSE_ONLY: Row(entries=False, exits=True, sync=True, entry_code="state_blocks_entries"),
    S.HALTED: Row(entries=False, exits=True, sync=True, entry_code="state_blocks_entries"),
    S.STOPPED: Row(entries=False, exits=False, sync=True, entry_code="state_stops_all"),
    S.LOCKED: Row(entries=False, exits=False, sync=False, entry_code="state_stops_all"),
}
ROWS = [pytest.param(state, row, id=state.value) for state, row in TABLE.items()]
signs = pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])


def plan(state: CredentialState, quantity: object, *epochs: Epoch, mark: object = 1000, **more: Any) -> Plan:
    """Decide in that state while the agent holds that quantity."""
    chosen = more.pop("chosen", {})
    signal = a_signal(a_signal_position(quantity), **more)
    return decide(a_snapshot(a_view(signal, *epochs, **chosen), state=state, mark=mark))


def kinds(made: Plan) -> list[OrderKind]:
    return [order.kind for order in made.orders]


def codes(made: Plan) -> set[str]:
    return {verdict.code for verdict in made.verdicts}


def test_the_table_has_every_state() -> None:
    assert set(TABLE) == set(S)


@pytest.mark.parametrize(("state", "row"), ROWS)
def test_the_states_say_of_themselves_what_the_table_says(state: CredentialState, row: Row) -> None:
    assert (state.enters, state.exits, state.polls, state.syncs) == (row.entries, row.exits, row.exits, row.sync)


@signs
@pytest.mark.parametrize(("state", "row"), ROWS)
def test_an_entry(state: CredentialState, row: Row, sign: int) -> None:
    made = plan(state, sign)
    assert kinds(made) == ([OrderKind.OPEN] if row.entries else []) and codes(made) == {row.entry_code}


@signs
@pytest.mark.parametrize(("state", "row"), ROWS)
def test_an_increase(state: CredentialState, row: Row, sign: int) -> None:
    made = plan(state, 2 * sign, an_epoch(d("0.1") * sign, reference_quantity=d(sign)))
    assert kinds(made) == ([OrderKind.INCREASE] if row.entries else [])
    assert codes(made) == ({"increase"} if row.entries else {row.entry_code})


@signs
@pytest.mark.parametrize(("state", "row"), ROWS)
def test_a_reduction(state: CredentialState, row: Row, sign: int) -> None:
    made = plan(state, d("0.5") * sign, an_epoch(d("0.1") * sign, reference_quantity=d(sign)))
    assert kinds(made) == ([OrderKind.REDUCE] if row.exits else [])
    assert codes(made) == ({"reduce"} if row.exits else {"state_stops_all"})


@signs
@pytest.mark.parametrize(("state", "row"), ROWS)
def test_a_close(state: CredentialState, row: Row, sign: int) -> None:
    made = plan(state, 0, an_epoch(d("0.1") * sign, reference_quantity=d(sign)))
    assert kinds(made) == ([OrderKind.CLOSE] if row.exits else [])
    assert codes(made) == ({"close"} if row.exits else {"state_stops_all"})


@signs
@pytest.mark.parametrize(("state", "row"), ROWS)
def test_a_flip_closes_and_then_waits_for_what_lets_entries_through(
    state: CredentialState, row: Row, sign: int
) -> None:
    made = plan(state, -sign, an_epoch(d("0.1") * sign, epoch="e0", reference_quantity=d(sign)))
    assert kinds(made) == ([OrderKind.CLOSE] if row.exits else [])


@signs
@pytest.mark.parametrize(("state", "row"), ROWS)
def test_an_own_profit_target(state: CredentialState, row: Row, sign: int) -> None:
    held = an_epoch(d("0.1") * sign, reference_quantity=d(sign))
    made = plan(state, sign, held, mark=1000 + 60 * sign, chosen={"profit_target": "50"})
    assert kinds(made) == ([OrderKind.CLOSE] if row.exits else [])
    assert codes(made) == ({"profit_target"} if row.exits else {"state_stops_all"})
    assert [change.state for change in made.changes] == ([EpochState.TOOK_PROFIT] if row.exits else [])


@pytest.mark.parametrize(("state", "row"), ROWS)
def test_a_lifetime_that_is_over(state: CredentialState, row: Row) -> None:
    old = an_epoch(opened_at=a_signal().read_at.replace(hour=1))
    made = plan(state, 1, old, chosen={"lifetime": "1"})
    assert kinds(made) == ([OrderKind.CLOSE] if row.exits else [])


@pytest.mark.parametrize(("state", "row"), ROWS)
@pytest.mark.parametrize("health", [each for each in SignalHealth if each is not SignalHealth.GOOD])
def test_an_unusable_signal_moves_nothing_in_any_state(state: CredentialState, row: Row, health: SignalHealth) -> None:
    made = plan(state, 0, an_epoch(), health=health)
    assert made.orders == () and made.changes == () and made.verdicts


@pytest.mark.parametrize("state", [S.STOPPED, S.LOCKED])
def test_a_state_that_stops_all_asks_for_no_later_look(state: CredentialState) -> None:
    made = plan(state, 2, an_epoch(), chosen={"lifetime": "1", "profit_target": "50"})
    assert (made.wake_at, made.watches, made.changes) == (None, (), ())


def test_an_epochs_state_says_what_may_still_follow_in_it() -> None:
    enters = {state for state in EpochState if state.enters}
    closes = {state for state in EpochState if state.closes}
    cools = {state for state in EpochState if state.cools}
    assert enters == {EpochState.PENDING, EpochState.LIVE}
    assert closes == {EpochState.TOOK_PROFIT, EpochState.EXPIRED}
    assert cools == {EpochState.DONE, EpochState.STOPPED, *closes}


@signs
@pytest.mark.parametrize("state", [state for state in EpochState if not state.enters])
def test_in_an_epoch_that_is_over_nothing_is_entered_or_added(state: EpochState, sign: int) -> None:
    over = an_epoch(0, state=state, reference_quantity=d(sign))
    assert plan(S.RUNNING, sign, over).orders == ()
    left = an_epoch(d("0.05") * sign, state=state, reference_quantity=d(sign))
    assert all(kind.exits for kind in kinds(plan(S.RUNNING, 2 * sign, left)))


@signs
@pytest.mark.parametrize("state", [EpochState.DONE, EpochState.STOPPED])
def test_what_is_left_of_an_epoch_that_is_over_still_follows_the_agents_exit(state: EpochState, sign: int) -> None:
    left = an_epoch(d("0.05") * sign, state=state, ratio=d("0.05"), reference_quantity=d(sign))
    assert kinds(plan(S.RUNNING, d("0.5") * sign, left)) == [OrderKind.REDUCE]
    assert kinds(plan(S.RUNNING, 0, left)) == [OrderKind.CLOSE]


def test_only_written_and_unknown_orders_are_unresolved() -> None:
    assert {each for each in IntentStatus if not each.resolved} == {IntentStatus.WRITTEN, IntentStatus.UNKNOWN}


def test_only_reductions_and_closes_are_exits() -> None:
    assert {kind for kind in OrderKind if kind.exits} == {OrderKind.REDUCE, OrderKind.CLOSE}


@pytest.mark.parametrize("state", S)
def test_what_the_exchange_has_no_symbol_for_is_told_in_every_state(state: CredentialState) -> None:
    made = decide(a_snapshot(a_view(a_signal(unmapped=("NVDA",))), state=state))
    assert {each.symbol: each.code for each in made.verdicts} == {"NVDA": "unmapped"}
