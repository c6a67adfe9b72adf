"""The exchange's own small site: keys, money, orders, settings and prices by hand."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.test import TestResponse

from nof1web.sim.page_texts import TEXTS
from tests.sim.face import Trader

ENGLISH, CHINESE = TEXTS["en"], TEXTS["zh"]
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
LIMIT = {**MARKET, "type": "LIMIT", "price": "59000", "time_in_force": "GTC"}
STOP = {**MARKET, "type": "STOP_MARKET", "side": "SELL", "trigger": "59000", "working_type": "MARK_PRICE"}


def post(trader: Trader, form: str, *, account: str = "a1", **fields: Any) -> TestResponse:
    """Send a form of an account's page, or of an address that begins with a slash."""
    return trader.client.post(form if form.startswith("/") else f"/accounts/{account}/{form}", data=fields)


def done(answer: TestResponse, trader: Trader) -> str:
    """Follow the redirect of a form that was carried out; the page it leads to."""
    assert answer.status_code == 303, answer.text
    page = trader.client.get(answer.headers["Location"])
    assert page.status_code == 200
    return page.text


def said(page: str) -> str:
    """The sentence on top of a page, "" when there is none."""
    found = re.search(r'id="said"[^>]*>([^<]*)<', page)
    return found[1] if found else ""


def typed(page: TestResponse, field: str) -> str:
    """What a page holds in one of its fields."""
    found = re.search(rf'<input id="{field}"[^>]* value="([^"]*)"', page.text)
    assert found, field
    return found[1]


def public_key() -> str:
    """A public Ed25519 key as PEM."""
    key = Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_the_form_hands_out_a_key_that_works(btc: Trader):
    page = btc.client.post("/keys", data={"balance": "2500", "mode": "hedge"})
    found = dict(re.findall(r'id="(api-key|api-secret)"[^>]* value="(\w{64})"', page.text))
    btc.key = {"api_key": found["api-key"], "api_secret": found["api-secret"]}
    assert btc.call("GET", "/fapi/v3/account")["totalWalletBalance"] == "2500.00000000"
    assert btc.call("GET", "/fapi/v1/accountConfig")["dualSidePosition"] is True
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("balance", ["", "NaN", "-5", "9", "1e99", "<b>", "1,000"])
def test_an_odd_balance_is_said_beside_the_field_and_makes_nothing(btc: Trader, balance: str):
    page = btc.client.post("/keys", data={"balance": balance})
    assert page.status_code == 422 and ENGLISH["balance_error"] in page.text and "<b>" not in page.text
    assert len(btc.world.exchange.ledger.accounts) == 1


def test_a_public_key_makes_a_key_without_a_secret(btc: Trader):
    pem = public_key().replace("\n", "\r\n")
    page = post(btc, "/keys", balance="100", kind="own", public_key=pem)
    assert 'id="api-key"' in page.text and "api-secret" not in page.text
    assert [key.kind for key in btc.world.keys.keys.values()] == ["HMAC", "ED25519"]


@pytest.mark.parametrize("form", ["/keys", "keys"])
def test_half_a_public_key_makes_neither_account_nor_key_and_stays_typed(btc: Trader, form: str):
    half = public_key()[:60]
    page = post(btc, form, balance="77", kind="own", public_key=half)
    assert page.status_code == 422 and ENGLISH["public_key_error"] in page.text and half in page.text
    assert len(btc.world.exchange.ledger.accounts) == len(btc.world.keys.keys) == 1


def test_a_secret_is_on_the_page_of_its_making_and_on_no_other(btc: Trader):
    made = post(btc, "keys")
    secrets = {key.api_secret for key in btc.world.keys.keys.values()} | set(btc.world.keys.keys)
    pages = [btc.client.get(path).text for path in ("/", "/prices", "/accounts/a1", "/accounts/a1/figures")]
    assert len(secrets) == 4 and sum(secret in made.text for secret in secrets) == 2
    assert not any(secret in page for secret in secrets for page in pages)


@pytest.mark.parametrize("quantity", ["", "0", "-1", "abc", "1e-2", "0,01"])
def test_an_order_without_a_proper_quantity_is_not_placed_and_stays_typed(btc: Trader, quantity: str):
    page = post(btc, "orders", **{**MARKET, "quantity": quantity})
    assert page.status_code == 422 and ENGLISH["quantity_error"] in page.text
    assert typed(page, "ticket-quantity") == quantity and not btc.raw()["orders"]


def test_a_market_order_by_hand_fills_and_is_closed_by_a_button(btc: Trader):
    assert said(done(post(btc, "orders", **MARKET), btc)).startswith("Buy order filled: 0.0100 BTCUSDT at 60,00")
    assert btc.positions() == {"BTCUSDT BOTH": "0.0100"}
    page = done(post(btc, "close", symbol="BTCUSDT", position_side="BOTH"), btc)
    assert said(page).startswith("Closed 0.0100 BTCUSDT") and btc.positions() == {}


def test_a_position_closed_twice_says_that_nothing_is_left(btc: Trader):
    page = post(btc, "close", symbol="BTCUSDT", position_side="BOTH")
    assert page.status_code == 422 and "code -2022" in page.text and ENGLISH["hint_-2022"] in page.text


def test_resting_and_conditional_orders_are_cancelled_by_their_buttons(btc: Trader):
    assert "waits in the book" in done(post(btc, "orders", **LIMIT), btc)
    page = done(post(btc, "orders", **STOP), btc)
    for number in re.findall(r'name="number" value="(\d+)"', page):
        assert said(done(post(btc, "cancel", number=number), btc)) == "Order on BTCUSDT cancelled."
    assert [order["status"] for order in btc.raw()["orders"]] == ["CANCELED"]
    assert [algo["algoStatus"] for algo in btc.raw()["algo_orders"]] == ["CANCELED"]


@pytest.mark.parametrize("number", ["", "x", "999", "9" * 40])
def test_an_order_that_is_gone_cannot_be_cancelled(btc: Trader, number: str):
    page = post(btc, "cancel", number=number)
    assert page.status_code == 422 and "code -2011" in page.text


def test_a_refusal_keeps_what_was_typed_and_tells_the_reader_what_to_do(btc: Trader):
    page = post(btc, "orders?lang=zh", **{**LIMIT, "quantity": "5"})
    assert page.status_code == 422 and "代码 -2019" in page.text and "Margin is insufficient." in page.text
    assert CHINESE["hint_-2019"] in page.text and typed(page, "ticket-quantity") == "5"
    assert typed(page, "ticket-price") == "59000" and '<option value="LIMIT" selected>' in page.text


def test_hedge_mode_asks_for_the_position_side(hedged: Trader):
    assert post(hedged, "orders", **MARKET).status_code == 422
    done(post(hedged, "orders", **{**MARKET, "side": "SELL"}, position_side="SHORT"), hedged)
    assert hedged.positions() == {"BTCUSDT SHORT": "-0.0100"}


def test_money_goes_in_and_out_by_asset(btc: Trader):
    assert said(done(post(btc, "transfers", asset="BTC", amount="0.5", direction="deposit"), btc)) == (
        "0.5 BTC deposited."
    )
    assert "withdrawn" in done(post(btc, "transfers", asset="USDT", amount="1000", direction="withdraw"), btc)
    account = btc.world.exchange.account("a1")
    assert (str(account.balance("BTC")), account.wallet) == ("0.5", 0)


def test_more_than_there_is_is_not_withdrawn(btc: Trader):
    page = post(btc, "transfers", asset="USDT", amount="1000.01", direction="withdraw")
    assert page.status_code == 422 and "Withdraw at most 1,000 USDT" in page.text
    assert typed(page, "transfer-amount") == "1000.01" and btc.raw()["wallet"] == "1000"


@pytest.mark.parametrize("amount", ["", "0", "-5", "0.000000001", "1e3", "99999999999"])
def test_an_odd_amount_moves_nothing(btc: Trader, amount: str):
    page = post(btc, "transfers", asset="USDT", amount=amount, direction="deposit")
    assert page.status_code == 422 and ENGLISH["amount_error"] in page.text and btc.raw()["wallet"] == "1000"


def test_full_width_digits_of_a_chinese_keyboard_are_digits(btc: Trader):
    done(post(btc, "transfers", asset="USDT", amount="２５０．５", direction="deposit"), btc)
    assert btc.raw()["wallet"] == "1250.5"


def test_leverage_and_margin_type_are_chosen_by_symbol(btc: Trader):
    assert "now 7×" in done(post(btc, "symbols", symbol="ETHUSDT", set="leverage", leverage="7"), btc)
    page = done(post(btc, "symbols", symbol="ETHUSDT", set="margin_type", margin_type="ISOLATED"), btc)
    config = btc.world.exchange.account("a1").config("ETHUSDT")
    assert (config.leverage, config.margin_type, said(page)) == (7, "ISOLATED", "Margin type of ETHUSDT: Isolated.")


@pytest.mark.parametrize("leverage", ["", "0", "126", "2.5", "x", "٣"])
def test_a_leverage_out_of_bounds_names_the_bounds(btc: Trader, leverage: str):
    page = post(btc, "symbols", symbol="BTCUSDT", set="leverage", leverage=leverage)
    assert page.status_code == 422 and "from 1 to 125 for BTCUSDT" in page.text


def test_the_position_mode_waits_for_the_positions(btc: Trader):
    done(post(btc, "orders", **MARKET), btc)
    page = post(btc, "mode", mode="hedge")
    assert page.status_code == 422 and "code -4068" in page.text
    done(post(btc, "close", symbol="BTCUSDT", position_side="BOTH"), btc)
    assert said(done(post(btc, "mode", mode="hedge"), btc)) == "Position mode is now hedge."


@pytest.mark.parametrize("form", ["orders", "close", "cancel", "transfers", "symbols", "mode"])
def test_a_form_with_nothing_in_it_does_nothing(btc: Trader, form: str):
    before = btc.raw()
    assert post(btc, form).status_code == 422
    assert btc.raw() == before


def test_the_address_of_a_form_leads_back_to_its_page(btc: Trader):
    for form, page in (("/accounts/a1/orders", "/accounts/a1"), ("/keys", "/"), ("/prices/market", "/prices")):
        assert btc.client.get(f"{form}?lang=zh").headers["Location"] == f"{page}?lang=zh"
