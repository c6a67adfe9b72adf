"""The orders that rest on an account, own and others': read when a person looks, shown as they are known."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from nof1web.adapters.binance.http import Call
from nof1web.errors import Rejected
from nof1web.services import open_orders
from nof1web.services.books import read_book
from nof1web.services.open_orders import Resting
from nof1web.services.recognising import Whose
from tests.services.stage import Stage, opened
from tests.services.test_weight import counted

D = Decimal


def by_hand(stage: Stage, **order: str) -> dict[str, Any]:
    """Place an order on the account with the exchange's own form, as another program would."""
    path = "/fapi/v1/algoOrder" if "algoType" in order else "/fapi/v1/order"
    answer: dict[str, Any] = stage.client._host.send(Call("POST", path, 0, "entry", order=True), order)
    return answer


def limit(stage: Stage, **more: str) -> dict[str, Any]:
    """A limit order far below the market, in a symbol nobody holds."""
    order = {"symbol": "ETHUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.5"}
    return by_hand(stage, **(order | {"price": "2800"} | more))


def looked(stage: Stage) -> Resting:
    """Open the page: wish for a reading, let the sync have it, and show what is known."""
    stage.store.open_orders.ask("c_1", stage.now())
    stage.sync()
    return shown(stage)


def shown(stage: Stage) -> Resting:
    """What the page lists."""
    credential = stage.store.credentials.get("c_1")
    assert credential is not None
    p = SimpleNamespace(clock=stage.now, registry=SimpleNamespace(installation=lambda: SimpleNamespace(code="test")))
    return open_orders.resting(p, stage.store, read_book(stage.store, credential, {}, stage.now()))  # type: ignore[arg-type]


def test_others_orders_are_listed_beside_own_ones_and_told_apart(stage: Stage) -> None:
    opened(stage, stop="57000")
    limit(stage, newClientOrderId="my-own-order")
    rows = looked(stage).rows
    assert [(row.symbol, row.own, row.kind, row.price) for row in rows] == [
        ("BTCUSDT", True, "", None),
        ("ETHUSDT", False, "LIMIT", D(2800)),
    ]
    assert rows[1].owner is Whose.HAND and rows[0].tracker == "deepseek"


def test_a_foreign_stop_and_a_trailing_one_show_kind_and_trigger(stage: Stage) -> None:
    opened(stage)
    algo = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "reduceOnly": "true", "quantity": "0.005"}
    by_hand(stage, **algo, type="STOP_MARKET", triggerPrice="55000")
    by_hand(stage, **algo, type="TRAILING_STOP_MARKET", callbackRate="1")
    rows = [row for row in looked(stage).rows if not row.own]
    found = {row.kind: row.trigger for row in rows}
    assert found == {"STOP_MARKET": D(55000), "TRAILING_STOP_MARKET": found["TRAILING_STOP_MARKET"]}


def test_another_installations_order_is_named_so(stage: Stage) -> None:
    limit(stage, newClientOrderId="nabcd" + "a" * 31)
    limit(stage, newClientOrderId="ntest" + "a" * 31)
    assert {row.owner for row in looked(stage).rows} == {Whose.OTHER, Whose.OURS}


def test_nothing_is_read_unless_a_person_looks(stage: Stage) -> None:
    opened(stage, stop="57000")
    limit(stage)
    stage.sync()
    assert stage.store.open_orders.read_at("c_1") is None and [row.own for row in shown(stage).rows] == [True]
    stage.store.open_orders.ask("c_1", stage.now())
    with counted(stage) as till:
        stage.sync()
        stage.sync()
    assert till.spent["read"] == 80


def test_a_cancelled_foreign_order_is_gone_after_the_next_reading(stage: Stage) -> None:
    limit(stage)
    assert looked(stage).foreign == 1
    stage.client._host.send(Call("DELETE", "/fapi/v1/allOpenOrders", 1, "exit"), {"symbol": "ETHUSDT"})
    assert looked(stage).foreign == 0


def test_an_own_leg_that_is_cancelled_is_not_shown_as_foreign_by_an_older_reading(stage: Stage) -> None:
    opened(stage, stop="57000")
    assert [row.own for row in looked(stage).rows] == [True]
    stage.agent("deepseek")
    stage.cycle()
    stage.agent("deepseek")
    stage.cycle()
    assert not stage.holdings() and shown(stage).rows == ()


def test_where_the_budget_has_no_room_the_next_sync_reads_them(stage: Stage) -> None:
    limit(stage)
    stage.store.open_orders.ask("c_1", stage.now())
    with counted(stage, "read"):
        stage.sync()
    assert stage.store.open_orders.asked_at("c_1") is not None
    stage.sync()
    assert stage.store.open_orders.asked_at("c_1") is None and shown(stage).foreign == 1


def test_a_page_opened_soon_after_a_reading_asks_for_none(stage: Stage) -> None:
    assert shown(stage).due
    assert not looked(stage).due
    stage.skew += timedelta(minutes=3)
    assert shown(stage).due


def test_a_reading_that_is_refused_never_fails_the_sync_and_is_given_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise Rejected("No.", exchange_code=-1100)

    monkeypatch.setattr(stage.client, "open_orders", refuse)
    stage.store.open_orders.ask("c_1", stage.now())
    assert stage.sync()["equity"] and stage.store.open_orders.asked_at("c_1") is None
