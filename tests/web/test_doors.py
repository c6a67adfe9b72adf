"""Who gets in where: strangers, other tenants, forged forms, foreign sites."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient

from nof1web.services.stores import User
from nof1web.web.access import OPEN, local_path
from tests.web import seed
from tests.web.conftest import csrf


def doors(app: Flask, values: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield (method, path, endpoint) of every route but the API's, which knows tokens instead of sessions."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<path:{name}>", "x").replace(f"<{name}>", values.get(name, "x"))
        for method in (rule.methods or set()) & {"GET", "POST"}:
            yield method, path, rule.endpoint


def test_a_stranger_is_sent_to_the_login_from_every_page(app: Flask, stranger: FlaskClient) -> None:
    for method, path, endpoint in doors(app, {}):
        if endpoint in OPEN:
            continue
        answer = stranger.open(path, method=method)
        allowed = (401,) if path == "/live" else (302,)
        assert answer.status_code in allowed, (method, path, answer.status_code)
        assert path == "/live" or answer.location.startswith("/login")


def test_only_the_listed_doors_are_open(app: Flask) -> None:
    listed = {
        *("login.login", "login.enter", "static", "health.healthz", "health.readyz", "metrics.metrics"),
        *("choices.language", "choices.theme", "choices.colours"),
    }
    assert listed == OPEN
    assert listed <= {endpoint for _method, _path, endpoint in doors(app, {})}


def test_a_strangers_fragment_request_leaves_the_page(stranger: FlaskClient) -> None:
    answer = stranger.get("/overview/positions", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"][:6]) == (401, "/login")


def test_a_strangers_api_call_is_answered_in_json(stranger: FlaskClient) -> None:
    answer = stranger.get("/api/v1/positions")
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorized")


def test_anothers_ids_do_not_exist(app: Flask, ann: User, others_page: FlaskClient) -> None:
    credential, tracker = seed.ids(ann)
    token = csrf(others_page)
    for verb in (
        "start",
        "stop",
        "pause",
        "resume",
        "enable",
        "disable",
        "test",
        "poll",
        "settings",
        "head",
        "events",
        "x",
    ):
        for area, id in (("credentials", credential), ("trackers", tracker)):
            for method, path in (
                ("GET", f"/{area}/{id}"),
                ("GET", f"/{area}/{id}/{verb}"),
                ("POST", f"/{area}/{id}/{verb}"),
            ):
                answer = others_page.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
                assert answer.status_code == 404, (method, path)


def test_anothers_verdicts_do_not_exist(ann: User, others_page: FlaskClient) -> None:
    for tracker in (seed.ids(ann)[1], "t_nobody", "grok-4 t2"):
        assert others_page.get("/why", query_string={"tracker": tracker}).status_code == 404
        assert others_page.get("/why/list", query_string={"tracker": tracker}).status_code == 404


def test_every_route_with_an_id_is_404_for_an_unknown_one(app: Flask, page: FlaskClient) -> None:
    token = csrf(page)
    for method, path, endpoint in doors(app, {"id": "c_0000000000000000", "verb": "start", "name": "head"}):
        if "c_0000" not in path:
            continue
        answer = page.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
        assert answer.status_code == 404, (method, path, endpoint)


def test_every_post_without_its_token_is_refused(app: Flask, page: FlaskClient) -> None:
    for method, path, _endpoint in doors(app, {"verb": "start", "name": "head"}):
        if method == "POST":
            assert page.post(path).status_code == 403, path


def test_a_forged_login_is_refused(stranger: FlaskClient) -> None:
    assert stranger.post("/login", data={"email": "ann@example.org", "password": seed.PASSWORD}).status_code == 403


def test_a_wrong_password_keeps_the_email_and_says_so(stranger: FlaskClient, ann: User) -> None:
    answer = stranger.post(
        "/login", data={"email": ann.email, "password": "wrong", "csrf_token": csrf(stranger, "/login")}
    )
    assert answer.status_code == 422
    assert "don&#39;t belong together" in answer.text and ann.email in answer.text and "wrong&" not in answer.text


def test_logging_out_ends_the_session_on_the_server(app: Flask, page: FlaskClient) -> None:
    copy = app.test_client()
    cookie = page.get_cookie("nof1")
    assert cookie is not None
    page.post("/logout", data={"csrf_token": csrf(page)})
    copy.set_cookie("nof1", cookie.value)
    assert copy.get("/").status_code == 302


def test_after_the_login_only_this_site_is_gone_to() -> None:
    assert local_path("/trackers/new?agent=nof1/x") == "/trackers/new?agent=nof1/x"
    for foreign in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"):
        assert local_path(foreign) == "/"
