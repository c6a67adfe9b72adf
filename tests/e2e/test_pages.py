"""Every page in a real browser: accessible, quiet, in step with the others, and a newcomer's way by keyboard."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import websocket

from tests.e2e.deployment import EMAIL, PASSWORD, ROOT, Browserless, Deployment, eventually

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]
playwright = pytest.importorskip("playwright.sync_api")

SHOTS = ROOT / "tests" / "_output" / "pages"
AXE = (Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PATHS = (
    *("/", "/credentials", "/trackers/new", "/trackers/several", "/agents", "/activity", "/why", "/halt", "/tokens"),
    *("/?range=all", "/activity?severity=alarm", "/why?verdict=order"),
)
SHORT = [("en-US", "light", 360)]
ALL = [(lang, theme, width) for lang in ("en-US", "zh-CN") for theme in ("light", "dark") for width in (360, 768, 1440)]


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: playwright.Browser, deployment: Deployment) -> Iterator[playwright.Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    yield login(context.new_page(), deployment)
    context.close()


def login(
    page: playwright.Page, deployment: Deployment, email: str = EMAIL, password: str = PASSWORD
) -> playwright.Page:
    page.goto(f"{deployment.url}/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.click("main form button")
    page.wait_for_url(f"{deployment.url}/")
    return page


def paths(page: playwright.Page) -> tuple[str, ...]:
    """Return every page's path; those of one credential and one tracker are read from the overview."""
    page.locator("#groups").wait_for()
    links = [page.locator(f"#groups a[href^='{each}']").first for each in ("/credentials/c_", "/trackers/t_")]
    found = [link.get_attribute("href") for link in links]
    return (*PATHS, *found, *(f"{found[0]}/{each}" for each in ("flatten", "key", "remove")), f"{found[1]}/remove")


def violations(page: playwright.Page) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 AA."""
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]


def look(browser: playwright.Browser, deployment: Deployment, language: str, scheme: str, width: int) -> list[str]:
    """Visit every page; keep a picture of each, return what is wrong with them."""
    size = {"width": width, "height": 900}
    context = browser.new_context(viewport=size, locale=language, color_scheme=scheme, bypass_csp=True)
    page, wrong = context.new_page(), []
    SHOTS.mkdir(parents=True, exist_ok=True)
    login(page, deployment)
    for path in paths(page):
        page.goto(deployment.url + path)
        wrong += [f"{path} {each}" for each in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{path} is wider than {width}")
        name = re.sub(r"\W+", "-", re.sub(r"[ct]_\w+", "one", path)).strip("-") or "overview"
        page.screenshot(path=SHOTS / f"{name}-{language[:2]}-{scheme}-{width}.png", full_page=True)
    context.close()
    return wrong


@pytest.mark.parametrize(("language", "scheme", "width"), SHORT)
def test_no_page_breaks_wcag_2_2_aa(
    browser: playwright.Browser, deployment: Deployment, language: str, scheme: str, width: int
) -> None:
    wrong = look(browser, deployment, language, scheme, width)
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
@pytest.mark.parametrize(("language", "scheme", "width"), ALL)
def test_no_page_breaks_wcag_2_2_aa_in_any_language_theme_and_width(
    browser: playwright.Browser, deployment: Deployment, language: str, scheme: str, width: int
) -> None:
    wrong = look(browser, deployment, language, scheme, width)
    assert not wrong, "\n".join(wrong)


def test_pages_ask_nobody_else_and_break_no_policy(page: playwright.Page, deployment: Deployment) -> None:
    asked: set[str] = set()
    wrong: list[str] = []
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    for path in paths(page):
        page.goto(deployment.url + path)
    page.goto(f"{deployment.url}/?range=all")
    page.locator("#curve canvas").first.wait_for()
    assert asked == {urlsplit(deployment.url).netloc} and wrong == []


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_times_are_told_in_the_readers_zone(browser: playwright.Browser, deployment: Deployment, zone: str) -> None:
    context = browser.new_context(timezone_id=zone, locale="en-US")
    page = login(context.new_page(), deployment)
    told = page.locator("#curve tbody time").first
    at = datetime.fromisoformat(told.get_attribute("datetime")).astimezone(ZoneInfo(zone))
    assert told.inner_text() == f"{at:%m/%d, %H:%M:%S}"
    context.close()


@pytest.mark.long
def test_anothers_open_page_hears_nothing_while_somebody_trades(deployment: Deployment) -> None:
    deployment.flask("user", "add", "other@example.org", "--password-stdin", stdin="other-other-other\n")
    other = Browserless(deployment.url)
    other.login("other@example.org", "other-other-other")
    cookie = "; ".join(f"{each.name}={each.value}" for each in other.session.cookies)
    address = deployment.url.replace("http", "ws") + "/live?after=0&page=activity"
    opened = websocket.create_connection(address, cookie=cookie, origin=deployment.url, timeout=2)
    with closing(opened) as socket:
        account = deployment.follow("Loud", "buynhold_btc", existing="copy")
        eventually(lambda: deployment.positions(account), of="a trade")
        heard: list[str] = []
        with suppress(websocket.WebSocketTimeoutException):
            while True:
                heard.append(str(socket.recv()))
    assert not [each for each in heard if "data-event" in each or "Loud" in each or "BTC" in each]


def test_two_tabs_are_in_step(page: playwright.Page, deployment: Deployment, record_property) -> None:
    other = page.context.new_page()
    other.goto(deployment.url)
    other.locator("#live-dot.on").wait_for()
    page.check("#groups tr:has-text('Contrarian') [name=id]")
    page.click("#bulk button[value=pause]")
    began = time.monotonic()
    other.locator("#groups tr:has-text('Contrarian')").get_by_text("Paused").first.wait_for(timeout=10_000)
    record_property("pause in one tab until the other shows it", f"{(time.monotonic() - began) * 1000:.0f} ms")
    page.check("#groups tr:has-text('Contrarian') [name=id]")
    page.click("#bulk button[value=resume]")
    other.locator("#groups tr.level-1:has-text('Contrarian')").get_by_text("Running").first.wait_for(timeout=10_000)


def press(page: playwright.Page, selector: str, key: str = "Enter") -> None:
    """Tab to an element and press a key on it: it must be reachable without a mouse."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            page.keyboard.press(key)
            return
    raise AssertionError(f"{selector} can't be reached by keyboard")


def test_a_newcomer_reaches_a_running_paper_tracker_by_keyboard(
    browser: playwright.Browser, deployment: Deployment, record_property
) -> None:
    password = "newcomer-newcomer"
    deployment.flask("user", "add", "new@example.org", "--password-stdin", stdin=f"{password}\n")
    context = browser.new_context(viewport={"width": 360, "height": 780}, locale="en-US", reduced_motion="reduce")
    page = login(context.new_page(), deployment, "new@example.org", password)
    began = time.monotonic()
    press(page, "form[action='/credentials/paper'] button")
    page.get_by_role("link", name="Choose an agent", exact=True).wait_for(timeout=30_000)
    press(page, "main a.button.primary")
    page.locator("[name=agent]").first.wait_for()
    press(page, "[name=agent]", "Space")
    press(page, "#tracker-form button.wide")
    page.wait_for_url("**/trackers/t_*")
    press(page, "form[action$='/start'] button")
    page.get_by_text("Running").first.wait_for(timeout=10_000)
    record_property("a newcomer, first page to a running paper tracker", f"{time.monotonic() - began:.0f} s")
    context.close()


@pytest.mark.long
def test_flatten_works_with_the_keyboard_on_a_phone(browser: playwright.Browser, deployment: Deployment) -> None:
    account = deployment.follow("Pocket", "buynhold_btc", existing="copy")
    eventually(lambda: deployment.positions(account), of="a position to close")
    context = browser.new_context(viewport={"width": 360, "height": 780}, locale="en-US", reduced_motion="reduce")
    page = login(context.new_page(), deployment)
    page.goto(f"{deployment.url}/credentials")
    page.get_by_role("link", name="Pocket", exact=True).first.click()
    press(page, "a[href$='/flatten']")
    page.wait_for_url("**/flatten")
    press(page, "input[type=text]", "Shift")
    page.keyboard.type("Pocket")
    page.keyboard.press("Enter")
    eventually(lambda: not deployment.positions(account), of="nothing left")
    context.close()


@pytest.mark.long
def test_a_page_that_lost_its_server_shows_what_it_missed(page: playwright.Page, deployment: Deployment) -> None:
    page.goto(deployment.url)
    page.locator("#live-dot.on").wait_for()
    page.evaluate("window.notReloaded = true")
    for pid, args in deployment.children().items():
        if "gunicorn" in args:
            os.kill(pid, signal.SIGKILL)
    deployment.flask("pause", "--user", EMAIL, "--credential", "Momentum")
    page.locator("#groups tr.level-1:has-text('Momentum')").get_by_text("Paused").first.wait_for(timeout=60_000)
    page.locator("#live-dot.on").wait_for(timeout=30_000)
    assert page.evaluate("window.notReloaded") is True
    deployment.flask("resume", "--user", EMAIL, "--credential", "Momentum")
