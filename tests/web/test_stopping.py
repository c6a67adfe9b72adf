"""Halts and flatten from pages: what is typed, who may, and that a lost Redis stops nobody from stopping."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as RedisDown

from nof1web.core.records import CredentialState
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import send


@pytest.fixture(autouse=True)
def as_before(wiring: Wiring, ann: User) -> Iterator[None]:
    """Put the shared installation back."""
    credential, tracker = seed.ids(ann)
    yield
    wiring.registry.set_site_halted(False)
    with wiring.tenants(ann.id) as store:
        store.halts.set_user_halted(None)
        store.credentials.set_state(credential, CredentialState.RUNNING)
        store.trackers.set_state(tracker, CredentialState.RUNNING)
        for each in store.flattens.open(credential):
            store.flattens.finish(each.id, wiring.clock())


def test_flatten_waits_until_the_name_is_typed(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    credential, _tracker = seed.ids(ann)
    at = f"/credentials/{credential}/flatten"
    status, text = send(page, at, confirm="wrong")
    assert status == 422 and "to confirm" in text
    with wiring.tenants(ann.id) as store:
        found = store.credentials.get(credential)
        assert found is not None and store.flattens.open(credential) == ()
    assert send(page, at, confirm=found.name)[0] in (200, 303)
    assert send(page, at, confirm=found.name)[0] in (200, 303)
    with wiring.tenants(ann.id) as store:
        kept = store.flattens.open(credential)
    assert len(kept) == 1 and wiring.queue.asked[-1] == ("flatten", ann.id, credential, kept[0].id)
    pages = (at, f"/credentials/{credential}/head", f"/credentials/{credential}")
    assert all("under way" in page.get(each).text and f"{at}/cancel" in page.get(each).text for each in pages)
    assert send(page, f"{at}/cancel")[0] in (200, 303)
    assert not any("under way" in page.get(each).text for each in pages)


def test_the_page_names_what_would_be_closed(page: FlaskClient, ann: User) -> None:
    credential, tracker = seed.ids(ann)
    text = page.get(f"/credentials/{credential}/flatten?tracker={tracker}").text
    assert 'name="everything"' not in text and "<option" in text and 'name="confirm"' in text


def test_another_persons_account_has_no_flatten(others_page: FlaskClient, ann: User) -> None:
    credential, tracker = seed.ids(ann)
    assert others_page.get(f"/credentials/{credential}/flatten").status_code == 404
    assert send(others_page, f"/credentials/{credential}/flatten", confirm="Main")[0] == 404
    assert send(others_page, f"/credentials/{credential}/flatten/cancel")[0] == 404
    assert send(others_page, f"/trackers/{tracker}/state/halt")[0] == 404


def test_a_halt_of_all_shows_at_once_and_ends_by_a_button(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    credential, _tracker = seed.ids(ann)
    send(page, "/halt/mine/halt")
    with wiring.tenants(ann.id) as store:
        assert store.halts.user_halted()
    assert "Halted" in page.get(f"/credentials/{credential}/head").text and "End the halt" in page.get("/halt").text
    send(page, "/halt/mine/unhalt")
    assert "Halted" not in page.get(f"/credentials/{credential}/head").text


def test_only_an_administrator_halts_the_site(page: FlaskClient, wiring: Wiring) -> None:
    status, _text = send(page, "/halt/site/halt")
    assert (status == 404) is not wiring.registry.site_halted()


def test_a_credential_and_a_tracker_are_halted_and_released(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    credential, tracker = seed.ids(ann)
    for at, name in ((f"/credentials/{credential}", "credential"), (f"/trackers/{tracker}", "tracker")):
        status, text = send(page, f"{at}/state/halt", htmx=True)
        assert status == 200 and "Halted" in text, name
        assert send(page, f"{at}/state/resume", htmx=True)[0] == 409
        assert "Halted" not in send(page, f"{at}/state/unhalt", htmx=True)[1].split("</section>")[0]
        assert send(page, f"{at}/state/sleep")[0] == 404


def test_a_halt_is_done_though_redis_is_away(
    page: FlaskClient, wiring: Wiring, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_ids: object, **_options: object) -> None:
        raise RedisDown("refused")

    monkeypatch.setattr(wiring, "queue", type("Gone", (), {"__getattr__": lambda self, name: gone})())
    assert send(page, "/halt/mine/halt")[0] in (200, 303)
    assert send(page, f"/credentials/{seed.ids(ann)[0]}/state/halt", htmx=True)[0] == 200
    with wiring.tenants(ann.id) as store:
        assert store.halts.user_halted()


def test_the_target_is_shown_beside_the_holding_with_a_reason(page: FlaskClient, ann: User) -> None:
    text = page.get(f"/credentials/{seed.ids(ann)[0]}/standing").text
    assert "Target and holding" in text and text.count("<tr>") > 1
