"""A credential's page tells all there is to its account: state, modes, cycles, problems, how orders were executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from nof1web.core.records import Credential, CredentialState, EpochState, OrderKind
from nof1web.core.trading import Environment
from nof1web.services import overviewing
from nof1web.services.report_stores import Cycle
from nof1web.services.stores import User
from nof1web.services.users import add_user
from nof1web.wiring import Wiring
from tests.web import past, seed
from tests.web.conftest import csrf, enter, send

STATES = {
    "running": "Running",
    "paused": "Paused",
    "close_only": "Close only",
    "halted": "Halted",
    "stopped": "Stopped",
    "locked": "Locked",
}


@contextmanager
def being(wiring: Wiring, user: User, state: CredentialState) -> Iterator[None]:
    """Have the tenant's first credential in a state for a while."""
    id = seed.ids(user)[0]
    with wiring.tenants(user.id) as store:
        store.credentials.set_state(id, state)
        yield
        store.credentials.set_state(id, CredentialState.RUNNING)


def chips(text: str) -> list[str]:
    """The words of a page's first row of chips."""
    begin = text.index('class="chips"')
    return re.findall(r"</svg>([^<]+)</span>", text[begin : text.index("</div>", begin)])


@pytest.mark.parametrize("state", CredentialState)
def test_every_state_has_its_chip(page: FlaskClient, wiring: Wiring, ann: User, state: CredentialState) -> None:
    with being(wiring, ann, state):
        assert chips(page.get(f"/credentials/{seed.ids(ann)[0]}").text) == ["Testnet", STATES[state]]


def test_real_money_and_what_is_switched_off_have_chips_too(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    live = past.named(ann.id, "c3")
    with wiring.tenants(ann.id) as store:
        assert chips(page.get(f"/credentials/{live}").text) == ["Live", "Stopped"]
        store.credentials.set_enabled(live, False)
        assert chips(page.get(f"/credentials/{live}").text) == ["Live", "Disabled"]
        store.credentials.set_enabled(live, True)


def test_a_tracker_that_only_records_says_so(page: FlaskClient, ann: User) -> None:
    assert "Shadow" in chips(page.get(f"/trackers/{past.named(ann.id, 't2')}").text)


def test_the_modes_found_on_the_account_are_named(page: FlaskClient, ann: User) -> None:
    text = page.get(f"/credentials/{seed.ids(ann)[0]}/balances").text
    assert "One-way" in text and "Single-asset" in text


def test_past_cycles_show_how_long_they_took_and_what_went_wrong(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    id, now = seed.ids(ann)[0], datetime.now(UTC)
    with wiring.tenants(ann.id) as store:
        for number, took in enumerate((40, 90, 400)):
            began = now - timedelta(minutes=number)
            store.reports.add_cycle(Cycle(id, f"y{number}", began, began + timedelta(milliseconds=took), 1, 0))
    text = page.get(f"/credentials/{id}/cycles").text
    assert "400 ms" in text and "half of them took at most 90 ms" in text


def test_recent_problems_tell_the_exchanges_code_and_which_try_it_was(
    page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    text = page.get(f"/credentials/{seed.ids(ann)[0]}/troubles").text
    assert "-2019" in text and "was hit at 64000" in text and f"/why?tracker={seed.ids(ann)[1]}" in text


def test_orders_show_how_long_and_how_far_from_the_agent_they_were(
    page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    id, now = seed.ids(ann)[0], datetime.now(UTC)
    order = past._intent(ann.id, 8, "SOLUSDT", OrderKind.OPEN, now)
    with wiring.tenants(ann.id) as store:
        times = {"seen_at": now, "acknowledged_at": now + timedelta(milliseconds=180)}
        store.journal.write(replace(order, order_id="8", agent_price=order.agent_entry, **times))
    text = page.get(f"/credentials/{id}/orders").text
    assert "half took at most 180 ms" in text and "basis points" in text


def test_the_weight_used_is_shown_by_lane(page: FlaskClient, wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = {
        "host": "fapi.example", "egress": "here", "limit_per_minute": 2400, "used": 293, "balance": 100, "burst": 480,
        "stopped_until": None, "last_by_lane": {"sync": 200},
    }  # fmt: skip
    health = {"redis": True, "workers": [{"name": "w"}], "scheduler": {"at": "now"}, "egress": [meter]}
    monkeypatch.setattr(wiring, "health", lambda: health)
    monkeypatch.setattr(overviewing, "PULSES", overviewing.Pulses())
    text = page.get("/overview/meters").text
    assert "293 of 2400 weight in this minute" in text and "reading accounts 200" in text


def test_twenty_are_paused_at_once_and_each_leaves_a_row_in_the_audit(app: Flask, wiring: Wiring) -> None:
    user = add_user(wiring, "twenty@example.org", seed.PASSWORD)
    ids, now, running = [f"c_twenty{number}" for number in range(20)], datetime.now(UTC), CredentialState.RUNNING
    with wiring.tenants(user.id) as store:
        for id in ids:
            store.credentials.add(Credential(id, id, Environment.PAPER, "", running, True, False, now))
    client = enter(app.test_client(), "twenty@example.org")
    client.post("/credentials/bulk", data={"csrf_token": csrf(client), "id": ids, "verb": "pause"})
    with wiring.tenants(user.id) as store:
        assert {each.state for each in store.credentials.all()} == {CredentialState.PAUSED}
        rows = store._file.rows("SELECT detail FROM audit WHERE action = 'credential.state'")  # type: ignore[attr-defined]
    assert len({row["detail"] for row in rows if '"paused"' in row["detail"]}) == 20


def test_poll_now_asks_for_a_cycle_and_for_the_open_orders(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    id, before = seed.ids(ann)[0], len(wiring.queue.asked)
    assert send(page, f"/credentials/{id}/poll", htmx=True)[0] == 200
    assert [each[0] for each in wiring.queue.asked[before:]] == ["reconcile", "cycle"]


def test_a_signal_without_an_order_is_explained_two_clicks_from_the_first_page(page: FlaskClient, ann: User) -> None:
    first, tracker = seed.ids(ann)
    assert f'href="/credentials/{first}"' in page.get("/").text
    link = re.search(rf'href="(/why\?tracker={tracker}&amp;symbol=ETHUSDT)"', page.get(f"/credentials/{first}").text)
    assert link is not None
    why = page.get(unescape(link[1])).text
    assert "ETH" in why and "Hold" in why


def test_a_trackers_open_positions_stand_before_its_past_ones(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    tracker, now = seed.ids(ann)[1], datetime.now(UTC)
    past_one = past._epoch(tracker, "DOGEUSDT", "0", "0.2", now)
    with wiring.tenants(ann.id) as store:
        store.trackers.put_epoch(replace(past_one, state=EpochState.CLOSED, opened_at=now, closed_at=now))
    text = page.get(f"/trackers/{tracker}/epochs").text
    assert text.index("BTC") < text.index("DOGE") and text.index("ETH") < text.index("DOGE")
