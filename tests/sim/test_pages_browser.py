"""The exchange's small site in a real browser: key, deposit, an order by hand, a price that fires a stop, closing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange_process import ExchangeProcess, running_exchange

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
playwright = pytest.importorskip("playwright.sync_api")
ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "tests" / "_output"
AXE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    with running_exchange(tmp_path_factory.mktemp("exchange")) as started:
        started.prices(BTCUSDT="60000", XRPUSDT="2")
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US", color_scheme="light")
    opened = context.new_page()
    opened.wrong: list[str] = []
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.on("console", lambda told: opened.wrong.append(told.text) if told.type == "error" else None)
    yield opened
    context.close()


def shoot(page: playwright.Page, name: str) -> None:
    """Keep a picture of the page at desktop and phone width; nothing may stick out sideways."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=SHOTS / f"exchange-{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
    page.set_viewport_size({"width": 1440, "height": 900})


def told(page: playwright.Page) -> str:
    """The sentence on top of the page."""
    return page.inner_text("#said")


def order(page: playwright.Page, **fields: str) -> None:
    """Fill the ticket and send it; choices by their value."""
    if "type" in fields:
        page.select_option("#ticket-type", fields.pop("type"))
    page.check(f".ticket [name=side][value={fields.pop('side', 'BUY')}]", force=True)
    for name, value in fields.items():
        page.fill(f"#ticket-{name}", value)
    page.click(".ticket button[type=submit]")


def test_a_newcomer_trades_by_hand(page: playwright.Page, exchange: ExchangeProcess) -> None:
    page.goto(f"{exchange.url}/?lang=en")
    page.fill("#balance", "5000")
    page.click("button[type=submit]")
    assert len(page.input_value("#api-key")) == len(page.input_value("#api-secret")) == 64
    shoot(page, "new-key")
    page.click("a.primary")

    page.fill("#transfer-amount", "2500")
    page.click("button[value=deposit]")
    assert told(page) == "2,500 USDT deposited." and "7,500.00" in page.inner_text("#equity")
    # The ticket shows what the chosen type needs and nothing else.
    assert not page.is_visible("#ticket-price") and not page.is_visible("#ticket-trigger")
    order(page, quantity="0.1")
    assert told(page).startswith("Buy order filled: 0.1000 BTCUSDT")
    order(page, type="LIMIT", side="BUY", quantity="0.05", price="58000")
    order(page, type="STOP_MARKET", side="SELL", quantity="0.04", trigger="59000")
    assert told(page) == "Conditional order waits for BTCUSDT to reach 59,000.0."

    page.click("nav >> text=Prices")
    page.fill("#move-BTCUSDT", "58990")
    page.keyboard.press("Enter")
    assert "stops and targets fired: 1 · liquidations: 0" in told(page)

    page.click("nav >> text=Accounts")
    page.click("#figures table a >> nth=0")
    assert "0.0600" in page.inner_text("#held-BTCUSDT-BOTH")
    page.focus("#close-BTCUSDT-BOTH")
    page.keyboard.press("Enter")
    page.wait_for_selector("#said")
    assert told(page).startswith("Closed 0.0600 BTCUSDT") and page.locator("#held-BTCUSDT-BOTH").count() == 0
    assert not page.wrong


def test_figures_move_by_themselves_and_typing_stays(page: playwright.Page, exchange: ExchangeProcess) -> None:
    path = f"/accounts/{exchange.post('/sim/keys', balance='1000')['account_id']}"
    page.goto(f"{exchange.url}{path}?lang=en")
    order(page, quantity="0.01")
    page.fill("#ticket-quantity", "0.0123")
    page.focus("#close-BTCUSDT-BOTH")
    before = page.inner_text("#held-BTCUSDT-BOTH")
    exchange.prices(BTCUSDT="61000")
    page.wait_for_function("text => document.querySelector('#held-BTCUSDT-BOTH').innerText !== text", arg=before)
    assert page.input_value("#ticket-quantity") == "0.0123"
    assert page.evaluate("document.activeElement.id") == "close-BTCUSDT-BOTH"
    exchange.prices(BTCUSDT="60000")


def test_a_refused_order_says_why_where_it_was_typed(page: playwright.Page, exchange: ExchangeProcess) -> None:
    path = f"/accounts/{exchange.post('/sim/keys', balance='1000')['account_id']}"
    page.goto(f"{exchange.url}{path}?lang=zh")
    order(page, type="LIMIT", quantity="5", price="59000")
    alert = page.locator("#ticket-problem")
    assert "代码 -2019" in alert.inner_text() and page.evaluate("document.activeElement.id") == "ticket-problem"
    assert page.input_value("#ticket-quantity") == "5" and page.is_visible("#ticket-price")
    shoot(page, "zh-refused")
    order(page, quantity="viel")
    assert page.evaluate("document.activeElement.id") == "ticket-quantity"


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_every_page_reads_well(
    browser: playwright.Browser, exchange: ExchangeProcess, language: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    path = f"/accounts/{exchange.post('/sim/keys', balance='25000', hedge=scheme == 'dark')['account_id']}"
    page.goto(f"{exchange.url}{path}?lang={language}")
    order(page, quantity="0.2")
    order(page, type="LIMIT", quantity="0.1", price="57000")
    order(page, type="TAKE_PROFIT_MARKET", side="SELL", quantity="0.1", trigger="66000")
    page.wait_for_selector("#said")
    found = []
    for name, address in (("account", path), ("home", "/"), ("prices", "/prices")):
        page.goto(f"{exchange.url}{address}?lang={language}")
        shoot(page, f"{name}-{language}-{scheme}")
        page.evaluate(AXE.read_text())
        rows = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        found += [f"{name} {row['id']}: {row['nodes'][0]['html'][:120]}" for row in rows if row["impact"] != "minor"]
    context.close()
    assert not found, "\n".join(found)


def test_it_works_without_scripts(browser: playwright.Browser, exchange: ExchangeProcess) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{exchange.url}/?lang=en")
    page.click("button[type=submit]")
    page.click("a.primary")
    order(page, quantity="0.01")
    assert told(page).startswith("Buy order filled")
    page.click("#close-BTCUSDT-BOTH")
    assert told(page).startswith("Closed 0.0100 BTCUSDT")
    context.close()
