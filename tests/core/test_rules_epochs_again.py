"""Rules 2 to 6: what is finished later, refused for good, reduced to nothing, cooled down or entered once more."""

from __future__ import annotations

from dataclasses import replace

from nof1web.core.records import EpochState, Intent, IntentStatus, OrderKind
from nof1web.core.refusals import Code
from tests.core.scene import d
from tests.core.stage import BTC, Open, Stage, at, codes, deltas, scenario


def holding(stage: Open, agent: int = 1, **chosen: str) -> Stage:
    """Open a stage on which a tenth of what the agent has (1) is held since second 5."""
    play = stage(**chosen)
    play.starts()
    play.shows(5, play.btc(agent))
    return play


def cut_by_hand(play: Stage, seconds: float) -> None:
    """Let the person close 0.06 of what is held, and a sync find out."""
    play.by_hand(BTC, d("-0.06") * play.sign, play.side)
    play.explain(BTC, at(seconds))


def refused(play: Stage, kind: OrderKind, agent_quantity: object) -> Intent:
    """Return the newest intent as if the exchange had refused it for good."""
    last = play.tries[BTC, "1"]
    return replace(
        last,
        kind=kind,
        status=IntentStatus.REJECTED,
        executed=d(0),
        agent_quantity=d(agent_quantity) * play.sign,
        explanation={"final": "yes"},
    )


def test_an_increase_filled_in_part_leaves_the_reference_where_it_was(stage: Open) -> None:
    play = holding(stage, agent=10)
    play.fill = lambda order: order.quantity / 2
    play.shows(10, play.btc(20, entry=1002))
    assert abs(play.epoch(BTC).reference_quantity) == 10
    play.fill = lambda order: order.quantity
    play.cycle(at(11))
    assert play.mine(2) and abs(play.epoch(BTC).reference_quantity) == 20


@scenario(Code.PRICE_MOVED)
def test_the_rest_of_an_increase_is_still_judged_against_what_the_agent_added_at(stage: Open) -> None:
    play = holding(stage, agent=10)
    play.mark(1100)
    play.fill = lambda order: d("0.2") if order.quantity > d("0.9") else d(0)
    play.shows(10, play.btc(20, entry=1050))
    play.fill = lambda order: order.quantity
    play.mark(1112)
    assert play.cycle(at(30)).codes == {BTC: Code.PRICE_MOVED}
    play.mark(1109)
    play.cycle(at(31))
    assert play.mine(2)


def test_an_open_filled_in_part_is_topped_up_also_when_the_agent_adds_meanwhile(stage: Open) -> None:
    play = stage(existing="copy")
    play.fill = lambda order: d("0.2") if order.kind is OrderKind.OPEN else d(0)
    play.starts(play.btc(10))
    play.mark(1112)
    play.fill = lambda order: order.quantity
    play.shows(30, play.btc(20, entry=1050))
    assert play.mine("0.2")
    play.mark(1109)
    play.cycle(at(31))
    assert play.mine(2)


def test_with_copy_what_the_agent_added_after_the_start_obeys_the_tolerance(stage: Open) -> None:
    play = stage(existing="copy")
    play.pending = frozenset({BTC})
    play.starts(play.btc())
    play.pending = frozenset()
    play.mark(1050)
    assert play.decides(5).orders
    play.read(play.record(10, play.btc(2, entry=1020)), at(10))
    assert codes(play.decides(10)) == {BTC: Code.PRICE_MOVED}


@scenario(Code.INCREASE_REFUSED, Code.ON_TARGET, Code.INCREASED)
def test_an_increase_refused_for_good_waits_for_the_agents_next_change(stage: Open) -> None:
    play = holding(stage)
    play.read(play.record(10, play.btc(2)), at(10))
    play.tries[BTC, "1"] = refused(play, OrderKind.INCREASE, 2)
    cycle = play.cycle(at(10))
    assert not cycle.orders and cycle.codes == {BTC: Code.INCREASE_REFUSED}
    assert not play.cycle(at(40)).orders
    assert deltas(play.shows(45, play.btc(4)), play.sign) == [d("0.1")]


def test_a_refusal_of_an_earlier_change_does_not_end_the_present_one(stage: Open) -> None:
    play = holding(stage)
    play.tries[BTC, "1"] = replace(refused(play, OrderKind.INCREASE, "1.5"), settled_at=at(5))
    assert play.shows(30, play.btc(2)).orders


@scenario(Code.CLOSES_REST, Code.ROUNDED_AWAY, Code.OPENED)
def test_a_holding_reduced_to_nothing_is_entered_again_once_the_agent_has_more_than_before(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.btc("0.001"))
    assert play.mine(0) and play.epoch(BTC).state is EpochState.ROUNDED and play.margin == 0
    cycle = play.shows(15, play.btc("0.001"))
    assert not cycle.orders and cycle.codes == {BTC: Code.ROUNDED_AWAY}
    assert not play.shows(1000, play.btc("1.04")).orders
    assert deltas(play.shows(1100, play.btc("1.05")), play.sign) == [d("0.105")]
    assert play.epoch(BTC).state is EpochState.LIVE and abs(play.epoch(BTC).reference_quantity) == d("1.05")


@scenario(Code.ROUNDED_AWAY, Code.PRICE_MOVED)
def test_the_time_to_enter_again_ends_and_begins_with_each_addition(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.btc("0.001"))
    play.mark(1050)
    play.shows(20, play.btc(2))
    play.mark(1000)
    assert play.cycle(at(320)).codes == {BTC: Code.ROUNDED_AWAY}
    assert play.shows(330, play.btc(3)).orders


def test_a_holding_reduced_to_nothing_is_closed_with_the_agents_position(stage: Open) -> None:
    play = holding(stage)
    play.shows(10, play.btc("0.001"))
    play.shows(15, play.btc(0))
    assert play.epoch(BTC).state is EpochState.CLOSED


@scenario(Code.EPOCH_CLOSED)
def test_an_epoch_seen_again_after_its_close_is_not_said_to_be_ended_by_hand(stage: Open) -> None:
    play = holding(stage)
    for second in (10, 15):
        play.shows(second)
    assert play.mine(0) and play.shows(20, play.btc()).codes == {BTC: Code.EPOCH_CLOSED}


@scenario(Code.ACCOUNT_UNKNOWN, Code.TAKEN_OVER)
def test_a_new_epoch_is_not_sized_without_the_account(stage: Open) -> None:
    play = holding(stage)
    play.read(play.record(10, play.btc(3, oid="2")), at(10))
    plan = play.decides(10, account=None, live=None)
    assert not plan.changes and codes(plan) == {BTC: Code.ACCOUNT_UNKNOWN} and plan.wake_at == at(15)
    play.cycle(at(15))
    assert play.mine("0.3")


def test_reopen_closes_without_the_account_and_a_shadow_needs_none(stage: Open) -> None:
    play = holding(stage, on_new_entry="reopen")
    play.read(play.record(10, play.btc(3, oid="2")), at(10))
    assert play.decides(10, account=None, live=None).orders[0].kind is OrderKind.CLOSE
    play = holding(stage, mode="shadow")
    play.read(play.record(10, play.btc(3, oid="2")), at(10))
    assert play.decides(10, account=None, live=None).changes


@scenario(Code.COOLDOWN, Code.TAKEN_OVER, Code.INCREASED)
def test_the_cooldown_after_a_close_by_hand_holds_back_what_a_new_epoch_would_add(stage: Open) -> None:
    play = holding(stage, cooldown="60")
    cut_by_hand(play, 8)
    cycle = play.shows(10, play.btc(oid="2"))
    assert not cycle.orders and cycle.plans[-1].wake_at == at(68) and play.epoch(BTC).epoch == "2"
    assert codes(cycle.plans[-1]) == {BTC: Code.COOLDOWN}
    assert deltas(play.cycle(at(68)), play.sign) == [d("0.06")]


def test_the_cooldown_outlasts_the_agents_reduction_of_what_was_left(stage: Open) -> None:
    play = holding(stage, cooldown="600")
    cut_by_hand(play, 8)
    play.shows(10, play.btc("0.2"))
    play.shows(15, play.btc(2, oid="2"))
    assert abs(play.held(BTC)) < d("0.04")
    assert play.epochs[BTC, "1"].closed_at == at(8)


def test_a_holding_taken_over_is_as_old_as_it_was(stage: Open) -> None:
    play = holding(stage, lifetime="0.1")
    play.shows(200, play.btc(2, oid="2"))
    assert play.epoch(BTC).opened_at == at(5)
    assert play.cycle(at(365)).orders[0].kind is OrderKind.CLOSE


@scenario(Code.PROFIT_TARGET, Code.OPENED, Code.LIFETIME_OVER)
def test_an_epoch_entered_again_has_its_whole_lifetime(stage: Open) -> None:
    play = holding(stage, profit_target="50", auto_refollow="on", cooldown="300", lifetime="0.1")
    play.mark(1050)
    play.cycle(at(10))
    play.mark(1000)
    play.read(play.record(310, play.btc()), at(310))
    play.cycle(at(310))
    play.read(play.record(600, play.btc()), at(600))
    assert not play.cycle(at(669)).orders and play.mine("0.1")
    assert play.cycle(at(670)).codes == {BTC: Code.LIFETIME_OVER}


@scenario(Code.CLOSE_UNCONFIRMED, Code.CLOSED)
def test_a_symbol_the_signal_never_showed_is_looked_at_until_its_close_is_confirmed(stage: Open) -> None:
    play = holding(stage, close_confirmations="5")
    play.signal = None
    assert play.shows(10, play.eth(entry=1000)).plans[-1].wake_at == at(15)
    play.again(at(15))
    assert play.cycle(at(29)).plans[-1].wake_at == at(34) and play.mine("0.1")
    play.again(at(31))
    assert play.mine(0)


@scenario(Code.FOREIGN_OPPOSITE)
def test_a_foreign_share_in_the_way_is_looked_at_again(stage: Open) -> None:
    play = stage(hedge=False)
    play.starts()
    play.by_hand(BTC, -play.sign)
    cycle = play.shows(5, play.btc())
    assert cycle.codes == {BTC: Code.FOREIGN_OPPOSITE} and cycle.plans[-1].wake_at == at(35)


@scenario(Code.USER_CAP)
def test_a_users_cap_used_up_elsewhere_is_looked_at_again(stage: Open) -> None:
    play = stage(user_cap="1000")
    play.starts()
    play.read(play.record(5, play.btc()), at(5))
    assert play.decides(5, others_notional=d(990)).wake_at == at(35)
