"""Activity and why: filters, pages of a list, the file."""

from __future__ import annotations

from urllib.parse import quote

from flask.testing import FlaskClient

from nof1web.core.records import Event, Severity
from nof1web.errors import Text
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.past import named


def test_activity_shows_only_what_fits_all_filters(page: FlaskClient, ann: User) -> None:
    credential = seed.ids(ann)[0]
    text = page.get(f"/activity/list?credential={credential}&severity=alarm&code=order").text
    assert text.count("data-event=") == 1 and "was hit at" in text
    assert "No event fits these filters." in page.get(f"/activity?credential={named(ann.id, 'c2')}").text


def test_a_filter_by_something_of_another_person_is_not_found(others_page: FlaskClient, ann: User) -> None:
    credential, tracker = seed.ids(ann)
    of_tracker = (f"/why?tracker={tracker}", f"/activity/export?tracker={tracker}")
    for path in (f"/activity?credential={credential}", *of_tracker):
        assert others_page.get(path).status_code == 404


def test_the_socket_of_a_filtered_page_keeps_the_filter(page: FlaskClient) -> None:
    assert f"page=activity:{quote('severity=alarm')}" in page.get("/activity?severity=alarm&nonsense=1").text


def test_the_file_has_what_the_page_shows_and_no_formula(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    with wiring.tenants(ann.id) as store:
        text = Text("=cmd|' /C calc'!A1")
        store.chronicle.add_event(Event("odd", text, wiring.clock(), Severity.INFO, named(ann.id, "c1")))
    answer = page.get("/activity/export?code=odd")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="activity.csv"'
    assert ",Momentum,,'=cmd" in answer.text and answer.text.count("\n") == 2
    (row,) = page.get("/activity/export?code=odd&format=json").json
    assert row["text"] == "=cmd|' /C calc'!A1" and row["credential"] == "Momentum"


def test_why_is_read_page_by_page(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    tracker = seed.ids(ann)[1]
    assert page.get(f"/why?tracker={tracker}&symbol=BTCUSDT").text.count('id="moment-') == 1
    assert "No verdict fits these filters." in page.get(f"/why?tracker={tracker}&code=nothing").text
    assert page.get(f"/why/list?tracker={tracker}&before=1").text.count('id="moment-') == 0


def test_an_order_leads_to_its_reason_in_one_click(page: FlaskClient, ann: User) -> None:
    credential, tracker = seed.ids(ann)
    text = page.get(f"/credentials/{credential}").text
    assert f"/why?tracker={tracker}&amp;symbol=BTCUSDT&amp;epoch=BTCUSDT-0" in text


def test_a_refused_order_says_in_words_what_to_do(page: FlaskClient, ann: User) -> None:
    text = page.get(f"/credentials/{seed.ids(ann)[0]}/troubles").text
    assert "The margin is not enough for this order." in text and "Move USDT into the futures wallet" in text
