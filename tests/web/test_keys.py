"""A key's own page: how well it is kept, a new one for it, going live, taking it away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from nof1web.errors import Refused, Text
from nof1web.services.key_stores import PastKey
from nof1web.services.stores import Quota, User
from nof1web.web import access
from nof1web.web.app import create_app
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import csrf, enter, send
from tests.web.past import named


def savings(p: Wiring, user: User) -> str:
    """Return the tenant's live credential, its secret sealed."""
    id = named(user.id, "c3")
    with p.tenants(user.id) as store:
        if store.keys.sealed(id, "api_secret") is None:
            seed._seal(p, store, id)
    return id


def test_the_key_is_masked_and_its_copy_is_a_click_away(page: FlaskClient, ann: User) -> None:
    text = page.get(f"/credentials/{seed.ids(ann)[0]}/key").text
    whole = f"{seed.KEY[:-1]}0"
    assert f">{whole[:4]}…{whole[-4:]}<" in text and text.count(whole) == text.count(f'data-copy="{whole}"') == 1


def test_a_new_key_is_tested_by_a_worker(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    id = seed.ids(ann)[0]
    form = {"csrf_token": csrf(page), "api_key": "n" * 64, "api_secret": seed.SECRET}
    answer = page.post(f"/credentials/{id}/key", data=form)
    assert answer.status_code == 303
    _name, _user, draft = wiring.queue.asked[-1]
    with wiring.tenants(ann.id) as store:
        row = store.credentials.draft(draft)
        assert row is not None and row.replaces == id and seed.SECRET.encode() not in row.sealed
        store.credentials.finish_draft(draft, state="failed", answer=Text("Another account."))
    assert "The old key stays in use." in page.get(answer.location).text


def test_what_cannot_be_a_key_says_so_beside_the_field(page: FlaskClient, ann: User) -> None:
    status, text = send(page, f"/credentials/{seed.ids(ann)[0]}/key", api_key="short", api_secret=seed.SECRET)
    assert status == 422 and 'value="short"' in text and seed.SECRET not in text


@pytest.fixture
def for_real(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that is no demo: there nothing goes live."""
    monkeypatch.setattr(wiring, "demo", False)


@pytest.mark.usefixtures("for_real")
def test_going_live_shows_the_worst_case_first(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    text = page.get(f"/credentials/{savings(wiring, ann)}/arm").text
    assert "Lost at most, when no stop is filled" in text and 'name="typed"' in text


@pytest.mark.usefixtures("for_real")
def test_only_the_right_name_arms(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    id = savings(wiring, ann)
    status, text = send(page, f"/credentials/{id}/arm", typed="savings")
    assert status == 422 and "exactly as it stands here: Savings" in text
    assert send(page, f"/credentials/{id}/arm", typed="Savings")[0] == 303
    with wiring.tenants(ann.id) as store:
        found = store.credentials.get(id)
        assert found is not None and found.armed
    assert send(page, f"/credentials/{id}/disarm")[0] == 303


def test_a_test_credential_is_not_armed(page: FlaskClient, ann: User) -> None:
    assert page.get(f"/credentials/{seed.ids(ann)[0]}/arm").status_code == 409


def test_others_keys_do_not_exist(others_page: FlaskClient, ann: User) -> None:
    for name in ("key", "arm", "remove"):
        assert others_page.get(f"/credentials/{seed.ids(ann)[0]}/{name}").status_code == 404


def test_removing_needs_the_name_and_leaves_the_list_without_it(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    id = named(ann.id, "c2")
    assert send(page, f"/credentials/{id}/remove", typed="no")[0] == 422
    answer = send(page, f"/credentials/{id}/remove", typed="Contrarian")
    assert answer[0] in (303, 409)
    assert page.get(f"/credentials/{id}").status_code == (404 if answer[0] == 303 else 200)


def test_former_keys_are_listed_masked(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    id = seed.ids(ann)[0]
    with wiring.tenants(ann.id) as store:
        now = wiring.clock()
        store.keys.add_past(PastKey(id, "abcd…wxyz", now - timedelta(days=99), now))
    assert "abcd…wxyz" in page.get(f"/credentials/{id}/key").text


@pytest.mark.parametrize(
    ("site", "private"),
    [
        ("http://localhost:8000", True), ("http://127.0.0.1", True), ("http://[::1]:8000", True),
        ("https://server.example.org", True), ("http://server.example.org", False), ("http://127.example.org", False),
    ],
)  # fmt: skip
def test_a_key_is_typed_where_nobody_reads_along(app: Flask, site: str, private: bool) -> None:
    with app.test_request_context(base_url=site):
        assert access.private_way() is private
        if not private:
            with pytest.raises(Refused, match="https://"):
                access.require_private_way()


def test_a_proxy_with_a_password_is_parted_and_never_shown(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    typed = {"environment": "testnet", "api_key": "p" * 64, "api_secret": seed.SECRET}
    proxy = "socks5h://ann:hidden-word@192.0.2.1:1080"
    status, text = send(page, "/credentials", htmx=True, name="Proxied", proxy=proxy, label="sub", **typed)
    assert status == 200 and "hidden-word" not in text
    with wiring.tenants(ann.id) as store:
        row = store.credentials.draft(wiring.queue.asked[-1][2])
        assert row is not None and (row.proxy, row.label) == ("socks5h://ann@192.0.2.1:1080", "sub")
    status, text = send(page, "/credentials", htmx=True, name="", proxy=proxy, **typed)
    assert status == 422 and "hidden-word" not in text


def test_a_credential_gets_another_name_label_and_margin_mode(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    id = seed.ids(ann)[0]
    assert send(page, f"/credentials/{id}/about", name="Contrary", label="sub", margin_mode="ISOLATED")[0] == 303
    text = page.get(f"/credentials/{id}/key").text
    assert "<h1>Key of Contrary</h1>" in text and 'value="sub" selected' in text and 'value="ISOLATED" selected' in text
    status, text = send(page, f"/credentials/{id}/about", name="savings", label="", margin_mode="")
    assert status == 422 and "You already have a credential named savings" in text
    assert send(page, f"/credentials/{id}/about", name="Momentum", label="", margin_mode="")[0] == 303


def test_others_credentials_are_not_renamed(others_page: FlaskClient, ann: User) -> None:
    assert send(others_page, f"/credentials/{seed.ids(ann)[0]}/about", name="Mine")[0] == 404


def test_the_form_shows_the_address_to_put_on_the_keys_list_with_a_button_that_copies_it(
    wiring: Wiring, ann: User
) -> None:
    known = create_app(replace(wiring.config, egress_ip="192.0.2.7"), ports=lambda: wiring).test_client()
    assert 'data-copy="192.0.2.7"' in enter(known, ann.email).get("/credentials").text
    assert 'data-copy="192.0.2.7"' in known.get(f"/credentials/{seed.ids(ann)[0]}/key").text


def test_safety_advice_stands_wherever_a_key_is_entered(page: FlaskClient, ann: User) -> None:
    for path in ("/credentials", f"/credentials/{seed.ids(ann)[0]}/key"):
        text = page.get(path).text
        assert "Leave withdrawals and transfers off" in text and "only what you want to trade with" in text, path


def test_where_others_could_read_along_a_banner_stands_in_place_of_the_form(
    page: FlaskClient, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "private_way", lambda: False)
    for path in ("/credentials", f"/credentials/{seed.ids(ann)[0]}/key"):
        text = page.get(path).text
        assert 'role="alert"' in text and "https://" in text and 'name="api_secret"' not in text


def test_a_pair_is_made_here_and_only_its_public_half_is_shown(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    form = {"csrf_token": csrf(page), "name": "Paired", "environment": "testnet"}
    at = page.post("/credentials/pair", data=form).location
    text = page.get(at).text
    assert "BEGIN PUBLIC KEY" in text and "PRIVATE" not in text
    assert f'href="{at}"' in page.get("/credentials").text
    id = at.rpartition("/")[2]
    status, text = send(page, f"/credentials/pair/{id}", api_key="short")
    assert status == 422 and 'value="short"' in text and "letters and digits only" in text
    assert send(page, f"/credentials/pair/{id}", api_key="e" * 64)[0] == 303
    assert wiring.queue.asked[-1] == ("test_key", ann.id, id) and "A worker tests" in page.get(at).text


def test_a_pair_may_have_a_way_out_of_its_own_whose_password_no_page_shows(
    page: FlaskClient, wiring: Wiring, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"name": "Proxied", "environment": "testnet", "proxy": "socks5h://ann:proxypassword@127.0.0.1:1080"}
    assert 'name="proxy"' in page.get("/credentials/pair").text
    status, text = send(page, "/credentials/pair", **form | {"name": ""})
    assert status == 422 and "proxypassword" not in text
    status, text = send(page, "/credentials/pair", **form | {"proxy": "ftp://x"})
    assert status == 422 and "Write the proxy as" in text
    at = page.post("/credentials/pair", data=form | {"csrf_token": csrf(page)}).location
    with wiring.tenants(ann.id) as store:
        row = store.credentials.draft(at.rpartition("/")[2])
        assert row is not None and row.proxy == "socks5h://ann@127.0.0.1:1080" and row.sealed_proxy
    assert "proxypassword" not in page.get(at).text
    monkeypatch.setattr(access, "private_way", lambda: False)
    assert 'name="proxy"' not in page.get("/credentials/pair").text
    assert send(page, "/credentials/pair", **form)[0] == 409


def test_a_pair_of_somebody_elses_is_not_given_up(page: FlaskClient, others_page: FlaskClient, ann: User) -> None:
    form = {"csrf_token": csrf(page), "name": "Mine", "environment": "testnet"}
    id = page.post("/credentials/pair", data=form).location.rpartition("/")[2]
    assert send(others_page, f"/credentials/pair/{id}/give-up")[0] == 404
    assert send(page, f"/credentials/pair/{id}/give-up")[0] == 303
    assert send(page, "/credentials/pair", name="", environment="testnet")[0] == 422


def test_a_new_key_may_be_of_another_environment_until_the_first_order(
    page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    unused = page.get(f"/credentials/{savings(wiring, ann)}/key").text
    assert 'name="environment"' in unused and 'value="live" selected' in unused
    assert 'name="environment"' not in page.get(f"/credentials/{seed.ids(ann)[0]}/key").text


def test_who_has_as_many_as_allowed_is_told_so(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    wiring.registry.set_quota(ann.id, Quota(credentials=1))
    key = {"name": "One more", "environment": "testnet", "api_key": "q" * 64, "api_secret": "s" * 64}
    status, text = send(page, "/credentials", **key)
    wiring.registry.set_quota(ann.id, Quota())
    assert status == 409 and "the most this installation allows" in text and key["api_secret"] not in text
