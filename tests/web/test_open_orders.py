"""A credential's open orders: everybody's on the account, told apart, and read anew when a person looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

from flask.testing import FlaskClient

from nof1web.core.open_orders import OpenOrder
from nof1web.core.records import CredentialState
from nof1web.core.trading import PositionSide, Side
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import send
from tests.web.past import named


def order(id: str, symbol: str = "SOLUSDT", kind: str = "LIMIT") -> OpenOrder:
    """An order somebody placed on the account."""
    return OpenOrder(
        id, symbol, Side.BUY, PositionSide.BOTH, kind, D("12.5"), D("2.5"), D("151.2"), None, False, False,
        datetime.now(UTC),
    )  # fmt: skip


def test_a_page_that_is_opened_has_them_read_once(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    first, _ = seed.ids(ann)
    assert 'hx-trigger="load"' in page.get(f"/credentials/{first}").text
    for _ in range(2):
        assert send(page, f"/credentials/{first}/read_orders", htmx=True, quietly="yes")[0] == 204
    assert wiring.queue.asked.count(("reconcile", ann.id, first)) == 1
    text = page.get(f"/credentials/{first}").text
    assert 'hx-trigger="load"' not in text and "being read …" in text


def test_others_orders_say_so_and_own_ones_name_their_tracker(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    first, tracker = seed.ids(ann)
    with wiring.tenants(ann.id) as store:
        store.open_orders.put(first, (order("by-hand"), order("nabcd" + "a" * 31)), datetime.now(UTC))
    text = page.get(f"/credentials/{first}/resting").text
    assert "Foreign" in text and "Another installation" in text and f"/trackers/{tracker}" in text
    assert "Limit order" in text and ">2.5<" in text and "read" in text


def test_a_button_reads_them_without_javascript(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    second = named(ann.id, "c2")
    assert send(page, f"/credentials/{second}/read_orders")[0] == 303
    assert ("reconcile", ann.id, second) in wiring.queue.asked
    assert "The open orders are being read" in page.get(f"/credentials/{second}").text


def test_nobody_else_has_them_read(others_page: FlaskClient, wiring: Wiring, ann: User) -> None:
    before = list(wiring.queue.asked)
    assert send(others_page, f"/credentials/{seed.ids(ann)[0]}/read_orders")[0] == 404
    assert wiring.queue.asked == before


def test_right_after_a_reading_nobody_has_another_made_nor_is_told_so(
    page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    third = named(ann.id, "c3")
    with wiring.tenants(ann.id) as store:
        store.open_orders.put(third, (), datetime.now(UTC))
    before = list(wiring.queue.asked)
    told = send(page, f"/credentials/{third}/read_orders", htmx=True)[1]
    assert "were read or asked for moments ago" in told and "being read" not in told and wiring.queue.asked == before
    with wiring.tenants(ann.id) as store:
        store.open_orders.put(third, (), datetime.now(UTC) - timedelta(seconds=21))
        store.open_orders.give_up(third, datetime.now(UTC))
    assert "moments ago" in send(page, f"/credentials/{third}/read_orders", htmx=True)[1]
    with wiring.tenants(ann.id) as store:
        store.open_orders.give_up(third, datetime.now(UTC) - timedelta(seconds=21))
    assert "are being read" in send(page, f"/credentials/{third}/read_orders", htmx=True)[1]


def test_a_locked_keys_orders_are_not_said_to_be_read(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    third = named(ann.id, "c3")
    with wiring.tenants(ann.id) as store:
        store.open_orders.ask(third, datetime.now(UTC))
        store.credentials.set_state(third, CredentialState.LOCKED)
    status, told = send(page, f"/credentials/{third}/read_orders", htmx=True)
    assert status == 409 and "Savings is locked. Test its connection first." in told
    assert "being read" not in page.get(f"/credentials/{third}/resting").text


def test_a_reading_that_was_given_up_is_said_to_have_failed(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    second = named(ann.id, "c2")
    with wiring.tenants(ann.id) as store:
        store.open_orders.ask(second, datetime.now(UTC))
        store.open_orders.give_up(second, datetime.now(UTC))
    text = page.get(f"/credentials/{second}/resting").text
    assert "Not readable" in text and "being read" not in text and "Read now" in text
