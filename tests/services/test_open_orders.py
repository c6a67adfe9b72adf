"""The orders that rest on an account, own and others': read when a person looks, shown as they are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from nof1web.adapters.binance.http import Call, Lane
from nof1web.errors import Nof1Error, Rejected, Transient
from nof1web.services import open_orders
from nof1web.services.books import read_book
from nof1web.services.open_orders import Resting
from nof1web.services.recognising import Whose
from tests.services.stage import USER, QuietBus, Stage, a_position, opened
from tests.services.test_explaining import quiet
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


def synced(stage: Stage) -> None:
    """The job that a page asks for."""
    assert open_orders.sync_and_read(stage.ports())["equity"]


def looked(stage: Stage) -> Resting:
    """Open the page: wish for a reading, let the sync have it, and show what is known."""
    stage.store.open_orders.ask("c_1", stage.now())
    synced(stage)
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
    synced(stage)
    assert stage.store.open_orders.read_at("c_1") is None and [row.own for row in shown(stage).rows] == [True]
    stage.store.open_orders.ask("c_1", stage.now())
    with counted(stage) as till:
        synced(stage)
        synced(stage)
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
        synced(stage)
    assert stage.store.open_orders.asked_at("c_1") is not None and shown(stage).asked
    synced(stage)
    assert stage.store.open_orders.asked_at("c_1") is None and shown(stage).foreign == 1


def test_a_page_opened_soon_after_a_reading_asks_for_none(stage: Stage) -> None:
    assert shown(stage).due
    assert not looked(stage).due
    stage.skew += timedelta(minutes=3)
    assert shown(stage).due


@pytest.mark.parametrize("error", [Rejected("No.", exchange_code=-1100), Transient("Not understood.")])
def test_a_reading_that_fails_never_fails_the_sync_is_given_up_and_said_to_have_failed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Nof1Error
) -> None:
    def fail() -> None:
        raise error

    with monkeypatch.context() as failing:
        failing.setattr(stage.client, "open_orders", fail)
        found = looked(stage)
    assert stage.store.open_orders.asked_at("c_1") is None and found.failed and not (found.asked or found.due)
    assert not looked(stage).failed


def test_a_wish_the_budget_had_no_room_for_is_given_up_once_nobody_waits_any_more(stage: Stage) -> None:
    stage.store.open_orders.ask("c_1", stage.now())
    stage.skew += open_orders.PATIENCE
    with counted(stage, "read") as till:
        synced(stage)
    assert stage.store.open_orders.asked_at("c_1") is None and shown(stage).failed and "read" not in till.spent


@pytest.mark.parametrize("quantity", ["0.1", "0", "0.2"])
def test_no_order_waits_for_what_a_person_looks_at(stage: Stage, quantity: str) -> None:
    opened(stage)
    quiet(stage)
    stage.store.open_orders.ask("c_1", stage.now())
    stage.store.halts.ask_reconcile("c_1", stage.now())
    stage.agent("deepseek", a_position(quantity=quantity))
    with counted(stage) as till:
        stage.cycle()
    assert till.spent["sync"] and "read" not in till.spent and stage.live().get("BTCUSDT", D(0)) == D(quantity) / 10


@pytest.mark.parametrize("empty", [(), ("read",)])
def test_open_pages_are_told_whatever_became_of_a_reading(stage: Stage, empty: tuple[Lane, ...]) -> None:
    class NotingBus(QuietBus):
        def publish(self, user_id: str, event_id: int) -> None:
            told.append(user_id)

    told: list[str] = []
    stage.store.open_orders.ask("c_1", stage.now() - open_orders.PATIENCE)
    with counted(stage, *empty):
        assert open_orders.read_if_asked(replace(stage.ports(), bus=NotingBus())) == (not empty)
    assert told == [USER]
