"""Sums, samples, filters and past cycles."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest

from nof1web.core.trading import Account
from nof1web.services.stores import Cycle, Earned, EventFilter, VerdictFilter
from tests.adapters.store.examples import NOW, SECOND, a_fill, a_verdict, an_event, an_intent

MINUTE = timedelta(minutes=1)


def an_account(equity: str, at):
    return Account(D(equity), D(equity), D(0), D(0), D(0), False, False, at)


def test_earnings_are_summed_since_a_time_and_ever(tenant):
    paid = {"fee": D("0.5"), "fee_asset": "USDT"}
    fills = [a_fill(trade_id=str(n), realised=D(n), traded_at=NOW + n * MINUTE, **paid) for n in range(3)]
    tenant.journal.add_fills("c_1", [*fills, a_fill(trade_id="9", realised=D(7), fee=D(1), fee_asset="BNB")])
    assert tenant.reports.earned()["c_1"] == Earned(D(10), D("1.5"))
    assert tenant.reports.earned(NOW + MINUTE)["c_1"] == Earned(D(3), D(1))


def test_only_trades_of_its_own_orders_count_for_a_tracker(tenant):
    intent = an_intent()
    tenant.journal.write(intent)
    tenant.journal.update(replace(intent, order_id="77"))
    mine = {"symbol": intent.symbol, "fee": D(0)}
    fills = [a_fill(trade_id="1", order_id="77", realised=D(2), **mine)]
    tenant.journal.add_fills("c_1", [*fills, a_fill(trade_id="2", order_id="78", realised=D(50), **mine)])
    assert tenant.reports.earned_by_tracker() == {intent.tracker_id: Earned(D(2))}


def test_equity_is_what_was_read_last_at_each_time(tenant):
    for minute in (0, 2, 4):
        tenant.credentials.put_snapshot("c_1", an_account(str(100 + minute), NOW + minute * MINUTE), ())
    times = [NOW - SECOND, NOW, NOW + 3 * MINUTE, NOW + 9 * MINUTE]
    assert tenant.reports.equity_at("c_1", times) == (None, D(100), D(102), D(104))
    assert tenant.reports.equity_since("c_1", NOW + MINUTE) == (NOW + 2 * MINUTE, D(102))


def test_of_the_cycles_the_newest_200_stay(tenant):
    for number in range(203):
        tenant.reports.add_cycle(Cycle("c_1", str(number), NOW, NOW + SECOND, 1, 2))
    kept = tenant.reports.cycles("c_1", limit=500)
    assert [len(kept), kept[0].id, kept[-1].id] == [200, "202", "3"]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (EventFilter(), [3, 2, 1]),
        (EventFilter(credential_id="c_1"), [3, 1]),
        (EventFilter(credential_id="c_1", symbol="ETHUSDT"), [3]),
        (EventFilter(kind="fill"), [2]),
    ],
)
def test_events_are_filtered_by_all_that_is_given(tenant, wanted, numbers):
    for event in (
        an_event(credential_id="c_1", kind="order", symbol="BTCUSDT"),
        an_event(credential_id="c_2", kind="fill", symbol="BTCUSDT"),
        an_event(credential_id="c_1", kind="order", symbol="ETHUSDT"),
    ):
        tenant.chronicle.add_event(event)
    assert [event.id for event in tenant.reports.events(wanted)] == numbers
    assert [event.id for event in tenant.reports.events(wanted, before=3)] == [n for n in numbers if n < 3]


def test_verdicts_are_read_page_by_page(tenant):
    for number in range(4):
        tenant.chronicle.put_verdicts([a_verdict(code=f"code_{number}")])
    newest = tenant.reports.verdicts(VerdictFilter(), limit=2)
    older = tenant.reports.verdicts(VerdictFilter(), before=newest[-1][0], limit=2)
    assert [verdict.code for _number, verdict in (*newest, *older)] == ["code_3", "code_2", "code_1", "code_0"]
    assert tenant.reports.verdict_codes() == ("code_0", "code_1", "code_2", "code_3")


def test_sums_count_an_account_with_its_first_reading_before_it(tenant):
    for minute in (0, 2):
        tenant.credentials.put_snapshot("c_1", an_account(str(100 + minute), NOW + minute * MINUTE), ())
    times = [NOW - MINUTE, NOW, NOW + 2 * MINUTE]
    alone = tenant.reports.equity_sums(["c_1"], times)
    assert alone == tuple(tenant.reports.equity_at("c_1", [NOW, *times[1:]]))
    assert tenant.reports.equity_sums(["c_1", "c_nobody"], times) == alone
