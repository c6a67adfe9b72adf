"""The exchange's own small site."""

from __future__ import annotations

import re

import pytest

from nof1web.sim.page_texts import TEXTS
from tests.sim.face import Trader


def test_the_form_hands_out_a_key_that_works(btc: Trader):
    page = btc.client.post("/keys", data={"balance": "2500", "mode": "hedge"})
    found = dict(re.findall(r'id="(api-key|api-secret)"[^>]* value="(\w{64})"', page.text))
    btc.key = {"api_key": found["api-key"], "api_secret": found["api-secret"]}
    assert btc.call("GET", "/fapi/v3/account")["totalWalletBalance"] == "2500.00000000"
    assert btc.call("GET", "/fapi/v1/accountConfig")["dualSidePosition"] is True
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("balance", ["", "NaN", "-5", "9", "1e99", "<b>"])
def test_an_odd_balance_is_said_beside_the_field_and_makes_nothing(btc: Trader, balance: str):
    page = btc.client.post("/keys", data={"balance": balance})
    assert page.status_code == 422 and TEXTS["en"]["balance_error"] in page.text and "<b>" not in page.text
    assert len(btc.world.exchange.ledger.accounts) == 1


@pytest.mark.parametrize(
    ("query", "accepted", "lang"), [("", "zh-CN,en;q=0.8", "zh-CN"), ("?lang=en", "zh", "en"), ("", "de", "en")]
)
def test_the_page_speaks_the_readers_language(btc: Trader, query: str, accepted: str, lang: str):
    assert f'<html lang="{lang}">' in btc.client.get(f"/{query}", headers={"Accept-Language": accepted}).text


def test_both_languages_say_the_same_things():
    assert set(TEXTS["en"]) == set(TEXTS["zh"])


def test_styles_and_script_come_with_it_and_other_pages_are_missing(btc: Trader):
    assert btc.client.get("/static/sim.css").mimetype == "text/css"
    assert btc.client.get("/static/sim.js").mimetype == "text/javascript"
    assert btc.client.get("/static/../wsgi.py").status_code == 404
