"""When an agent's position is entered, how large, and when it is refused (DESIGN §5 rules 3, 7, 9, 10, 12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.plan import decide
from nof1web.core.records import CredentialState, EpochState, Mode, OrderKind
from tests.core.scene import (
    NOW,
    SEEN,
    a_signal,
    a_signal_position,
    a_snapshot,
    a_view,
    an_account,
    an_epoch,
    an_instrument,
    code,
    d,
    entering,
    the_order,
)


@pytest.mark.parametrize("sign", [1, -1])
def test_rule_3_a_new_epoch_is_entered_with_a_capped_price(sign: int) -> None:
    order = the_order(entering(sign))
    # margin 100 of equity 10000 = 1 % of 1000 = 10 USDT x 10 = 100 notional = 0.1
    assert (order.kind, order.delta, order.leverage) == (OrderKind.OPEN, d("0.1") * sign, 10)
    assert order.limit == d(1005 if sign > 0 else 995)


@pytest.mark.parametrize(
    ("sign", "mark", "passes"), [(1, 1010, True), (1, "1010.1", False), (-1, 990, True), (-1, 989, False)]
)
def test_rule_3_the_price_may_be_worse_by_the_tolerance_and_no_more(sign: int, mark: object, passes: bool) -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position(sign))), mark=mark))
    assert bool(plan.orders) is passes
    assert passes or (code(plan) == "price_moved" and plan.watches[0].above is (sign < 0))


@pytest.mark.parametrize(("sign", "mark"), [(1, 500), (-1, 1500)])
def test_rule_3_a_better_price_always_passes(sign: int, mark: int) -> None:
    assert decide(a_snapshot(a_view(a_signal(a_signal_position(sign))), mark=mark)).orders


@pytest.mark.parametrize(
    ("sign", "level", "refusal"),
    [
        (1, {"stop": d(1000)}, "stop_already_passed"),
        (-1, {"stop": d(1000)}, "stop_already_passed"),
        (1, {"target": d(1000)}, "target_already_passed"),
        (-1, {"target": d(1000)}, "target_already_passed"),
    ],
)
def test_rule_3_a_price_past_the_agents_stop_or_target_is_refused(
    sign: int, level: dict[str, Decimal], refusal: str
) -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position(sign, **level)))))
    assert plan.orders == () and code(plan) == refusal


def test_rule_3_after_the_window_the_epoch_is_missed_for_good() -> None:
    late = a_signal_position(first_seen_at=SEEN - timedelta(seconds=300), changed_at=SEEN - timedelta(seconds=300))
    plan = decide(a_snapshot(a_view(a_signal(late))))
    assert plan.orders == () and [change.state for change in plan.changes] == [EpochState.MISSED]


@pytest.mark.parametrize(
    ("existing", "mark", "orders"),
    [("ignore", 1000, 0), ("copy", 1500, 1), ("copy_if_better", 1500, 0), ("copy_if_better", 900, 1)],
)
def test_rule_3_positions_held_at_the_start_follow_the_setting(existing: str, mark: int, orders: int) -> None:
    old = a_signal_position(first_seen_at=NOW - timedelta(hours=2), changed_at=NOW - timedelta(hours=2))
    view = a_view(a_signal(old), existing=existing)
    view = replace(view, tracker=replace(view.tracker, started_at=NOW - timedelta(seconds=5)))
    assert len(decide(a_snapshot(view, mark=mark)).orders) == orders


@pytest.mark.parametrize(
    "state", [EpochState.DONE, EpochState.STOPPED, EpochState.MISSED, EpochState.IGNORED, EpochState.CLOSED]
)
def test_rule_3_an_ended_epoch_is_not_entered_again(state: EpochState) -> None:
    assert decide(a_snapshot(a_view(a_signal(a_signal_position()), an_epoch(0, state=state)))).orders == ()


def test_rule_7_an_entry_against_a_foreign_share_is_refused_in_one_way_mode() -> None:
    view = a_view(a_signal(a_signal_position()))
    plan = decide(a_snapshot(view, foreign={("BTCUSDT", False): d(-1)}))
    assert plan.orders == () and code(plan) == "foreign_opposite"
    assert decide(a_snapshot(view, foreign={("BTCUSDT", False): d(-1)}, account=an_account(hedge=True))).orders


def test_rule_9_the_first_tracker_keeps_the_symbol() -> None:
    first = a_view(a_signal(a_signal_position()))
    second = replace(first, tracker=replace(first.tracker, id="t2"))
    plan = decide(a_snapshot(first, second))
    assert [order.tracker_id for order in plan.orders] == ["t1"]
    assert {verdict.tracker_id: verdict.code for verdict in plan.verdicts}["t2"] == "symbol_taken"


def test_rule_10_entries_of_one_cycle_are_cut_together_pro_rata() -> None:
    both = (a_signal_position(50), a_signal_position(50, symbol="ETHUSDT"))
    plan = decide(a_snapshot(a_view(a_signal(*both), total_margin="1000", multiplier="2")))
    assert [order.quantity for order in plan.orders] == [d(5), d(5)]
    assert sum(order.allocation for order in plan.orders) == 1000


def test_rule_10_a_leverage_cap_shrinks_the_quantity() -> None:
    order = the_order(entering(max_leverage="5", total_margin="2000"))
    assert (order.leverage, order.delta) == (5, d("0.1"))


def test_rule_10_available_balance_bounds_the_budget() -> None:
    view = a_view(a_signal(a_signal_position(50)))
    order = the_order(decide(a_snapshot(view, account=an_account(available=d(100)))))
    assert order.allocation == d(95)


def test_rule_10_below_the_minimum_is_refused_with_the_margin_that_would_do() -> None:
    plan = entering(total_margin="100")
    assert plan.orders == () and code(plan) == "below_minimum"
    assert plan.verdicts[0].numbers["needed"] == "500"


def test_rule_10_a_stop_beyond_liquidation_lowers_the_leverage_when_isolated() -> None:
    view = a_view(a_signal(a_signal_position(stop=d(880))), margin_mode="ISOLATED", total_margin="2000")
    assert the_order(decide(a_snapshot(view))).leverage == 6


@pytest.mark.parametrize("state", [CredentialState.PAUSED, CredentialState.CLOSE_ONLY, CredentialState.HALTED])
def test_rule_12_states_block_entries_and_never_exits(state: CredentialState) -> None:
    entry = decide(a_snapshot(a_view(a_signal(a_signal_position())), state=state))
    assert entry.orders == () and code(entry) == "state_blocks_entries"
    exits = decide(a_snapshot(a_view(a_signal(a_signal_position(0)), an_epoch()), state=state))
    assert the_order(exits).kind is OrderKind.CLOSE


def test_a_live_credential_that_is_not_armed_only_records() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position())), armed=False))
    assert the_order(plan).shadow and Mode.TRADE == "trade"


def test_a_missing_price_defers_the_entry() -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position())), marks={}))
    assert plan.orders == () and code(plan) == "price_missing"


@pytest.mark.parametrize(
    ("chosen", "refusal"),
    [
        ({"sides": "short"}, "side_not_allowed"),
        ({"deny": "BTCUSDT"}, "symbol_denied"),
        ({"allow": "ETHUSDT"}, "symbol_denied"),
    ],
)
def test_side_and_symbol_filters_refuse_entries(chosen: dict[str, str], refusal: str) -> None:
    plan = entering(**chosen)
    assert plan.orders == () and code(plan) == refusal


def test_a_large_entry_is_sent_in_market_lots_with_the_whole_ratio() -> None:
    small = {"BTCUSDT": an_instrument(market_max_quantity=d("0.06"))}
    order = the_order(decide(a_snapshot(a_view(a_signal(a_signal_position())), instruments=small)))
    assert (order.delta, order.ratio) == (d("0.06"), d("0.1"))
