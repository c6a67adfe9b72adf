"""The real transitions of nof1.md §2, read by the real parser, in both directions and both position modes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nof1web.core.choices import Sizing
from nof1web.core.records import EpochState, OrderKind
from nof1web.core.refusals import Code
from nof1web.core.signals import AgentRecord
from tests.core.arena import BUYNHOLD, CLAUDE, DAYS, DEEPSEEK, GEMINI, GPT, GROK, hours
from tests.core.follower import INSTRUMENTS, Cycle
from tests.core.scene import d
from tests.core.stage import Open, Stage, scenario

LATER = timedelta(seconds=60)
FLIPS = datetime(2025, 10, 19, 15, 30, tzinfo=UTC)
"""just before hours 41 and 43, between which gpt-5 changed sides"""
pytestmark = pytest.mark.parametrize("day", DAYS)


def following(stage: Open, **chosen: object) -> Stage:
    """Open a stage with the exchange's real rules, whose marks are the agent's entries."""
    play = stage(**({"instruments": INSTRUMENTS} | chosen))
    play.marks = {}
    return play


def fed(play: Stage, record: AgentRecord, later: int = 0) -> Cycle:
    """Feed a record a minute after it was made; `later` minutes later it is made again unchanged."""
    again = replace(record, recorded_at=record.recorded_at + LATER * later)
    return play.feed(again, again.recorded_at + LATER)


def touched(before: AgentRecord | None, after: AgentRecord) -> set[str]:
    """Return the symbols whose entry or quantity differs between two records."""
    old = {each.symbol: (each.entry_oid, each.quantity) for each in before.positions} if before else {}
    new = {each.symbol: (each.entry_oid, each.quantity) for each in after.positions}
    return {symbol for symbol in old | new if old.get(symbol) != new.get(symbol)}


@pytest.mark.parametrize("sizing", list(Sizing))
@pytest.mark.parametrize("agent", [CLAUDE, DEEPSEEK, GEMINI, GPT, GROK, BUYNHOLD])
def test_only_what_the_agent_touched_is_ordered_and_the_budget_holds_at_every_step(
    stage: Open, day: str, agent: str, sizing: Sizing
) -> None:
    play, before = following(stage, sizing=sizing), None
    for record in hours(day, agent, play.sign):
        cycle = fed(play, record)
        assert {order.symbol for order in cycle.orders} <= touched(before, record)
        assert play.margin <= play.settings.total_margin
        before = record


@scenario(Code.OPENED)
@pytest.mark.parametrize("agent", [CLAUDE, DEEPSEEK, GROK])
def test_no_entry_is_starved_under_equity_share(stage: Open, day: str, agent: str) -> None:
    play = following(stage, total_margin="2000")
    for record in hours(day, agent, play.sign):
        fed(play, record)
        assert all(play.held(position.symbol) for position in record.positions)


@scenario(Code.OPENED)
def test_claude_opens_from_flat_and_then_a_second_symbol(stage: Open, day: str) -> None:
    play = following(stage)
    flat, opened, second = hours(day, CLAUDE, play.sign)[:3]
    assert fed(play, flat).orders == ()
    assert {order.symbol for order in fed(play, opened).orders} == {"XRPUSDT"}
    # 5164 at 2.3031 with 8x is 1486.65 of 9883.41: 15.04 % of 1000 USDT, with 8x, at 2.3031.
    assert play.held("XRPUSDT") == d("522.4") * play.sign
    assert {order.symbol for order in fed(play, second).orders} == {"BTCUSDT"}


@scenario(Code.OPENED, Code.TAKEN_OVER, Code.ON_TARGET)
def test_deepseek_opens_two_beside_the_others_and_reenters_one(stage: Open, day: str) -> None:
    play = following(stage)
    first, second = hours(day, DEEPSEEK, play.sign)[:2]
    fed(play, first)
    cycle = fed(play, second)
    kinds = {(order.symbol, order.kind) for order in cycle.orders}
    assert kinds == {("ETHUSDT", OrderKind.OPEN), ("SOLUSDT", OrderKind.OPEN), ("XRPUSDT", OrderKind.REDUCE)}
    assert play.epoch("XRPUSDT").epoch == "204651407229" and play.epoch("XRPUSDT").leverage == 20


@scenario(Code.REOPEN_CLOSES_FIRST)
def test_deepseek_reenters_one_by_closing_first_where_so_set(stage: Open, day: str) -> None:
    play = following(stage, on_new_entry="reopen")
    first, second = hours(day, DEEPSEEK, play.sign)[:2]
    fed(play, first)
    xrp = [order.kind for order in fed(play, second).orders if order.symbol == "XRPUSDT"]
    assert xrp == [OrderKind.CLOSE, OrderKind.OPEN] and play.epoch("XRPUSDT").leverage == 15


@scenario(Code.REDUCED)
def test_gemini_closes_a_part_without_a_new_entry(stage: Open, day: str) -> None:
    play = following(stage)
    whole, part = hours(day, GEMINI, play.sign)[:2]
    fed(play, whole)
    before = play.held("ETHUSDT")
    (order,) = fed(play, part).orders
    assert (order.symbol, order.kind) == ("ETHUSDT", OrderKind.REDUCE)
    assert abs(play.held("ETHUSDT") - before * d("5.53") / d("16.72")) <= d("0.001")


@scenario(Code.FLIP_CLOSES_FIRST, Code.OPENED, Code.CLOSE_UNCONFIRMED, Code.CLOSED)
def test_gpt_changes_sides_twice_and_leaves_one_symbol(stage: Open, day: str) -> None:
    play = following(stage)
    before, after = (each for each in hours(day, GPT, play.sign) if FLIPS < each.recorded_at < FLIPS + LATER * 150)
    fed(play, before)
    flips = [(order.symbol, order.kind) for order in fed(play, after).orders]
    for symbol in ("BTCUSDT", "BNBUSDT"):
        assert [kind for name, kind in flips if name == symbol] == [OrderKind.CLOSE, OrderKind.OPEN]
        assert (play.held(symbol) > 0) == (play.sign > 0)
    assert play.held("DOGEUSDT") and "DOGEUSDT" not in dict(flips)
    fed(play, after, 2)
    assert not play.held("DOGEUSDT")


@scenario(Code.OPENED)
def test_groks_mixed_book_is_followed_on_both_sides(stage: Open, day: str) -> None:
    play = following(stage, total_margin="2000")
    record = hours(day, GROK, play.sign)[0]
    fed(play, record)
    assert all((play.held(each.symbol) > 0) == (each.quantity > 0) for each in record.positions)
    assert {play.held(each.symbol) > 0 for each in record.positions} == {True, False}


@scenario(Code.OPENED, Code.ON_TARGET, Code.SOURCE_MISSING)
def test_buy_and_hold_without_an_id_stays_one_epoch_and_may_lag_behind(stage: Open, day: str) -> None:
    play = following(stage, sizing="fixed_notional", fixed_notional="500")
    first, second = hours(day, BUYNHOLD, play.sign)[:2]
    fed(play, first)
    assert fed(play, second).codes == {"BTCUSDT": Code.ON_TARGET} and len(play.epochs) == 1
    cycle = play.feed(None, second.recorded_at + LATER * 2)
    assert cycle.codes == {"BTCUSDT": Code.SOURCE_MISSING} and play.held("BTCUSDT")


@scenario(Code.EPOCH_STOPPED)
def test_a_stop_that_fired_for_both_leaves_nothing_to_do_when_the_symbol_vanishes(stage: Open, day: str) -> None:
    play = following(stage)
    record = hours(day, GEMINI, play.sign)[0]
    fed(play, record)
    held = play.held("SOLUSDT")
    play.by_hand("SOLUSDT", -held, next(side for symbol, side in play.ledger.rows if symbol == "SOLUSDT"))
    play.explain("SOLUSDT", record.recorded_at + LATER, EpochState.STOPPED)
    assert fed(play, record, 1).codes["SOLUSDT"] == Code.EPOCH_STOPPED
    gone = replace(record, positions=tuple(each for each in record.positions if each.symbol != "SOLUSDT"))
    assert not [order for step in (2, 3, 4) for order in fed(play, gone, step).orders]


def test_a_close_and_reopening_within_seconds_is_two_epochs(stage: Open, day: str) -> None:
    play = following(stage)
    record = hours(day, CLAUDE, play.sign)[1]
    fed(play, record)
    (position,) = record.positions
    flipped = replace(position, entry_oid="1", quantity=-position.quantity, stop=position.target, target=position.stop)
    anew = replace(record, positions=(flipped,))
    assert [order.kind for order in fed(play, anew, 1).orders] == [OrderKind.CLOSE, OrderKind.OPEN]
