"""One agent followed with several credentials by one form: a row for each, all of it or nothing."""

from __future__ import annotations

from flask.testing import FlaskClient

from nof1web.core import settings as schema
from nof1web.services import defaults, trackers
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import send
from tests.web.past import named
from tests.web.test_settings_form import fields

AGENT = {"agent": "nof1/qwen3-max"}


def rows(user: User) -> tuple[str, str]:
    return named(user.id, "c1"), named(user.id, "c2")


def made(p: Wiring, user: User) -> dict[str, schema.TrackerSettings]:
    found = (each for each in trackers.listing(p, user.id) if each.agent == "qwen3-max")
    return {each.credential_id: schema.of(each) for each in found}


def test_each_row_switched_on_gets_a_tracker_with_its_own_and_what_all_share(
    page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    one, two = rows(ann)
    shared = fields(page.get("/trackers/several").text) | {"max_leverage": "7"}
    own = {f"{one}.on": "on", f"{two}.on": "on", f"{two}.total_margin": "333", f"{two}.max_leverage": "3"}
    assert send(page, "/trackers/several", **AGENT, **shared, **own)[0] == 303
    found = made(wiring, ann)
    assert {id: each.max_leverage for id, each in found.items()} == {one: 7, two: 3}
    assert {id: int(each.total_margin) for id, each in found.items()} == {one: 100, two: 333}


def test_one_wrong_row_is_told_beside_its_field_and_nothing_is_made(
    page: FlaskClient, wiring: Wiring, ann: User
) -> None:
    one, two = rows(ann)
    before = len(trackers.listing(wiring, ann.id))
    wrong = {f"{one}.on": "on", f"{two}.on": "on", f"{two}.max_leverage": "999"}
    status, text = send(page, "/trackers/several", **AGENT, **wrong)
    assert status == 422 and f'id="{two}.max_leverage-error"' in text and f'id="{one}.max_leverage-error"' not in text
    assert f'id="more-{two}" open' in text and 'value="999"' in text and len(trackers.listing(wiring, ann.id)) == before


def test_a_missing_agent_is_told_once_above_all_rows(page: FlaskClient, ann: User) -> None:
    one, two = rows(ann)
    status, text = send(page, "/trackers/several", agent="nof1/nobody", **{f"{one}.on": "on", f"{two}.on": "on"})
    assert status == 422 and text.count("Choose an agent from the list.") == 1


def test_nothing_switched_on_says_so(page: FlaskClient, ann: User) -> None:
    status, text = send(page, "/trackers/several", **AGENT)
    assert status == 422 and "Switch on at least one credential." in text


def test_an_empty_field_shows_what_the_credential_inherits(others_page: FlaskClient, wiring: Wiring, bob: User) -> None:
    one, two = rows(bob)
    defaults.put(wiring, bob.id, {"total_margin": "77"}, credential=one)
    text = others_page.get(f"/trackers/several?credential={two}").text
    assert f'name="{one}.total_margin" value="" placeholder="77"' in text
    assert f'name="{two}.total_margin" value="" placeholder="100"' in text
    assert f'name="{two}.on" value="on" checked' in text and f'name="{one}.on" value="on">' in text


def test_a_row_of_somebody_elses_is_not_looked_at(others_page: FlaskClient, wiring: Wiring, ann: User) -> None:
    before = len(trackers.listing(wiring, ann.id))
    status, text = send(others_page, "/trackers/several", **AGENT, **{f"{seed.ids(ann)[0]}.on": "on"})
    assert status == 422 and "Switch on at least one credential." in text
    assert len(trackers.listing(wiring, ann.id)) == before
