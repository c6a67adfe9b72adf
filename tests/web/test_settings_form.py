"""A tracker's settings on its page: what is inherited is shown, only what was changed is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask.testing import FlaskClient

from nof1web.core.settings import GROUP_LABELS, SPECS
from nof1web.services import defaults, trackers
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import send

_INPUT = re.compile(r"<input ([^>]*)>")
_SELECT = re.compile(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', re.S)
_CHOSEN = re.compile(r'<option value="([^"]*)" selected>')
_FIRST = re.compile(r'<option value="([^"]*)"')


def fields(text: str) -> dict[str, str]:
    """Return what a browser would send of a page's settings form, by name."""
    found = {}
    for attributes in _INPUT.findall(text):
        told = dict(re.findall(r'(\w+)="([^"]*)"', attributes))
        if told.get("name") in SPECS | {"shown_for": None} and (
            told.get("type") != "checkbox" or " checked" in attributes
        ):
            found[told["name"]] = unescape(told.get("value", ""))
    for name, options in _SELECT.findall(text):
        if name in SPECS:
            chosen = _CHOSEN.search(options) or _FIRST.search(options)
            assert chosen is not None
            found[name] = chosen[1]
    return found


@pytest.fixture
def levels(wiring: Wiring, bob: User) -> Iterator[str]:
    """Let Bob and his first credential set something for all trackers; give his tracker's id."""
    credential, tracker = seed.ids(bob)
    before = trackers.find(wiring, bob.id, tracker).settings
    with wiring.tenants(bob.id) as store:
        # Other tests save settings of this tracker, too.
        store.trackers.put_settings(tracker, {"mode": before["mode"]} if "mode" in before else {})
    defaults.put(wiring, bob.id, {"multiplier": "2", "max_leverage": "9", "interval": "7", "deny": "XRPUSDT"})
    defaults.put(wiring, bob.id, {"multiplier": "3", "symbol_tolerances": "BTCUSDT:0.5"}, credential=credential)
    yield tracker
    with wiring.tenants(bob.id) as store:
        for scope in ("", credential):
            store.trackers.put_defaults(scope, {})
        store.trackers.put_settings(tracker, before)


def test_the_page_shows_every_setting_with_what_is_inherited(others_page: FlaskClient, levels: str) -> None:
    text = others_page.get(f"/trackers/{levels}").text
    shown = fields(text)
    assert set(shown) == set(SPECS)
    assert (shown["multiplier"], shown["max_leverage"], shown["interval"], shown["deny"]) == ("3", "9", "7", "XRPUSDT")
    assert shown["symbol_tolerances"] == "BTCUSDT:0.5"
    for label in GROUP_LABELS.values():
        assert f"<legend>{label}</legend>" in text


def test_a_form_sent_as_it_came_changes_nothing(
    others_page: FlaskClient, levels: str, wiring: Wiring, bob: User
) -> None:
    before = trackers.find(wiring, bob.id, levels).settings
    status, text = send(
        others_page, f"/trackers/{levels}/settings", **fields(others_page.get(f"/trackers/{levels}").text)
    )
    assert status == 303, text
    assert trackers.find(wiring, bob.id, levels).settings == before


def test_one_changed_field_is_all_that_becomes_the_trackers_own(
    others_page: FlaskClient, levels: str, wiring: Wiring, bob: User
) -> None:
    before = dict(trackers.find(wiring, bob.id, levels).settings)
    sent = fields(others_page.get(f"/trackers/{levels}").text) | {"own_stop": "25"}
    assert send(others_page, f"/trackers/{levels}/settings", **sent)[0] == 303
    assert trackers.find(wiring, bob.id, levels).settings == before | {"own_stop": "25"}


def test_a_contradiction_is_told_beside_its_field(others_page: FlaskClient, levels: str) -> None:
    sent = fields(others_page.get(f"/trackers/{levels}").text) | {"fixed_leverage": "12"}
    status, text = send(others_page, f"/trackers/{levels}/settings", **sent)
    beside = text[text.index('name="fixed_leverage"') :][:600]
    assert status == 422 and "Fixed leverage must not be more than the max leverage of 9x." in unescape(beside)
    assert 'value="12"' in text and 'id="more-settings" open' in text


def test_a_change_that_a_holding_forbids_is_told_above_the_form(others_page: FlaskClient, levels: str) -> None:
    sent = fields(others_page.get(f"/trackers/{levels}").text) | {"reverse": "on", "multiplier": "4"}
    status, text = send(others_page, f"/trackers/{levels}/settings", **sent)
    assert status == 409 and "would close them at the next cycle: flatten or release them first." in text
    assert fields(text)["multiplier"] == "4"


def test_wrong_rates_are_told_beside_their_field(others_page: FlaskClient, levels: str) -> None:
    status, text = send(others_page, f"/trackers/{levels}/settings", symbol_tolerances="BTC;ETH:1")
    beside = text[text.index('name="symbol_tolerances"') :][:600]
    assert status == 422 and 'value="BTC;ETH:1"' in text
    assert "Tolerances by symbol must be symbols with numbers between 0 and 20" in unescape(beside)


def test_a_new_trackers_form_shows_what_its_credential_gives(others_page: FlaskClient, levels: str, bob: User) -> None:
    of_user = fields(others_page.get("/trackers/new").text)
    shown = fields(others_page.get(f"/trackers/new?credential={seed.ids(bob)[0]}").text)
    assert (of_user["multiplier"], of_user["shown_for"], of_user["max_leverage"]) == ("2", "", "9")
    assert (shown["multiplier"], shown["shown_for"], shown["max_leverage"]) == ("3", seed.ids(bob)[0], "9")


@pytest.mark.parametrize("shown_for", ["", "c1"])
def test_a_new_tracker_sent_as_shown_sets_nothing_itself(
    others_page: FlaskClient, levels: str, wiring: Wiring, bob: User, shown_for: str
) -> None:
    credential = seed.ids(bob)[0]
    query = f"?credential={credential}" if shown_for else ""
    sent = fields(others_page.get(f"/trackers/new{query}").text)
    status, text = send(others_page, "/trackers/new", **sent, credential=credential, agent="nof1/qwen3-max")
    assert status == 303, text
    with wiring.tenants(bob.id) as store:
        assert store.trackers.all(credential)[-1].settings == {}


def test_a_tracker_may_go_back_to_the_users_value_against_its_credentials(
    others_page: FlaskClient, levels: str, wiring: Wiring, bob: User
) -> None:
    sent = fields(others_page.get(f"/trackers/{levels}").text) | {"multiplier": "2"}
    assert send(others_page, f"/trackers/{levels}/settings", **sent)[0] == 303
    assert trackers.find(wiring, bob.id, levels).settings["multiplier"] == "2"


def test_a_preview_of_a_tracker_judges_its_settings_as_a_whole(
    others_page: FlaskClient, levels: str, bob: User
) -> None:
    about = {"tracker": levels, "credential": seed.ids(bob)[0], "agent": "nof1/qwen3-max"}
    sent = fields(others_page.get(f"/trackers/{levels}").text)
    assert send(others_page, "/trackers/preview", htmx=True, **about, **sent)[0] == 200
    status, text = send(others_page, "/trackers/preview", htmx=True, **about, **(sent | {"fixed_leverage": "12"}))
    assert status == 422 and "the max leverage of 9x" in text


def test_a_foreign_credential_is_not_looked_into(others_page: FlaskClient, ann: User) -> None:
    foreign = {"shown_for": seed.ids(ann)[0], "agent": "nof1/gpt-5"}
    assert send(others_page, "/trackers/new", **foreign)[0] == 422
    assert send(others_page, "/trackers/preview", **foreign)[0] == 200


@pytest.mark.parametrize("how", [{"own_stop": "", "multiplier": ""}, {"inherit": "own_stop"}])
def test_an_own_setting_that_is_cleared_or_ticked_is_inherited_again(
    others_page: FlaskClient, levels: str, wiring: Wiring, bob: User, how: dict[str, str]
) -> None:
    with wiring.tenants(bob.id) as store:
        store.trackers.put_settings(levels, {"own_stop": "25", "multiplier": "4"})
    text = others_page.get(f"/trackers/{levels}").text
    assert 'name="inherit" value="multiplier"><span>inherit again: 3<' in text and 'value="max_leverage"' not in text
    assert send(others_page, f"/trackers/{levels}/settings", **(fields(text) | how))[0] == 303
    left = trackers.find(wiring, bob.id, levels).settings
    assert left == ({"multiplier": "4"} if "inherit" in how else {})
