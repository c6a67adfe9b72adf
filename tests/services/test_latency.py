"""Per order: how long each step took, and what the fill lost against the agent's price and the mark."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from nof1web.core import execution
from nof1web.core.records import Intent
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened

D = Decimal


def newest(stage: Stage) -> Intent:
    return stage.store.journal.intents("c_1")[0]


def test_an_entrys_steps_follow_each_other_from_the_news_to_the_answer(stage: Stage) -> None:
    opened(stage)
    order = newest(stage)
    assert order.seen_at and order.decided_at and order.sent_at and order.acknowledged_at
    assert order.seen_at < order.decided_at < order.created_at < order.sent_at < order.acknowledged_at
    took = execution.latency(order)
    assert took.total is not None and took.seen_to_decided is not None
    assert 0 <= took.seen_to_decided <= took.total


def test_an_order_whose_answer_was_lost_was_sent_and_never_acknowledged(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    stage.cycle()
    order = newest(stage)
    assert order.executed and order.sent_at and order.acknowledged_at is None
    assert execution.latency(order).sent_to_acknowledged is None


def test_slippage_is_positive_where_the_fill_is_worse_whatever_the_side(stage: Stage) -> None:
    stage.follow(price_tolerance="5")
    stage.control.prices(BTCUSDT="60600", ETHUSDT="2970")
    longs, shorts = a_position(entry="60000"), a_position("ETHUSDT", "-2", "3000", oid="2")
    stage.agent("deepseek", longs, shorts)
    stage.cycle()
    stage.sync()
    slips = {each.symbol: execution.slippage(each) for each in stage.store.journal.intents("c_1")}
    # Both are 1 % worse than the agent's entry, and half a spread worse than the mark.
    assert all(D(100) < (slip.agent or 0) < D(103) for slip in slips.values()), slips
    assert all(D(0) < (slip.mark or 0) < D(2) for slip in slips.values()), slips


def test_an_increase_is_measured_against_what_the_agent_paid_for_what_it_added(stage: Stage) -> None:
    opened(stage)
    stage.control.prices(BTCUSDT="60300")
    stage.agent("deepseek", a_position(quantity="0.2", entry="60150"))
    stage.cycle()
    stage.sync()
    # (0.2 × 60150 − 0.1 × 60000) / 0.1
    assert newest(stage).agent_price == 60300
    assert abs(execution.slippage(newest(stage)).agent or 99) < 2


def test_a_close_is_timed_from_when_the_symbol_was_first_missed(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek")
    first = stage.now()
    stage.cycle()
    stage.agent("deepseek")
    stage.cycle()
    order = newest(stage)
    assert order.kind.exits and order.seen_at and abs(order.seen_at - first) < timedelta(seconds=1)
    assert order.agent_price is None


def test_an_exit_of_our_own_copies_nothing_that_was_seen(stage: Stage) -> None:
    stage.follow(profit_target="5")
    stage.agent("deepseek", a_position())
    stage.cycle()
    stage.control.prices(BTCUSDT="60600")
    stage.cycle()
    order = newest(stage)
    assert order.kind.exits and order.executed and order.seen_at is None and order.decided_at
    assert execution.latency(order).total is None


def test_the_report_counts_filled_orders_and_ranks_them(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0.2"))
    stage.cycle()
    report = execution.executed(stage.store.journal.intents("c_1"), shadow=False)
    assert report.orders == 2 and report.latency_ms.p50 is not None and report.latency_ms.p95 is not None
    assert report.latency_ms.p50 <= report.latency_ms.p95
    assert execution.executed(stage.store.journal.intents("c_1"), shadow=True).orders == 0
