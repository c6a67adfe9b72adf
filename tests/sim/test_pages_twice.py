"""A form of the site that is sent twice: a double click, a reload, a proxy that tries again."""

from __future__ import annotations

import re

import pytest

from tests.sim.face import Trader
from tests.sim.test_pages import MARKET, post


def token(face: Trader, path: str = "/accounts/a1") -> str:
    found = set(re.findall(r'name="once" value="([^"]+)"', face.client.get(path).text))
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("orders", MARKET),
        ("transfers", {"asset": "USDT", "amount": "5", "direction": "deposit"}),
        ("keys", {}),
        ("/keys", {"balance": "100"}),
        ("/prices", {"symbol": "BTCUSDT", "percent": "+5"}),
    ],
)
def test_the_same_form_of_the_same_page_is_carried_out_once(btc: Trader, form: str, fields: dict[str, str]):
    once = token(btc)
    first = post(btc, form, once=once, **fields)
    world = (btc.raw(), len(btc.world.keys.keys), len(btc.world.exchange.ledger.accounts))
    again = post(btc, form, once=once, **fields)
    assert first.status_code in (200, 303)
    assert (again.status_code, again.data, again.location) == (first.status_code, first.data, first.location)
    assert (btc.raw(), len(btc.world.keys.keys), len(btc.world.exchange.ledger.accounts)) == world


def test_the_page_shown_anew_may_send_it_again_and_so_may_a_corrected_form(btc: Trader):
    once = token(btc)
    assert post(btc, "orders", once=once, **{**MARKET, "quantity": "9"}).status_code == 422
    for sent in (once, token(btc)):
        assert post(btc, "orders", once=sent, **MARKET).status_code == 303
    assert btc.positions() == {"BTCUSDT BOTH": "0.0200"}


@pytest.mark.parametrize("path", ["/", "/prices", "/accounts/a1", "/accounts/a1/figures"])
def test_every_form_of_a_page_carries_its_token(btc: Trader, path: str):
    btc.market("BUY", "0.001")
    page = btc.client.get(path).text
    forms = page.count('<form method="post"')
    assert forms == page.count('name="once"') > 0


def test_only_the_newest_answers_are_kept(btc: Trader):
    from nof1web.sim.page_once import KEPT

    for number in range(KEPT + 5):
        post(btc, "/prices/market", once=f"t{number}", set="frozen")
    assert len(btc.world.posted) == KEPT
