"""Boundaries of entering, resizing and ending a holding that no rule's own tests stand on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from nof1web.core import entries, filling
from nof1web.core.plan import decide
from nof1web.core.records import Epoch, EpochState
from nof1web.core.refusals import Code
from nof1web.core.snapshot import EpochChange
from tests.core.scene import NOW, STARTED, a_signal, a_signal_position, a_snapshot, a_view, an_epoch, code, d
from tests.core.stage import Open, at, deltas


@pytest.mark.parametrize(
    ("state", "expected"),
    [(EpochState.TOOK_PROFIT, Code.PROFIT_TARGET), (EpochState.EXPIRED, Code.LIFETIME_OVER)],
)
def test_what_is_left_of_a_holding_that_had_to_go_is_closed_for_the_same_reason(
    state: EpochState, expected: Code
) -> None:
    plan = decide(a_snapshot(a_view(a_signal(a_signal_position()), an_epoch(state=state))))
    assert code(plan) == expected and plan.orders[0].explanation["reason"] == expected


def test_the_cooldown_runs_from_the_last_end_in_a_symbol() -> None:
    long_ago, lately = (
        an_epoch(0, epoch=name, state=EpochState.STOPPED, closed_at=NOW - timedelta(seconds=seconds))
        for name, seconds in (("e8", 500), ("e9", 20))
    )
    view = a_view(a_signal(a_signal_position()), lately, long_ago, cooldown="60")
    assert entries.cools_until(view, "BTCUSDT") == NOW + timedelta(seconds=40)


@pytest.mark.parametrize(("seconds", "expected"), [(0, True), (1, False)])
def test_what_is_first_seen_in_the_second_of_the_start_was_there_before(seconds: int, expected: bool) -> None:
    position = a_signal_position(first_seen_at=STARTED + timedelta(seconds=seconds))
    assert entries.existed(a_view(a_signal(position)), position) is expected


def test_an_increase_cut_by_the_order_limit_is_not_asked_for_again(stage: Open) -> None:
    play = stage(order_cap="80")
    play.starts()
    play.shows(5, play.btc("0.7"))
    assert deltas(play.shows(10, play.btc(2)), play.sign) == [d("0.08")]
    assert not play.again(at(20)).orders and play.mine("0.15")


def test_an_implied_price_of_nothing_is_not_believed() -> None:
    assert entries.add_price(d(1), d(1000), a_signal_position(2, 500)) == 500
    assert entries.add_price(d(1), d(1000), a_signal_position(2, 501)) == 2


def _changed(state: EpochState, *, of: EpochState, **more: object) -> Epoch:
    known = an_epoch(0 if of is not EpochState.LIVE else "0.1", state=of, closed_at=STARTED)
    change = EpochChange("t1", "BTCUSDT", "e1", state, a_signal_position(2, 1100), False)
    return filling.changed(known, replace(change, **more), None, NOW)


def test_only_a_ratio_set_anew_refers_to_what_the_agent_holds_now() -> None:
    told = [_changed(EpochState.LIVE, of=EpochState.LIVE, ratio=ratio) for ratio in (None, d("0.3"))]
    assert [(each.reference_quantity, each.reference_entry) for each in told] == [(1, 1000), (2, 1100)]


@pytest.mark.parametrize(("of", "ended"), [(EpochState.IGNORED, None), (EpochState.STOPPED, STARTED)])
def test_an_epoch_begun_anew_forgets_its_end_unless_that_still_cools(of: EpochState, ended: datetime | None) -> None:
    assert _changed(EpochState.PENDING, of=of).closed_at == ended
