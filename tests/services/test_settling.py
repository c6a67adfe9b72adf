"""Answers that are lost after the exchange accepted an order: what became of it is found out, nothing is sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import cycle, islice

import pytest

from nof1web.core.records import IntentStatus
from nof1web.core.trading import OrderReport, OrderStatus
from nof1web.services.settling import settle_unresolved
from tests.services.deaths import fault, fills
from tests.services.stage import Stage, a_position

LOSSES = ("lose_answer", "timeout_1007", "http_503_unknown", "garbage", "truncated", "html")
"""what a client sees of an order that was executed, though no answer tells so"""
BOOK = (("0.1", "1"), ("0.2", "1"), ("0.06", "1"), ("-0.1", "2"), ("-0.05", "3"), ("0", "3"))
"""an agent's quantity and the id of its entry: open, increase, reduce, flip, renew, close"""
Told = Callable[[str, object], None]


def lose_answers(stage: Stage, count: int) -> None:
    """Let the agent trade on until so many answers were lost; each is found out before the next."""
    stage.control.post("/sim/market", weight_limit=10**9)
    stage.follow()
    for number, (quantity, oid) in enumerate(islice(cycle(BOOK), count)):
        # Shifted against the book, so that each change meets each loss.
        kind = LOSSES[(number + number // len(BOOK)) % len(LOSSES)]
        round_id = f"{number // len(BOOK)}{oid}"
        stage.control.post("/sim/prices", BTCUSDT="60000")
        stage.agent("deepseek", a_position(quantity=quantity, oid=round_id))
        fault(stage, kind, "/fapi/v1/order")
        stage.cycle()
        assert [each.status for each in stage.store.journal.unresolved("c_1")] == [IntentStatus.UNKNOWN]
        stage.cycle()
        wanted = Decimal(quantity) / 10
        assert stage.holdings() == ({"BTCUSDT": wanted} if wanted else {}), (number, kind)


def doubled(stage: Stage) -> list[str]:
    """The client ids the exchange has seen more than once, and the intents that have no order or another size."""
    orders = stage.control.account(stage.account_id)["orders"]
    ids = Counter(each["clientOrderId"] for each in orders)
    done = {each["clientOrderId"]: Decimal(each["executedQty"]) for each in orders}
    intents = stage.store.journal.intents("c_1", limit=10**6)
    told = {each.client_order_id: each.executed for each in intents}
    return [
        *(each for each, count in ids.items() if count > 1),
        *(each for each in told | done if told.get(each) != done.get(each)),
    ]


def found_out(stage: Stage, count: int, told: Told) -> None:
    """Lose so many answers, and see that each order was executed once and is known."""
    lose_answers(stage, count)
    wrong = doubled(stage)
    told("answers lost after acceptance", f"{count}, {len(wrong)} orders doubled or unknown")
    assert not wrong and stage.live() == stage.holdings()
    assert sum(fills(stage)) == stage.holdings().get("BTCUSDT", 0)


def test_fifty_lost_answers_double_nothing(stage: Stage, record_property: Told) -> None:
    found_out(stage, 50, record_property)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_thousand_lost_answers_double_nothing(stage: Stage, record_property: Told) -> None:
    found_out(stage, 1000, record_property)


def lost(stage: Stage, kind: str = "reset_before") -> None:
    """Let an entry's request end without an answer."""
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, kind, "/fapi/v1/order")
    stage.cycle()


def past_its_deadline(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the exchange's clock says that the order can't be accepted any more."""
    later = stage.client.server_ms() + 10_000
    monkeypatch.setattr(stage.client, "server_ms", lambda: later)


def traded_by_hand(stage: Stage) -> None:
    place = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    stage.control.post("/sim/orders", account_id=stage.account_id, place=place)


def unresolved(stage: Stage) -> list[str]:
    return [str(each.status) for each in stage.store.journal.unresolved("c_1")]


def kinds(stage: Stage) -> list[str]:
    return [event.kind for event in stage.store.chronicle.events(limit=200)]


def test_before_its_deadline_an_absent_order_proves_nothing(stage: Stage) -> None:
    lost(stage)
    settle_unresolved(stage.ports())
    settle_unresolved(stage.ports())
    (intent,) = stage.store.journal.unresolved("c_1")
    assert intent.absences == 0


def test_while_the_exchange_does_not_answer_nothing_is_concluded_and_it_is_told_once(stage: Stage) -> None:
    lost(stage, "lose_answer")
    query = {"kind": "reject", "path": "/fapi/v1/order", "method": "GET", "code": -1001, "count": 3}
    stage.control.post("/sim/faults", api_key=stage.key["api_key"], **query)
    settle_unresolved(stage.ports())
    assert unresolved(stage) == ["unknown"] and "order_unknown" not in kinds(stage)
    stage.skew = timedelta(seconds=61)
    settle_unresolved(stage.ports())
    settle_unresolved(stage.ports())
    assert unresolved(stage) == ["unknown"] and kinds(stage).count("order_unknown") == 1
    assert settle_unresolved(stage.ports()) is None and stage.holdings() == {"BTCUSDT": Decimal("0.01")}


def test_a_trade_nobody_can_explain_keeps_an_absent_order_unknown_and_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(stage)
    traded_by_hand(stage)
    past_its_deadline(stage, monkeypatch)
    # Its order is not listed: it could be ours.
    monkeypatch.setattr(stage.client, "orders", lambda symbol, first: ())
    for seconds in (61, 64, 67):
        stage.skew = timedelta(seconds=seconds)
        settle_unresolved(stage.ports())
    assert unresolved(stage) == ["unknown"] and kinds(stage).count("order_unknown") == 1


def test_a_trade_by_hand_in_the_same_seconds_keeps_no_order_unknown(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(stage)
    traded_by_hand(stage)
    past_its_deadline(stage, monkeypatch)
    settle_unresolved(stage.ports())
    stage.skew = timedelta(seconds=3)
    assert settle_unresolved(stage.ports()) is None and unresolved(stage) == []


def test_two_absences_within_a_moment_prove_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    lost(stage)
    past_its_deadline(stage, monkeypatch)
    for _ in range(3):
        settle_unresolved(stage.ports())
    (intent,) = stage.store.journal.unresolved("c_1")
    assert intent.absences == 1
    stage.skew = timedelta(seconds=2)
    assert settle_unresolved(stage.ports()) is None and unresolved(stage) == []


def test_while_the_trades_cannot_be_read_an_absent_order_stays_unknown(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(stage)
    past_its_deadline(stage, monkeypatch)
    trades = {"kind": "reject", "path": "/fapi/v1/userTrades", "code": -1001}
    settle_unresolved(stage.ports())
    stage.control.post("/sim/faults", api_key=stage.key["api_key"], **trades)
    stage.skew = timedelta(seconds=3)
    settle_unresolved(stage.ports())
    assert unresolved(stage) == ["unknown"]
    stage.skew = timedelta(seconds=6)
    assert settle_unresolved(stage.ports()) is None and unresolved(stage) == []


def test_an_order_that_has_not_ended_yet_is_asked_for_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    lost(stage, "lose_answer")
    found = stage.client.order
    working = {"status": OrderStatus.PARTIALLY_FILLED, "executed": Decimal("0.004")}

    def partly(symbol: str, client_order_id: str) -> OrderReport | None:
        report = found(symbol, client_order_id)
        return report and replace(report, **working)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(stage.client, "order", partly)
        assert settle_unresolved(stage.ports()) is not None and not stage.holdings()
    assert settle_unresolved(stage.ports()) is None and stage.holdings() == {"BTCUSDT": Decimal("0.01")}
