"""A secret that was typed, sealed, tested: it is in no answer of any route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient

from nof1web.core.records import EpochState
from nof1web.errors import Text
from nof1web.services import removing, tokens
from nof1web.services.stores import User
from nof1web.web.app import create_app
from nof1web.web.pages import PAGES
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import enter, send
from tests.web.past import named

FRAGMENTS = {name for page in PAGES.values() for name in page.fragments}


class Unlimited:
    """services.ports.Rates of a program that asks for nothing else."""

    def count(self, _name: str) -> tuple[int, int]:
        return 1, 60


def paths(app: Flask, ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, path) of every GET route with each of these ids and every fragment's name."""
    values = {"id": ids, "name": FRAGMENTS, "filename": ("css/app.css",)}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "__flask_sock.live":
            names = sorted(rule.arguments)
            for chosen in product(*(values.get(name, ids) for name in names)):
                with app.test_request_context():
                    yield rule.endpoint, app.url_for(rule.endpoint, **dict(zip(names, chosen, strict=True)))


def failed_draft(page: FlaskClient, wiring: Wiring, ann: User) -> str:
    """Type a key whose test fails; return the draft's id."""
    send(page, "/credentials", name="Seventh", environment="testnet", api_key="g" * 64, api_secret=seed.SECRET)
    draft = wiring.queue.asked[-1][2]
    with wiring.tenants(ann.id) as store:
        store.credentials.finish_draft(draft, state="failed", answer=Text("No such key."))
    return draft


def gone(wiring: Wiring, ann: User) -> str:
    """Seal a secret, then remove its credential; return the id."""
    id = named(ann.id, "c2")
    with wiring.tenants(ann.id) as store:
        seed._seal(wiring, store, id)
        for epoch in store.trackers.epochs(id):
            store.trackers.put_epoch(replace(epoch, quantity=Decimal(0), state=EpochState.CLOSED))
    removing.remove(wiring, ann.id, id, typed="Contrarian")
    return id


def test_a_secret_is_in_no_answer(
    app: Flask, page: FlaskClient, wiring: Wiring, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the demo nothing goes live: that page would only say so.
    monkeypatch.setattr(wiring, "demo", False)
    live = named(ann.id, "c3")
    with wiring.tenants(ann.id) as store:
        seed._seal(wiring, store, live)
    ids = (*seed.ids(ann), live, gone(wiring, ann), failed_draft(page, wiring, ann))
    seen = set()
    wiring.__dict__["rates"] = Unlimited()
    bearer = {"Authorization": f"Bearer {tokens.make(wiring, ann.id, name='T', scope='read', days=None).value}"}
    for client in (page, app.test_client()):
        for endpoint, path in paths(app, ids):
            answer = client.get(path, headers=bearer if endpoint.startswith("api.") and client is not page else {})
            assert seed.SECRET not in answer.text, path
            seen |= {(endpoint, answer.status_code)}
    # Where every answer were an error, nothing would have been looked at. No job was ever run here.
    shown = {endpoint for endpoint, status in seen if status == 200}
    assert {endpoint for endpoint, _status in seen} - shown <= {"api.job"}


def test_a_failure_in_the_middle_of_a_form_shows_and_logs_no_secret(
    wiring: Wiring, ann: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page = enter(create_app(wiring.config, ports=lambda: wiring).test_client(), ann.email)
    monkeypatch.setattr(wiring, "seal", lambda *_args, **_more: {}["nothing"])
    form = {"name": "Broken", "environment": "testnet", "api_key": "k" * 64, "api_secret": seed.SECRET}
    status, text = send(page, "/credentials", **form)
    assert status == 500 and "Broken" not in text and seed.SECRET not in text
    assert "request failed" in caplog.text and seed.SECRET not in caplog.text
