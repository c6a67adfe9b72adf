"""An installation with two tenants, a Redis of its own, and programs that call its API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from nof1web.services import tokens
from nof1web.services.stores import User
from nof1web.web.app import create_app
from nof1web.wiring import Wiring
from tests.adapters.redis_server import redis_server
from tests.web import seed
from tests.web.compiled import Compiled


class Program:
    """A program with a token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.token = client, token

    def __call__(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Any:
        """Call the API; `json` is the body."""
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, **options)

    def read(self, path: str) -> Any:
        """Return the document of a GET that succeeds."""
        answer = self("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def do(self, path: str, **body: Any) -> Any:
        """Return the document of a POST that succeeds."""
        answer = self("POST", path, json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json


@pytest.fixture(scope="module")
def wiring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiring]:
    """Ports on real files and a real Redis; bus and queue note what they are told."""
    folder = tmp_path_factory.mktemp("api")
    with redis_server(folder) as url:
        (folder / "tenants").mkdir(mode=0o700)
        made = seed.wiring(Path(folder / "tenants"), REDIS_URL=url)
        seed.market(made)
        yield made


@pytest.fixture(scope="module")
def app(wiring: Wiring) -> Flask:
    made = create_app(wiring.config, ports=lambda: wiring)
    made.jinja_env.bytecode_cache = Compiled()
    made.testing = True
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
def program(wiring: Wiring, app: Flask, ann: User) -> Program:
    """Ann's program, which may do everything."""
    made = tokens.make(wiring, ann.id, name="everything", scope="admin", days=1)
    return Program(app.test_client(), made.value)
