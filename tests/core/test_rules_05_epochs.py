"""Rule 5: a new epoch on the same side, and a change of sides."""

from __future__ import annotations

from nof1web.core import settings
from nof1web.core.records import CredentialState, EpochState, OrderKind
from nof1web.core.refusals import Code
from tests.core.scene import d
from tests.core.stage import BTC, Open, Stage, at, deltas, scenario


def holding(stage: Open, **chosen: str) -> Stage:
    """Open a stage on which 0.1 of the agent's 1 is held since second 5."""
    play = stage(**chosen)
    play.starts()
    play.shows(5, play.btc())
    return play


@scenario(Code.TAKEN_OVER, Code.INCREASED)
def test_rebalance_sends_one_order_for_the_difference(stage: Open) -> None:
    play = holding(stage)
    cycle = play.shows(10, play.btc(3, oid="2"))
    assert deltas(cycle, play.sign) == [d("0.2")] and play.mine("0.3") and play.margin == 30
    assert play.epoch(BTC).epoch == "2"


@scenario(Code.TAKEN_OVER, Code.REDUCED)
def test_rebalance_to_less_reduces(stage: Open) -> None:
    play = holding(stage)
    (order,) = play.shows(10, play.btc("0.6", oid="2")).orders
    assert order.kind is OrderKind.REDUCE and play.mine("0.06") and play.margin == 6


def test_rebalance_below_the_minimum_still_reduces(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.btc("0.3", oid="2"))
    assert play.mine("0.03")


def test_rebalance_to_the_same_size_sends_nothing(stage: Open) -> None:
    play = holding(stage)
    assert not play.shows(10, play.btc(oid="2")).orders
    assert deltas(play.shows(15, play.btc("0.5", oid="2")), play.sign) == [d("-0.05")]


def test_rebalance_releases_the_replaced_epochs_budget_first(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc(60))
    play.shows(10, play.btc(90, oid="2"))
    assert play.mine(9) and play.margin == 900


def test_rebalance_keeps_the_holdings_leverage(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.btc(2, oid="2", leverage=5))
    assert play.epoch(BTC).leverage == 10


def test_rebalance_outside_the_tolerance_keeps_what_is_held_in_proportion(stage: Open) -> None:
    play = holding(stage)
    play.mark(1050)
    play.shows(10, play.btc(3, oid="2"))
    play.cycle(at(400))
    assert play.mine("0.1") and deltas(play.shows(405, play.btc("1.5", oid="2")), play.sign) == [d("-0.05")]


def test_a_new_epoch_that_would_be_less_than_a_step_closes(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.btc("0.001", oid="2"))
    assert play.mine(0)


@scenario(Code.REOPEN_CLOSES_FIRST, Code.OPENED)
def test_reopen_closes_and_opens_again(stage: Open) -> None:
    play = holding(stage, on_new_entry="reopen")
    cycle = play.shows(10, play.btc(2, oid="2"))
    assert deltas(cycle, play.sign) == [d("-0.1"), d("0.2")]
    assert [order.epoch for order in cycle.orders] == ["1", "2"]


@scenario(Code.FLIP_CLOSES_FIRST, Code.OPENED)
def test_a_change_of_sides_closes_then_opens(stage: Open) -> None:
    play = holding(stage)
    cycle = play.shows(10, play.btc(-2, oid="2"))
    assert deltas(cycle, play.sign) == [d("-0.1"), d("-0.2")] and play.mine("-0.2")
    assert [order.kind for order in cycle.orders] == [OrderKind.CLOSE, OrderKind.OPEN]


def test_a_change_of_sides_with_the_same_id_is_still_another_epoch(stage: Open) -> None:
    play = holding(stage)
    assert deltas(play.shows(10, play.btc(-1)), play.sign) == [d("-0.1"), d("-0.1")]


@scenario(Code.FLIP_CLOSES_FIRST)
def test_nothing_opens_the_other_way_before_the_holding_is_flat(stage: Open) -> None:
    play = holding(stage)
    play.fill = lambda order: d("0.02")
    cycle = play.shows(10, play.btc(-1, oid="2"))
    assert deltas(cycle, play.sign) == [d("-0.1"), d("-0.08"), d("-0.06"), d("-0.04")] and play.mine("0.02")
    play.fill = lambda order: order.quantity
    assert deltas(play.cycle(at(11)), play.sign) == [d("-0.02"), d("-0.1")]


@scenario(Code.FLIP_CLOSES_FIRST, Code.RETRY_LATER)
def test_a_flips_close_without_effect_is_tried_again(stage: Open) -> None:
    play = holding(stage)
    play.fill = lambda order: d(0)
    assert len(play.shows(10, play.btc(-1, oid="2")).orders) == 1
    play.fill = lambda order: order.quantity
    play.cycle(at(11))
    assert play.mine("-0.1")


def test_a_foreign_share_does_not_keep_a_flip_from_being_flat(stage: Open) -> None:
    play = stage(hedge=True)
    play.starts()
    play.by_hand(BTC, play.sign, play.side)
    play.shows(5, play.btc())
    play.shows(10, play.btc(-1, oid="2"))
    assert play.mine("-0.1") and play.live(BTC, play.sign > 0) == 1


def test_a_first_order_that_never_filled_makes_room_for_the_next_epoch(stage: Open) -> None:
    play = stage()
    play.starts()
    play.fill = lambda order: d(0)
    play.shows(5, play.btc(90))
    play.fill = lambda order: order.quantity
    play.shows(10, play.btc(-90, oid="2"))
    assert play.mine(-9) and play.epochs[BTC, "1"].state is EpochState.MISSED


def test_a_first_order_that_never_filled_is_over_when_the_agent_closes(stage: Open) -> None:
    play = stage()
    play.starts()
    play.fill = lambda order: d(0)
    play.shows(5, play.btc())
    play.shows(10, play.btc(0))
    assert play.epoch(BTC).state is EpochState.CLOSED and play.margin == 0


def test_a_new_epoch_gets_no_more_than_a_smaller_budget(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc(60))
    play.settings = stage(total_margin="300").settings
    play.shows(10, play.btc(60, oid="2"))
    assert play.mine("1.8") and play.margin == 180
    play.settings = stage(total_margin="100", multiplier="10").settings
    play.shows(15, play.btc(60, oid="3"))
    assert play.mine(1) and play.margin == 100


@scenario(Code.REOPEN_CLOSES_FIRST, Code.NO_STOP)
def test_a_new_epoch_that_cannot_be_sized_closes_the_old(stage: Open) -> None:
    play = stage(sizing="risk_at_stop")
    play.starts()
    play.shows(5, play.btc(stop=950))
    play.shows(10, play.btc(oid="2"))
    assert play.mine(0)


@scenario(Code.CLOSED, Code.SYMBOL_DENIED)
def test_a_new_epoch_in_a_symbol_denied_meanwhile_closes_the_old(stage: Open) -> None:
    play = holding(stage)
    play.settings = settings.parse({"mode": "trade", "deny": BTC})
    assert not play.shows(10, play.btc()).orders
    assert deltas(play.shows(15, play.btc(oid="2")), play.sign) == [d("-0.1")] and play.mine(0)


@scenario(Code.PRICE_MISSING)
def test_a_new_epoch_without_a_price_waits(stage: Open) -> None:
    play = holding(stage)
    play.read(play.record(10, play.btc(2, oid="2")), at(10))
    assert play.decides(10, marks={}).changes == () and play.decides(10).changes


@scenario(Code.CLOSED, Code.EXISTING_IGNORED)
def test_a_new_epoch_from_before_a_restart_is_ignored_if_so_set_and_the_old_one_closed(stage: Open) -> None:
    play = holding(stage, existing="ignore")
    play.read(play.record(10, play.btc(2, oid="2")), at(10))
    play.since = at(60)
    assert deltas(play.cycle(at(60)), play.sign) == [d("-0.1")]
    assert play.cycle(at(61)).codes == {BTC: Code.EXISTING_IGNORED}


@scenario(Code.TAKEN_OVER, Code.STATE_BLOCKS_ENTRIES)
def test_a_paused_credential_takes_over_and_reduces_but_does_not_add(stage: Open) -> None:
    play = holding(stage)
    play.state = CredentialState.PAUSED
    play.shows(10, play.btc(3, oid="2"))
    assert play.mine("0.1")
    play.shows(15, play.btc("0.5", oid="3"))
    assert play.mine("0.05")


def test_a_holding_half_closed_by_hand_is_whole_again_with_the_agents_next_epoch(stage: Open) -> None:
    play = holding(stage)
    play.by_hand(BTC, d("-0.06") * play.sign, play.side)
    play.explain(BTC, at(6))
    play.shows(10, play.btc(oid="2"))
    assert play.mine("0.1")
