"""Fixtures: the application on real files, logged-in browsers of two tenants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from nof1web.services.stores import User
from nof1web.web.app import create_app
from nof1web.wiring import Wiring
from tests.tools.migrated import new_databases_at_once
from tests.web import seed
from tests.web.compiled import Compiled


@pytest.fixture(scope="module", autouse=True)
def databases() -> Iterator[None]:
    """No test here is about the migrations of a new database."""
    with new_databases_at_once():
        yield


@pytest.fixture(scope="module")
def wiring(tmp_path_factory: pytest.TempPathFactory) -> Wiring:
    """Ports on real files, with a market that has spoken; no test changes what the others read."""
    folder = tmp_path_factory.mktemp("web") / "tenants"
    folder.mkdir(mode=0o700)
    made = seed.wiring(Path(folder))
    seed.market(made)
    return made


@pytest.fixture(scope="module")
def ann(wiring: Wiring) -> User:
    """A tenant with something of everything."""
    return seed.person(wiring, "ann@example.org")


@pytest.fixture(scope="module")
def bob(wiring: Wiring) -> User:
    """Another tenant."""
    return seed.person(wiring, "bob@example.org")


@pytest.fixture(scope="module")
def app(wiring: Wiring) -> Flask:
    """The application with the fixture's ports."""
    made = create_app(wiring.config, ports=lambda: wiring)
    made.jinja_env.bytecode_cache = Compiled()
    made.testing = True
    return made


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A browser that is not logged in."""
    return app.test_client()


@pytest.fixture
def page(app: Flask, ann: User) -> FlaskClient:
    """Ann's browser."""
    return enter(app.test_client(), "ann@example.org")


@pytest.fixture
def others_page(app: Flask, bob: User) -> FlaskClient:
    """Bob's browser."""
    return enter(app.test_client(), "bob@example.org")


def csrf(client: FlaskClient, path: str = "/credentials") -> str:
    """Return the token of a page's first form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def enter(client: FlaskClient, email: str) -> FlaskClient:
    """Log in through the form."""
    token = csrf(client, "/login")
    answer = client.post("/login", data={"email": email, "password": seed.PASSWORD, "csrf_token": token})
    assert answer.status_code == 303, answer.text
    return client


def send(client: FlaskClient, path: str, *, htmx: bool = False, **fields: str) -> tuple[int, str]:
    """Post a form with its token; return status and text."""
    headers = {"HX-Request": "true"} if htmx else {}
    answer = client.post(path, data={"csrf_token": csrf(client), **fields}, headers=headers)
    return answer.status_code, answer.text
