"""Rules 7, 8 and 9: the own share only, a smaller live position, and one tracker per symbol."""

from __future__ import annotations

from dataclasses import replace

from nof1web.core.records import Epoch, EpochState, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.snapshot import TrackerView
from nof1web.core.trading import PositionSide
from tests.core.scene import an_epoch, an_instrument, d
from tests.core.stage import BTC, ETH, Open, Stage, at, codes, deltas, scenario


def holding(stage: Open, **chosen: object) -> Stage:
    """Open a stage on which 0.1 of the agent's 1 is held since second 5."""
    play = stage(**chosen)
    play.starts()
    play.shows(5, play.btc())
    return play


@scenario(Code.FOREIGN_OPPOSITE)
def test_a_position_of_the_owner_on_the_other_side_refuses_the_entry(stage: Open) -> None:
    play = stage(hedge=False)
    play.starts()
    play.by_hand(BTC, -play.sign)
    cycle = play.shows(5, play.btc())
    assert cycle.orders == () and cycle.codes == {BTC: Code.FOREIGN_OPPOSITE}


def test_in_hedge_mode_the_other_side_is_no_obstacle(stage: Open) -> None:
    play = stage(hedge=True)
    play.starts()
    play.by_hand(BTC, -play.sign)
    assert play.shows(5, play.btc()).orders and play.live(BTC, play.sign < 0) == 1


@scenario(Code.FOREIGN_OPPOSITE)
def test_an_increase_against_the_owners_later_trade_is_refused_too(stage: Open) -> None:
    play = holding(stage, hedge=False)
    play.by_hand(BTC, d("-0.05") * play.sign)
    assert play.shows(10, play.btc(3)).codes == {BTC: Code.FOREIGN_OPPOSITE}


def test_the_owners_share_on_the_same_side_stays_after_the_close(stage: Open) -> None:
    play = stage()
    play.starts()
    play.by_hand(BTC, play.sign, play.side)
    play.shows(5, play.btc())
    assert deltas(play.shows(10, play.btc(0)), play.sign) == [d("-0.1")] and play.live(BTC, play.sign > 0) == 1


@scenario(Code.CLOSED)
def test_an_exit_never_exceeds_what_is_live(stage: Open) -> None:
    play = holding(stage)
    play.by_hand(BTC, d("-0.06") * play.sign, play.side)
    assert deltas(play.shows(10, play.btc(0)), play.sign) == [d("-0.04")]


def test_half_closed_by_hand_then_the_agents_close_is_exactly_the_rest(stage: Open) -> None:
    play = holding(stage)
    play.by_hand(BTC, d("-0.05") * play.sign, play.side)
    play.explain(BTC, at(6))
    assert deltas(play.shows(10, play.btc(0)), play.sign) == [d("-0.05")]
    assert play.mine(0) and play.live(BTC, play.sign > 0) == 0


@scenario(Code.NOTHING_LIVE)
def test_with_nothing_live_the_close_waits_for_an_explanation(stage: Open) -> None:
    play = holding(stage)
    play.by_hand(BTC, -play.held(BTC), play.side)
    cycle = play.shows(10, play.btc(0))
    assert cycle.orders == () and cycle.codes == {BTC: Code.NOTHING_LIVE} and cycle.plans[-1].wake_at == at(20)
    assert play.shows(15, play.btc("0.5")).codes == {BTC: Code.NOTHING_LIVE}


def test_while_the_account_is_not_known_the_holding_is_what_is_closed(stage: Open) -> None:
    play = holding(stage)
    play.by_hand(BTC, -play.held(BTC), play.side)
    play.read(play.record(10, play.btc(0)), at(10))
    assert play.decides(10, live=None).orders[0].quantity == d("0.1")
    assert play.decides(10, unsure=frozenset({BTC})).orders[0].quantity == d("0.1")


def test_in_hedge_mode_the_other_sides_quantity_is_not_closed(stage: Open) -> None:
    play = holding(stage, hedge=True)
    play.by_hand(BTC, d("-0.07") * play.sign, PositionSide.SHORT if play.sign > 0 else PositionSide.LONG)
    play.shows(10, play.btc(0))
    assert play.mine(0) and play.live(BTC, play.sign < 0) == d("0.07")


def test_an_epoch_ended_by_its_own_stop_leaves_no_second_exit(stage: Open) -> None:
    play = holding(stage)
    play.by_hand(BTC, -play.held(BTC), play.side)
    play.explain(BTC, at(6), EpochState.STOPPED)
    assert not play.shows(10, play.btc(0)).orders


def with_two(play: Stage, *epochs: Epoch) -> tuple[TrackerView, TrackerView]:
    """Return the stage's tracker and a second one, which has these epochs, on the same agent."""
    (first,) = play.snapshot(at(10)).trackers
    return first, replace(first, tracker=replace(first.tracker, id="t2"), epochs=epochs)


@scenario(Code.SYMBOL_TAKEN, Code.OPENED)
def test_of_two_trackers_the_first_takes_the_symbol(stage: Open) -> None:
    play = stage()
    play.starts()
    play.read(play.record(10, play.btc()), at(10))
    plan = play.decides(10, trackers=with_two(play))
    assert [order.tracker_id for order in plan.orders] == ["t1"] and plan.verdicts[-1].code == Code.SYMBOL_TAKEN


@scenario(Code.SYMBOL_TAKEN)
def test_what_another_tracker_holds_or_waits_for_is_taken(stage: Open) -> None:
    play = stage()
    play.starts()
    play.read(play.record(10, play.btc()), at(10))
    mine = an_epoch(play.sign, tracker_id="t2")
    for epoch in (mine, replace(mine, quantity=d(0), state=EpochState.PENDING)):
        first, second = with_two(play, epoch)
        plan = play.decides(10, trackers=(first, replace(second, signal=None)))
        assert not plan.orders and codes(plan)[BTC] in (Code.SYMBOL_TAKEN, Code.SOURCE_MISSING)
    assert codes(play.decides(10, elsewhere=(mine,))) == {BTC: Code.SYMBOL_TAKEN}


def test_a_shadow_holding_takes_no_symbol_from_a_real_one(stage: Open) -> None:
    play = stage()
    play.starts()
    play.read(play.record(10, play.btc()), at(10))
    assert play.decides(10, elsewhere=(an_epoch(play.sign, tracker_id="t2", shadow=True),)).orders


@scenario(Code.PENDING)
def test_a_symbol_with_an_order_under_way_gets_no_other(stage: Open) -> None:
    play = holding(stage)
    play.pending = frozenset({BTC})
    for quantity in (0, "0.5", 3):
        assert play.shows(10, play.btc(quantity), play.eth()).codes[BTC] == Code.PENDING
    assert play.held(ETH) and [order.symbol for order in play.orders].count(BTC) == 1


def test_a_close_larger_than_one_market_order_goes_in_pieces(stage: Open) -> None:
    play = holding(stage)
    play.instruments[BTC] = replace(play.instruments[BTC], market_max_quantity=d("0.04"))
    cycle = play.shows(10, play.btc(0))
    assert deltas(cycle, play.sign) == [d("-0.04"), d("-0.04"), d("-0.02")]
    assert {order.kind for order in cycle.orders} == {OrderKind.CLOSE}


def with_lots_of(play: Stage, step: str) -> Stage:
    """Let the exchange make its lots larger."""
    play.instruments[BTC] = an_instrument(step=d(step), min_quantity=d(step))
    return play


@scenario(Code.TOO_SMALL_TO_CLOSE, Code.CLOSED)
def test_what_larger_lots_leave_of_a_close_is_left_to_the_account(stage: Open) -> None:
    play = with_lots_of(holding(stage), "0.03")
    first = play.shows(10, play.btc(0))
    assert deltas(first, play.sign) == [d("-0.09")] and play.held(BTC) == 0
    assert play.live(BTC, play.sign > 0) == d("0.01") and play.shows(15).orders == ()


@scenario(Code.CHANGE_CARRIED)
def test_a_reduction_by_less_than_a_larger_lot_is_carried(stage: Open) -> None:
    play = with_lots_of(holding(stage), "0.03")
    assert play.shows(10, play.btc("0.9")).codes == {BTC: Code.CHANGE_CARRIED} and play.mine("0.1")
    assert deltas(play.shows(15, play.btc("0.6")), play.sign) == [d("-0.03")] and play.mine("0.07")


@scenario(Code.TOO_SMALL_TO_CLOSE)
def test_a_holding_below_a_larger_lot_is_entered_again_only_once_the_agent_adds(stage: Open) -> None:
    play = with_lots_of(holding(stage), "0.2")
    assert play.shows(10, play.btc("0.9")).orders == () and play.held(BTC) == 0
    assert play.shows(15, play.btc("0.9")).codes == {BTC: Code.ROUNDED_AWAY}
