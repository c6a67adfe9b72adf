"""Language and theme."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import csrf, enter


def test_the_browsers_language_is_taken_until_one_is_chosen(stranger: FlaskClient) -> None:
    assert 'lang="zh-Hans"' in stranger.get("/login", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
    assert 'lang="en"' in stranger.get("/login", headers={"Accept-Language": "de,fr;q=0.9"}).text


def test_a_chosen_language_stays_with_the_user(app: Flask, wiring: Wiring, bob: User) -> None:
    client = enter(app.test_client(), bob.email)
    answer = client.post("/language", data={"language": "zh", "next": "/agents", "csrf_token": csrf(client)})
    assert (answer.status_code, answer.location) == (303, "/agents")
    assert "总览" in enter(app.test_client(), bob.email).get("/").text
    wiring.registry.set_language(bob.id, "")


def test_a_stranger_switches_language_too(stranger: FlaskClient) -> None:
    stranger.post("/language", data={"language": "zh", "next": "/login", "csrf_token": csrf(stranger, "/login")})
    assert "登录" in stranger.get("/login").text


def test_an_unknown_language_is_refused(stranger: FlaskClient) -> None:
    data = {"language": "xx", "csrf_token": csrf(stranger, "/login")}
    assert stranger.post("/language", data=data).status_code == 422


def test_a_chosen_theme_is_on_the_page(stranger: FlaskClient) -> None:
    assert "data-theme" not in stranger.get("/login").text
    stranger.post("/theme", data={"theme": "dark", "csrf_token": csrf(stranger, "/login")})
    assert 'data-theme="dark"' in stranger.get("/login").text


def test_gains_can_be_red(stranger: FlaskClient) -> None:
    assert "data-up" not in stranger.get("/login").text
    data = {"colours": "red-up", "next": "/login", "csrf_token": csrf(stranger, "/login")}
    assert stranger.post("/colours", data=data).location == "/login"
    assert 'data-up="red"' in stranger.get("/login").text
    assert stranger.post("/colours", data={**data, "colours": "blue"}).status_code == 422


def test_chinese_pages_have_no_english_sentence_left(page: FlaskClient, ann: User) -> None:
    page.set_cookie("lang", "zh")
    credential, tracker = seed.ids(ann)
    for path in (
        "/",
        "/credentials",
        f"/credentials/{credential}",
        f"/trackers/{tracker}",
        "/trackers/new",
        "/agents",
        "/why",
    ):
        text = re.sub(r"<(script|data|time)\b.*?</\1>|<[^>]+>", " ", page.get(path).text, flags=re.S)
        assert not re.findall(r"[A-Z]?[a-z]{3,} [a-z]{2,}", text), path
