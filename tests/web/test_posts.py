"""What a person sends: keys, settings, buttons; with and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient

from nof1web.core.records import CredentialState
from nof1web.errors import Text
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import csrf, send
from tests.web.past import named

KEY = "k" * 64


def test_a_typed_key_is_sealed_and_tested_by_a_worker(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    typed = {"name": "Third", "environment": "testnet", "api_key": KEY, "api_secret": seed.SECRET}
    status, text = send(page, "/credentials", htmx=True, **typed)
    assert status == 200 and 'hx-trigger="load delay:1s"' in text and seed.SECRET not in text
    name, user_id, draft_id = wiring.queue.asked[-1]
    assert (name, user_id) == ("test_key", ann.id)
    with wiring.tenants(ann.id) as store:
        draft = store.credentials.draft(draft_id)
        assert draft is not None and seed.SECRET.encode() not in draft.sealed
        store.credentials.finish_draft(draft_id, state="failed", answer=Text("No such key."))
    answer = page.get(f"/credentials/drafts/{draft_id}/test").text
    assert "No such key." in answer and 'value="Third"' in answer and KEY in answer and "load delay" not in answer


def test_a_passed_test_says_what_comes_next(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    send(page, "/credentials", name="Fourth", environment="testnet", api_key="j" * 64, api_secret=seed.SECRET)
    draft_id = wiring.queue.asked[-1][2]
    with wiring.tenants(ann.id) as store:
        store.credentials.finish_draft(draft_id, state="passed", answer=Text("Works."), credential_id="c_new")
    assert "/trackers/new?credential=c_new" in page.get(f"/credentials/drafts/{draft_id}").text


def test_without_javascript_a_typed_key_leads_to_a_page(page: FlaskClient) -> None:
    data = {
        "name": "Fifth",
        "environment": "testnet",
        "api_key": "i" * 64,
        "api_secret": seed.SECRET,
        "csrf_token": csrf(page),
    }
    answer = page.post("/credentials", data=data)
    assert answer.status_code == 303
    assert "http-equiv" in page.get(answer.location).text


def test_what_cannot_be_tested_is_kept_but_for_the_secret(page: FlaskClient) -> None:
    for htmx in (True, False):
        status, text = send(
            page,
            "/credentials",
            htmx=htmx,
            name="Momentum",
            environment="live",
            api_key="short",
            api_secret=seed.SECRET,
        )
        assert status == 422 and 'value="short"' in text and 'aria-invalid="true"' in text and seed.SECRET not in text
        assert ("<html" in text) is not htmx


def test_a_draft_is_nobody_elses(page: FlaskClient, others_page: FlaskClient, wiring: Wiring) -> None:
    send(page, "/credentials", name="Sixth", environment="testnet", api_key="h" * 64, api_secret=seed.SECRET)
    draft_id = wiring.queue.asked[-1][2]
    assert others_page.get(f"/credentials/drafts/{draft_id}/test").status_code == 404


def test_settings_out_of_bounds_come_back_as_typed(page: FlaskClient, ann: User) -> None:
    tracker = seed.ids(ann)[1]
    status, text = send(page, f"/trackers/{tracker}/settings", max_leverage="999", total_margin="77")
    assert status == 422 and 'value="999"' in text and 'value="77"' in text
    assert "Max leverage must be a whole number between 1 and 125." in text


def test_only_changed_settings_become_the_trackers_own(others_page: FlaskClient, wiring: Wiring, bob: User) -> None:
    tracker = seed.ids(bob)[1]
    status, _text = send(
        others_page, f"/trackers/{tracker}/settings", max_leverage="7", min_change="5", total_margin="500"
    )
    with wiring.tenants(bob.id) as store:
        kept = store.trackers.get(tracker)
    assert status == 303 and kept is not None
    assert kept.settings == {"mode": "trade", "total_margin": "500", "max_leverage": "7"}


def test_an_unticked_box_is_off(others_page: FlaskClient, wiring: Wiring, bob: User) -> None:
    tracker = seed.ids(bob)[1]
    send(others_page, f"/trackers/{tracker}/settings", copy_protection="off")
    with wiring.tenants(bob.id) as store:
        kept = store.trackers.get(tracker)
    assert kept is not None and kept.settings["copy_protection"] == "off"


def test_a_tracker_is_added_with_only_what_differs(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    credential = seed.ids(ann)[0]
    status, text = send(
        page, "/trackers/new", credential=credential, agent="nof1/qwen3-max", total_margin="50", interval="5"
    )
    assert status == 303, text
    with wiring.tenants(ann.id) as store:
        added = store.trackers.all(credential)[-1]
    assert (added.agent, added.settings, added.started) == ("qwen3-max", {"total_margin": "50"}, True)


def test_a_tracker_without_an_agent_is_refused_in_words(page: FlaskClient, ann: User) -> None:
    status, text = send(page, "/trackers/new", credential=seed.ids(ann)[0], total_margin="51")
    assert status == 422 and "Choose an agent to follow." in text and 'value="51"' in text


def test_a_preview_keeps_nothing(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    credential = seed.ids(ann)[0]
    fields = {"credential": credential, "agent": "nof1/gpt-5", "total_margin": "80"}
    status, text = send(page, "/trackers/preview", htmx=True, **fields)
    assert status == 200 and 'id="preview"' in text and "<html" not in text
    assert send(page, "/trackers/preview", htmx=True, **{**fields, "total_margin": "nan"})[0] == 422
    assert "<html" in send(page, "/trackers/preview", **fields)[1]


def test_buttons_work_with_and_without_javascript(others_page: FlaskClient, bob: User) -> None:
    credential = seed.ids(bob)[0]
    status, text = send(others_page, f"/credentials/{credential}/pause", htmx=True)
    assert status == 200 and 'id="head"' in text and "Paused. No new entries" in text and "Resume" in text
    status, _text = send(others_page, f"/credentials/{credential}/resume")
    assert status == 303
    assert "Resumed." in others_page.get(f"/credentials/{credential}").text


def test_another_credential_than_ones_own_is_not_there(page: FlaskClient, bob: User) -> None:
    foreign, agent = seed.ids(bob)[0], "nof1/gpt-5"
    for credential in (foreign, "Momentum", "c_nobody"):
        assert page.get(f"/trackers/new?credential={credential}").status_code == 404
        for path in ("/trackers/new", "/trackers/preview"):
            assert send(page, path, credential=credential, agent=agent)[0] == 404
    assert send(page, "/trackers/preview", tracker=seed.ids(bob)[1], agent=agent)[0] == 404


def test_a_tracker_needs_a_credential(page: FlaskClient) -> None:
    status, text = send(page, "/trackers/new", agent="nof1/gpt-5")
    assert status == 422 and "Choose a credential." in text


def test_a_refused_button_says_why(others_page: FlaskClient, bob: User) -> None:
    status, text = send(others_page, f"/credentials/{seed.ids(bob)[0]}/resume", htmx=True)
    assert status == 409 and "is not paused" in text


def test_a_credential_that_does_not_poll_is_not_polled(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    savings = named(ann.id, "c3")
    before = len(wiring.queue.asked)
    status, text = send(page, f"/credentials/{savings}/poll", htmx=True)
    assert status == 409 and "Savings does not poll, so nothing would be ordered. Start it first." in text
    assert len(wiring.queue.asked) == before
    assert f"/credentials/{savings}/poll" not in text and f"/credentials/{savings}/test" in text


@pytest.mark.parametrize("state", ["stopped", "locked"])
def test_open_positions_of_what_does_not_poll_are_warned_of(
    page: FlaskClient, wiring: Wiring, ann: User, state: str
) -> None:
    credential = seed.ids(ann)[0]
    warning = f"Nothing is closed for you while it is {state}: 2 positions are open."
    assert warning not in page.get(f"/credentials/{credential}").text
    with state_of(wiring, ann, CredentialState(state)):
        for path in ("/credentials", f"/credentials/{credential}"):
            assert warning in page.get(path).text
        assert "Nothing is closed for Momentum while it does not poll; open positions: 2." in page.get("/").text


def test_a_locked_credential_can_be_tested_and_nothing_else(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    at = f"/credentials/{seed.ids(ann)[0]}"
    with state_of(wiring, ann, CredentialState.LOCKED):
        head = page.get(f"{at}/head").text
    assert f"{at}/test" in head and f"{at}/stop" not in head and "Test the key: when it works again" in head
    assert f"{at}/start" not in head and f"{at}/poll" not in head


@contextmanager
def state_of(wiring: Wiring, user: User, state: CredentialState) -> Iterator[None]:
    """Let a tenant's first credential be in a state for a while."""
    id = seed.ids(user)[0]
    with wiring.tenants(user.id) as store:
        store.credentials.set_state(id, state)
    yield
    with wiring.tenants(user.id) as store:
        store.credentials.set_state(id, CredentialState.RUNNING)
