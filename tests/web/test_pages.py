"""Pages and their fragments."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from nof1web.services.stores import User
from nof1web.web.pages import PAGES, base
from tests.web import seed

_TIMES = re.compile(r"(<time[^>]*>)[^<]*|value=\"[^\"]{60,}\"|[ \t\n]+")


def address(page: str, ann: User) -> tuple[str, str]:
    """Return a page's path and that of its fragments."""
    credential, tracker = seed.ids(ann)
    id = {"credential": credential, "tracker": tracker}.get(page, "")
    at = base(page, id)
    return ("/" if page == "overview" else at), at


@pytest.mark.parametrize("name", PAGES)
def test_each_fragment_is_a_piece_of_its_page(name: str, page: FlaskClient, ann: User) -> None:
    path, at = address(name, ann)
    whole = _TIMES.sub("", page.get(path).text)
    for fragment in PAGES[name].fragments:
        answer = page.get(f"{at}/{fragment}")
        piece = _TIMES.sub("", answer.text)
        assert answer.status_code == 200 and "<html" not in piece and f'id="{fragment}"' in piece
        if fragment not in ("totals", "balances", "credentials", "list"):  # these draw a line up to the present moment
            assert piece in whole, fragment


def test_a_fragment_that_is_none_is_not_found(page: FlaskClient) -> None:
    assert page.get("/overview/page").status_code == 404


def test_the_overview_adds_up_at_live_marks(page: FlaskClient) -> None:
    text = page.get("/").text
    # 1041.27 + 0.031·(67012.4 − 66210.5) − 0.42·(3120.55 − 3095.1) + 3.5·(171.2 − 169.02), and 982.40 beside it
    assert 'value="1063.07"' in text and 'value="2045.47"' in text and 'value="12873.02"' in text


def test_a_position_shows_what_is_foreign_and_what_rests(page: FlaskClient) -> None:
    text = page.get("/overview/positions").text
    assert 'value="64000.00"' in text and 'value="71000.00"' in text
    assert "foreign" in text and "your own" in text


def test_an_api_key_shows_four_characters_at_each_end(page: FlaskClient, ann: User) -> None:
    text = page.get(f"/credentials/{seed.ids(ann)[0]}").text
    assert "KeYs…0000" in text and seed.KEY[:10] not in text


def test_a_page_tells_its_socket_where_it_stands(page: FlaskClient, ann: User) -> None:
    credential = seed.ids(ann)[0]
    assert f"page=credential:{credential}" in page.get(f"/credentials/{credential}").text


def test_a_new_person_is_told_the_next_step(app: Flask) -> None:
    from nof1web.services.users import add_user
    from tests.web.conftest import enter

    add_user(app.extensions["nof1_ports"](), "new@example.org", seed.PASSWORD)
    client = enter(app.test_client(), "new@example.org")
    assert "No credential yet" in client.get("/").text
    for path in ("/credentials", "/trackers/new", "/activity", "/why", "/agents"):
        assert client.get(path).status_code == 200


def test_the_why_page_tells_one_trackers_verdicts(page: FlaskClient, ann: User) -> None:
    _credential, tracker = seed.ids(ann)
    assert page.get(f"/why?tracker={tracker}").text.count("<li>") == 3
    assert page.get("/why?tracker=t_nobody").status_code == 404


def test_a_machine_learns_whether_all_is_ready(stranger: FlaskClient) -> None:
    answer = stranger.get("/readyz")
    assert answer.status_code == 200 and answer.json["ready"] is True and answer.json["sources"][0]["name"] == "nof1"
