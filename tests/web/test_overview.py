"""The first page: sums that add up, what needs attention, the curve, buttons for many, first steps."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal as D
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from nof1web.core.records import CredentialState
from nof1web.core.trading import Fill, Side
from nof1web.services import overviewing
from nof1web.services.grouping import Sums
from nof1web.services.stores import User
from nof1web.services.users import add_user
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import csrf, enter
from tests.web.past import named


def test_sums_add_up_at_every_level(wiring: Wiring, ann: User) -> None:
    fill = Fill("1", "o1", "BTCUSDT", Side.SELL, D(1), D(2), D("0.4"), "USDT", D("3.5"), datetime.now(UTC))
    with wiring.tenants(ann.id) as store:
        store.journal.add_fills(named(ann.id, "c1"), [fill])
    for group in overviewing.front(wiring, ann.id).groups:
        assert group.sums == sum((each.sums for each in group.credentials), Sums())
        for each in group.credentials:
            parts = [tracker.sums for tracker in each.trackers if tracker.sums] + ([each.rest] if each.rest else [])
            assert each.sums == sum(parts, Sums())
    everything = [each for group in overviewing.front(wiring, ann.id).groups for each in group.credentials]
    (momentum,) = [each for each in everything if each.row.name == "Momentum"]
    assert (momentum.sums.realised, momentum.sums.realised_today, momentum.sums.fees) == (D("3.5"), D("3.5"), D("0.4"))


def test_the_curve_ends_where_its_table_begins(page: FlaskClient) -> None:
    text = page.get("/overview/curve?range=7d").text
    points = json.loads(unescape(re.search(r'data-chart="([^"]+)"', text)[1]))  # type: ignore[index]
    first = re.search(r'<tbody><tr>.*?value="([^"]+)"', text)
    assert first is not None and points[-1][1] == first[1]
    assert points == sorted(points) and len(points) > 20


def test_the_curve_ends_with_the_equity_that_stands_above_it(page: FlaskClient) -> None:
    text = page.get("/").text
    points = json.loads(unescape(re.search(r'data-chart="([^"]+)"', text)[1]))  # type: ignore[index]
    assert f'<data value="{points[-1][1]}"' in text[text.index('id="totals"') : text.index('id="curve"')]


@pytest.mark.parametrize("query", ["range=9d", "of=c_nobody", "of=total:paper"])
def test_a_curve_of_nothing_is_not_found(page: FlaskClient, query: str) -> None:
    assert page.get(f"/overview/curve?{query}").status_code == 404


def test_anothers_curve_is_not_found(others_page: FlaskClient, ann: User) -> None:
    assert others_page.get(f"/overview/curve?of={seed.ids(ann)[0]}").status_code == 404


def test_one_button_pauses_all_that_are_chosen_and_says_which_could_not(
    page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    chosen = [named(ann.id, name) for name in ("c1", "c2", "c3")]
    answer = page.post("/credentials/bulk", data={"csrf_token": csrf(page), "id": chosen, "verb": "pause"})
    text = page.get(answer.location).text
    assert "Done for 2 credentials." in text and "Savings does not poll. There is nothing to pause." in text
    with wiring.tenants(ann.id) as store:
        states = [store.credentials.get(id).state for id in chosen]  # type: ignore[union-attr]
        store.credentials.set_state(chosen[0], CredentialState.RUNNING)
    assert states == [CredentialState.PAUSED, CredentialState.PAUSED, CredentialState.STOPPED]


def test_a_foreign_credential_in_the_choice_stops_everything(
    others_page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    ids = [seed.ids(ann)[0]]
    sent = others_page.post("/credentials/bulk", data={"csrf_token": csrf(others_page), "id": ids, "verb": "stop"})
    assert sent.status_code == 404
    with wiring.tenants(ann.id) as store:
        assert store.credentials.get(ids[0]).state is CredentialState.RUNNING  # type: ignore[union-attr]


def test_a_credential_whose_cycle_is_overdue_needs_attention(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    id = seed.ids(ann)[0]
    with wiring.tenants(ann.id) as store:
        store.credentials.set_wake(id, datetime(2026, 1, 1, tzinfo=UTC), ())
    assert "Momentum is overdue: no worker has run its next cycle." in page.get("/overview/attention").text
    with wiring.tenants(ann.id) as store:
        store.credentials.set_wake(id, None, ())
    assert "overdue" not in page.get("/overview/attention").text


def test_a_newcomer_gets_a_paper_account_without_typing(app: Flask, wiring: Wiring) -> None:
    add_user(wiring, "fresh@example.org", seed.PASSWORD)
    client = enter(app.test_client(), "fresh@example.org")
    assert "Use a paper account" in client.get("/").text
    answer = client.post("/credentials/paper", data={"csrf_token": csrf(client, "/")})
    assert answer.status_code == 303 and "/credentials/drafts/" in answer.location
    assert wiring.queue.asked[-1][0] == "test_key"
