"""Rule 6: exits the tracker decides itself. Profit target, lifetime, and what follows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nof1web.core.records import EpochState, OrderKind
from nof1web.core.refusals import Code
from tests.core.scene import d
from tests.core.stage import BTC, Open, Stage, at, codes, deltas, scenario


def holding(stage: Open, **chosen: str) -> Stage:
    """Open a stage on which 0.1 of the agent's 1 is held since second 5."""
    play = stage(**chosen)
    play.starts()
    play.shows(5, play.btc())
    return play


@scenario(Code.PROFIT_TARGET, Code.TOOK_PROFIT)
def test_the_profit_target_closes_and_ends_the_epoch(stage: Open) -> None:
    play = holding(stage, profit_target="50")
    play.mark(1050)
    assert codes(play.decides(10)) == {BTC: Code.PROFIT_TARGET}
    assert deltas(play.cycle(at(10)), play.sign) == [d("-0.1")] and play.epoch(BTC).state is EpochState.TOOK_PROFIT
    play.mark(1000)
    assert play.shows(15, play.btc(3)).codes == {BTC: Code.TOOK_PROFIT}


def test_below_the_profit_target_it_is_held_and_watched(stage: Open) -> None:
    play = holding(stage, profit_target="50")
    play.mark("1049.9")
    plan = play.decides(10)
    assert not plan.orders and (play.price(1050), play.sign > 0) in {(each.price, each.above) for each in plan.watches}


def test_the_profit_target_is_of_the_own_fills_not_of_the_agents_entry(stage: Open) -> None:
    play = stage(profit_target="50")
    play.starts()
    play.mark(1010)
    play.shows(5, play.btc())
    play.mark(1055)
    assert not play.cycle(at(10)).orders
    play.mark(1061)
    assert play.cycle(at(11)).orders


def test_a_close_filled_in_part_goes_on_although_the_price_went_back(stage: Open) -> None:
    play = holding(stage, profit_target="50")
    play.mark(1050)
    play.fill = lambda _: d(0)
    play.cycle(at(10))
    play.mark(1000)
    play.fill = lambda order: order.quantity
    assert play.cycle(at(11)).orders and play.mine(0)


@scenario(Code.TOOK_PROFIT)
def test_without_refollow_it_is_over_until_the_next_epoch(stage: Open) -> None:
    play = holding(stage, profit_target="50")
    play.mark(1050)
    play.cycle(at(10))
    play.mark(1000)
    assert not play.shows(20, play.btc()).orders and play.shows(25, play.btc(oid="2")).orders


@scenario(Code.COOLDOWN, Code.OPENED)
def test_refollow_enters_the_same_epoch_again_after_the_cooldown(stage: Open) -> None:
    play = holding(stage, profit_target="50", auto_refollow="on", cooldown="600")
    play.mark(1050)
    play.cycle(at(10))
    play.mark(1000)
    play.read(play.record(600, play.btc()), at(600))
    cycle = play.cycle(at(609))
    assert cycle.codes == {BTC: Code.COOLDOWN} and cycle.plans[-1].wake_at == at(610)
    assert deltas(play.cycle(at(610)), play.sign) == [d("0.1")] and play.epoch(BTC).state is EpochState.LIVE


def test_refollow_waits_no_longer_than_its_own_window(stage: Open) -> None:
    play = holding(stage, profit_target="50", auto_refollow="on", cooldown="1")
    play.mark(1050)
    play.cycle(at(10))
    play.read(play.record(200, play.btc()), at(200))
    play.cycle(at(311))
    play.mark(1000)
    assert not play.cycle(at(312)).orders and play.epoch(BTC).state is EpochState.MISSED


def test_a_holding_ended_by_hand_takes_its_profit_and_is_never_refollowed(stage: Open) -> None:
    play = holding(stage, profit_target="50", auto_refollow="on", cooldown="1")
    play.by_hand(BTC, d("-0.05") * play.sign, play.side)
    play.explain(BTC, at(6))
    play.mark(1050)
    assert deltas(play.cycle(at(10)), play.sign) == [d("-0.05")]
    play.mark(1000)
    assert play.shows(15, play.btc()).codes == {BTC: Code.EPOCH_DONE}


@scenario(Code.LIFETIME_OVER)
def test_a_holding_is_closed_when_its_time_is_over(stage: Open) -> None:
    play = holding(stage, lifetime="0.1")
    play.read(play.record(300, play.btc()), at(300))
    assert play.decides(364.9).wake_at == at(365) and not play.decides(364.9).orders
    assert play.cycle(at(365)).orders[0].kind is OrderKind.CLOSE
    assert play.cycle(at(366)).codes == {BTC: Code.LIFETIME_OVER}


def test_without_an_own_price_there_is_no_profit_to_take(stage: Open) -> None:
    play = holding(stage, profit_target="50")
    play.epochs[BTC, "1"] = replace(play.epochs[BTC, "1"], entry_price=None)
    play.mark(1100)
    assert play.cycle(at(10)).codes == {BTC: Code.ON_TARGET}


@pytest.mark.parametrize("chosen", [{"profit_target": "50"}, {"lifetime": "0.1"}])
def test_own_exits_wait_for_an_order_under_way_and_then_go(stage: Open, chosen: dict[str, str]) -> None:
    play = holding(stage, **chosen)
    play.mark(1050)
    play.pending = frozenset({BTC})
    assert not play.cycle(at(400)).orders
    play.pending = frozenset()
    assert play.cycle(at(401)).orders and play.mine(0)


@scenario(Code.TARGET_ALREADY_PASSED, Code.REDUCED)
def test_reverse_takes_the_agents_stop_for_the_target(stage: Open) -> None:
    play = stage(reverse="on")
    play.starts()
    play.mark(950)
    assert play.shows(5, play.btc(stop=950, target=1100)).codes == {BTC: Code.TARGET_ALREADY_PASSED}
    play.mark(1000)
    assert deltas(play.cycle(at(6)), play.sign) == [d("-0.1")]
    assert (
        deltas(play.shows(10, play.btc("0.5")), play.sign) == [d("0.05")] and play.held(BTC) == d("-0.05") * play.sign
    )
