"""A newcomer's first minutes in a real browser: log in, watch, add a key, preview, start, see a fill, stop."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.e2e.deployment import EMAIL, PASSWORD, ROOT, Deployment, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]
playwright = pytest.importorskip("playwright.sync_api")
SHOTS = ROOT / "tests" / "_output"
AGENT = "gemini-2.5-pro"


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
    opened.on("console", lambda said: opened.wrong.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()


def shoot(page: playwright.Page, name: str) -> None:
    """Keep a picture of the page at desktop and phone width; nothing may stick out sideways."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
    page.set_viewport_size({"width": 1440, "height": 900})


def login(page: playwright.Page, deployment: Deployment) -> None:
    page.goto(f"{deployment.url}/login")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"{deployment.url}/")


def a_key_from_the_exchange(page: playwright.Page, deployment: Deployment) -> tuple[str, str, str]:
    """Let the exchange's own page hand out a key; return (key, secret, account id)."""
    page.goto(f"{deployment.exchange.url}/?lang=en")
    page.fill("#balance", "5000")
    page.click("button[type=submit]")
    shoot(page, "exchange-key")
    key, secret = page.input_value("#api-key"), page.input_value("#api-secret")
    return key, secret, page.inner_text("dd >> nth=0")


def test_a_newcomer_follows_an_agent_and_stops_again(page: playwright.Page, deployment: Deployment) -> None:
    deployment.prices(XRPUSDT="2")
    for positions in ({}, {"XRP": {"quantity": "4000", "leverage": 8}}):
        deployment.agent(AGENT, **positions)
    page.goto(f"{deployment.url}/login")
    shoot(page, "login")
    login(page, deployment)
    page.locator("#groups").get_by_text("Momentum").first.wait_for()
    shoot(page, "overview")

    key, secret, account = a_key_from_the_exchange(page, deployment)
    page.goto(f"{deployment.url}/credentials")
    page.fill("#add [name=name]", "Newcomer")
    page.fill("#add [name=api_key]", key)
    page.fill("#add [name=api_secret]", secret)
    shoot(page, "credentials")
    page.click("#add form button.primary")
    page.get_by_role("link", name="Choose an agent", exact=True).click(timeout=30_000)

    page.check(f"[name=agent][value='nof1/{AGENT}']", force=True)
    page.select_option("[name=mode]", "trade")
    page.select_option("[name=existing]", "copy")
    page.fill("[name=total_margin]", "1000")
    page.keyboard.press("Tab")
    page.locator("#preview").get_by_text("XRP").first.wait_for(timeout=15_000)
    shoot(page, "tracker-new")
    page.get_by_role("button", name="Start following").click()
    page.wait_for_url("**/trackers/t_*")
    shoot(page, "tracker")

    page.goto(f"{deployment.url}/credentials")
    page.get_by_role("link", name="Newcomer").first.click()
    page.get_by_role("button", name="Start").first.click()
    # No reload from here on: the fill has to come by itself.
    page.locator("#positions").get_by_text("XRP").first.wait_for(timeout=40_000)
    rows = deployment.exchange.account(account)["positions"]
    # 4000 x 2 / 8 = 1000 of 10000 = 10 % of 1000 = 100 margin x 8 = 800 notional = 400 XRP
    assert [Decimal(row["positionAmt"]) for row in rows] == [Decimal(400)]
    shoot(page, "credential")
    page.get_by_role("button", name="Stop").first.click()
    page.locator("#head").get_by_text("Stopped").first.wait_for(timeout=10_000)
    assert not page.wrong


@pytest.mark.parametrize("path", ["/agents", "/activity", "/why", "/credentials", "/trackers/new"])
def test_every_page_reads_well_in_chinese_on_a_dark_phone(
    browser: playwright.Browser, deployment: Deployment, path: str
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 780}, locale="zh-CN", color_scheme="dark")
    page = context.new_page()
    page.goto(f"{deployment.url}/login")
    assert "登录" in page.inner_text("main")
    login(page, deployment)
    page.goto(deployment.url + path)
    page.screenshot(path=SHOTS / f"zh-{path.strip('/').replace('/', '-')}-360.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_the_main_pages_read_well_in_chinese(browser: playwright.Browser, deployment: Deployment) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", color_scheme="light")
    page = context.new_page()
    login(page, deployment)
    page.locator("#positions").wait_for()
    shoot(page, "zh-overview")
    page.get_by_role("link", name="Momentum").first.click()
    page.locator("#trackers").wait_for()
    shoot(page, "zh-credential")
    page.locator("#trackers tbody a[href^='/trackers/t_']").first.click()
    page.locator("#epochs").wait_for()
    shoot(page, "zh-tracker")
    context.close()


def test_the_overview_moves_without_reloading(page: playwright.Page, deployment: Deployment) -> None:
    login(page, deployment)
    page.locator("#totals").wait_for()
    page.evaluate("window.notReloaded = true")
    before = page.inner_text("#totals")
    deployment.exchange.post("/sim/market", frozen=False)
    try:
        eventually(lambda: page.inner_text("#totals") != before, seconds=30, of="a new total")
    finally:
        deployment.exchange.post("/sim/market", frozen=True)
    assert page.evaluate("window.notReloaded") is True


def test_pause_works_with_the_keyboard_on_a_phone(page: playwright.Page, deployment: Deployment) -> None:
    login(page, deployment)
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(f"{deployment.url}/credentials")
    page.get_by_role("link", name="Contrarian").first.click()
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    page.locator("#head").get_by_text("Paused").first.wait_for(timeout=10_000)
    page.get_by_role("button", name="Resume").first.click()
    page.locator("#head").get_by_text("Running").first.wait_for(timeout=10_000)
