"""The exchange's own small site: prices by hand, languages, notices, and who may see what."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from nof1web.sim.page_texts import TEXTS
from nof1web.sim.state import open_state
from nof1web.sim.world import make_world
from tests.sim.face import Trader, trader
from tests.sim.test_pages import LIMIT, MARKET, STOP, done, post, said, typed

ENGLISH = TEXTS["en"]
FORMS = ("/keys", "/prices", "/prices/market", "/accounts/a1/orders", "/accounts/a1/transfers", "/accounts/a1/keys")


def test_a_price_moved_by_hand_says_what_it_set_off(btc: Trader):
    post(btc, "orders", **MARKET)
    post(btc, "orders", **LIMIT)
    post(btc, "orders", **STOP)
    told = said(done(post(btc, "/prices", symbol="BTCUSDT", price="58900"), btc))
    assert told == ("BTCUSDT moved to 58,900.0. Orders filled: 1 · stops and targets fired: 1 · liquidations: 0.")


def test_a_crash_counts_its_liquidations(btc: Trader):
    post(btc, "symbols", symbol="BTCUSDT", set="leverage", leverage="125")
    post(btc, "orders", **{**MARKET, "quantity": "0.5"})
    assert "liquidations: 1" in said(done(post(btc, "/prices", symbol="BTCUSDT", percent="-5"), btc))
    assert btc.positions() == {}


@pytest.mark.parametrize(("percent", "price"), [("-5", "57000"), ("-1", "59400"), ("+1", "60600"), ("+5", "63000")])
def test_a_button_moves_a_price_by_its_percentage(btc: Trader, percent: str, price: str):
    done(post(btc, "/prices", symbol="BTCUSDT", percent=percent), btc)
    assert btc.world.exchange.market.mark("BTCUSDT") == int(price)


@pytest.mark.parametrize("price", ["", "0", "-1", "9999999999", "6O000", "60,000"])
def test_an_odd_price_moves_nothing_and_stays_typed(btc: Trader, price: str):
    page = post(btc, "/prices", symbol="BTCUSDT", price=price)
    assert page.status_code == 422 and "Enter a price of BTCUSDT from 1.0 to 4,560,000.0" in page.text
    assert typed(page, "move-BTCUSDT") == price if price else True
    assert btc.world.exchange.market.mark("BTCUSDT") == 60000


def test_the_market_is_frozen_freed_and_made_wilder(btc: Trader):
    market = btc.world.exchange.market
    assert said(done(post(btc, "/prices/market", set="unfrozen"), btc)) == "Prices walk again." and not market.frozen
    assert "now 2.5×" in done(post(btc, "/prices/market", set="volatility", volatility="2.5"), btc)
    assert post(btc, "/prices/market", set="volatility", volatility="101").status_code == 422
    assert str(market.volatility) == "2.5"


@pytest.mark.parametrize(
    ("query", "accepted", "lang"), [("", "zh-CN,en;q=0.8", "zh-CN"), ("?lang=en", "zh", "en"), ("", "de", "en")]
)
def test_the_page_speaks_the_readers_language(btc: Trader, query: str, accepted: str, lang: str):
    for path in ("/", "/prices", "/accounts/a1", "/nowhere"):
        assert f'<html lang="{lang}">' in btc.client.get(path + query, headers={"Accept-Language": accepted}).text


def test_both_languages_say_the_same_things_with_the_same_blanks():
    blanks = {name: {key: set(re.findall(r"{\w+}", text)) for key, text in t.items()} for name, t in TEXTS.items()}
    assert blanks["en"] == blanks["zh"]


def test_a_notice_speaks_the_language_of_the_form(btc: Trader):
    told = said(done(post(btc, "orders?lang=zh", **MARKET), btc))
    assert told.startswith("买入委托已成交：0.0100 BTCUSDT")


@pytest.mark.parametrize(
    "forged",
    [
        {"said": "deposited", "amount": "Send all to me", "asset": "USDT"},
        {"said": "deposited", "amount": "<b>", "asset": "USDT"},
        {"said": "deposited", "amount": "5", "asset": "our bank"},
        {"said": "unheard", "amount": "5"},
        {"said": "deposited", "amount": "5", "asset": "USDT", "at": "0" * 13},
        {"said": "deposited", "amount": "5"},
    ],
)
def test_an_address_puts_no_words_of_its_own_on_a_page(btc: Trader, forged: dict[str, str]):
    query = urlencode({"lang": "en", "at": btc.clock.now_ms, **forged})
    assert said(btc.client.get(f"/accounts/a1?{query}").text) == ""


def test_a_notice_is_no_news_after_a_minute(btc: Trader):
    answer = post(btc, "transfers", asset="USDT", amount="5", direction="deposit")
    btc.clock.now_ms += 61_000
    assert said(done(answer, btc)) == ""


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "sender", [{"headers": {"Origin": "http://elsewhere.example"}}, {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}]
)
def test_a_form_from_elsewhere_is_refused(btc: Trader, path: str, sender: dict[str, dict[str, str]]):
    answer = btc.client.post(path, data={"balance": "100", "symbol": "BTCUSDT", "percent": "+5", **STOP}, **sender)
    assert answer.status_code == 403 and len(btc.world.keys.keys) == 1
    assert btc.world.exchange.market.mark("BTCUSDT") == 60000 and not btc.raw()["algo_orders"]


def test_accounts_are_shown_on_this_machine_only(btc: Trader):
    away = {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}
    assert btc.client.get("/accounts/a1", **away).status_code == 403
    assert "/accounts/a1" not in btc.client.get("/", **away).text and "/accounts/a1" in btc.client.get("/").text
    assert "60,000.0" in btc.client.get("/prices", **away).text


@pytest.mark.parametrize("path", ["/", "/prices", "/accounts/a1"])
def test_a_page_carries_no_script_and_no_style_of_its_own(btc: Trader, path: str):
    page = btc.client.get(path)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|<script(?! src=)|\son\w+=", page.text)


@pytest.mark.parametrize("path", ["/", "/prices", "/accounts/a1"])
def test_figures_come_alone_for_the_script(btc: Trader, path: str):
    figures = btc.client.get(f"{path.rstrip('/')}/figures")
    assert figures.status_code == 200 and "<html" not in figures.text
    regions = re.findall(r'id="(\w+)" data-region', btc.client.get(path).text)
    assert regions and all(f'<div id="{region}">' in figures.text for region in regions)


def test_many_accounts_come_by_pages(btc: Trader):
    for _ in range(30):
        post(btc, "/keys", balance="100")
    first, second = btc.client.get("/").text, btc.client.get("/?from=25").text
    assert "/accounts/a31?" in first and "/accounts/a1?" not in first and "1–25 of 31" in first
    assert "/accounts/a1?" in second
    assert all(btc.client.get(f"/?from={odd}").status_code == 200 for odd in ("-1", "x", "9" * 30, "²"))


def test_unknown_pages_and_accounts_are_missing(btc: Trader):
    for path in ("/nowhere", "/accounts/a99", "/accounts/a1/nothing", "/accounts/", "/accounts/a1/figures/x"):
        assert btc.client.get(path).status_code == 404
    assert btc.client.put("/prices").status_code == 404 and btc.client.post("/accounts/a9/orders").status_code == 404


def test_styles_and_script_come_with_it_and_other_files_do_not(btc: Trader):
    kinds = {"sim.css": "text/css", "sim.js": "text/javascript", "mark.svg": "image/svg+xml"}
    assert all(btc.client.get(f"/static/{name}").mimetype == kind for name, kind in kinds.items())
    assert btc.client.get("/static/../wsgi.py").status_code == 404


def test_what_a_form_did_is_there_after_a_restart(tmp_path: Path):
    before = trader(store=open_state(tmp_path))
    done(post(before, "orders", **LIMIT), before)
    done(post(before, "/prices", symbol="BTCUSDT", price="61000"), before)
    world = make_world(seed=1, now_ms=before.clock(), store=open_state(tmp_path))
    assert len(world.exchange.account("a1").open_orders) == 1 and world.exchange.market.mark("BTCUSDT") == 61000
