"""What every answer tells the browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

from flask.testing import FlaskClient

from nof1web.web.app import create_app
from tests.web import seed


def test_every_answer_carries_the_policy(page: FlaskClient) -> None:
    for path in ("/", "/login", "/nothing", "/static/css/app.css", "/healthz"):
        headers = page.get(path).headers
        assert (
            "script-src 'self';" in headers["Content-Security-Policy"]
            and "unsafe" not in headers["Content-Security-Policy"]
        )
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers


def test_pages_have_neither_inline_script_nor_inline_style(page: FlaskClient) -> None:
    for path in ("/", "/credentials", "/agents", "/why", "/activity", "/trackers/new"):
        text = page.get(path).text
        assert "<script>" not in text and "style=" not in text and "<style" not in text and " onclick" not in text


def test_behind_tls_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    p = seed.wiring(tmp_path, NOF1_PUBLIC_URL="https://copy.example")
    answer = create_app(p.config, ports=lambda: p).test_client().get("/login", base_url="https://copy.example")
    cookie = answer.headers["Set-Cookie"]
    assert (
        cookie.startswith("__Host-nof1=") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    )
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_pages_of_a_person_are_not_cached(page: FlaskClient) -> None:
    assert page.get("/").headers["Cache-Control"] == "no-store"


def test_htmx_settles_no_style_attribute_which_the_policy_forbids(page: FlaskClient) -> None:
    settings = re.search(r"name=\"htmx-config\" content='([^']+)'", page.get("/").text)
    assert settings is not None and "style" not in json.loads(settings[1])["attributesToSettle"]
