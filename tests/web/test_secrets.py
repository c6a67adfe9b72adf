"""A secret that was typed, sealed, tested: it is in no answer of any route."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from flask import Flask
from flask.testing import FlaskClient

from nof1web.errors import Text
from nof1web.services.stores import User
from nof1web.web.pages import PAGES
from nof1web.wiring import Wiring
from tests.web import seed
from tests.web.conftest import send
from tests.web.past import named

FRAGMENTS = {name for page in PAGES.values() for name in page.fragments}


def paths(app: Flask, ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, path) of every GET route with each of these ids and every fragment's name."""
    values = {"id": ids, "name": FRAGMENTS, "filename": ("css/app.css",)}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "__flask_sock.live":
            names = sorted(rule.arguments)
            for chosen in product(*(values[name] for name in names)):
                with app.test_request_context():
                    yield rule.endpoint, app.url_for(rule.endpoint, **dict(zip(names, chosen, strict=True)))


def failed_draft(page: FlaskClient, wiring: Wiring, ann: User) -> str:
    """Type a key whose test fails; return the draft's id."""
    send(page, "/credentials", name="Seventh", environment="testnet", api_key="g" * 64, api_secret=seed.SECRET)
    draft = wiring.queue.asked[-1][2]
    with wiring.tenants(ann.id) as store:
        store.credentials.finish_draft(draft, state="failed", answer=Text("No such key."))
    return draft


def test_a_secret_is_in_no_answer(app: Flask, page: FlaskClient, wiring: Wiring, ann: User) -> None:
    live = named(ann.id, "c3")
    with wiring.tenants(ann.id) as store:
        seed._seal(wiring, store, live)
    ids = (*seed.ids(ann), live, failed_draft(page, wiring, ann))
    seen = set()
    for client in (page, app.test_client()):
        for endpoint, path in paths(app, ids):
            answer = client.get(path)
            assert seed.SECRET not in answer.text, path
            seen |= {(endpoint, answer.status_code)}
    # Where every answer were an error, nothing would have been looked at.
    shown = {endpoint for endpoint, status in seen if status == 200}
    assert {endpoint for endpoint, _status in seen} == shown
