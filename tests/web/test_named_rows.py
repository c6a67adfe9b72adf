"""Every order and every event says which account it is of, and in which environment."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from nof1web.services import credentials
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.web import seed


def labels(wiring: Wiring, user: User) -> list[tuple[str, str]]:
    return [(each.name, each.environment.value) for each in credentials.listing(wiring, user.id)]


def test_every_order_row_names_its_account_and_environment(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    credential, _tracker = seed.ids(ann)
    (name, environment) = labels(wiring, ann)[0]
    text = page.get(f"/credentials/{credential}/orders").text
    rows = re.findall(r'<td class="time".*?</td>', text, re.DOTALL)
    assert rows and all(name in row and environment in row.lower() for row in rows)


def test_every_event_of_an_account_names_it_and_its_environment(page: FlaskClient, wiring: Wiring, ann: User) -> None:
    rows = re.findall(r"<li.*?</li>", page.get("/activity").text, re.DOTALL)
    concerned = [row for row in rows if "/credentials/" in row]
    assert concerned
    for row in concerned:
        assert any(name in row and environment in row.lower() for name, environment in labels(wiring, ann)), row
