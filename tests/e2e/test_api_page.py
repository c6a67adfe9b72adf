"""The page that explains the API, in a real browser under the real content policy."""

from __future__ import annotations

import pytest

from tests.e2e.deployment import EMAIL, PASSWORD, ROOT, Deployment

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(120)]
playwright = pytest.importorskip("playwright.sync_api")
SHOTS = ROOT / "tests" / "_output"


def test_a_person_makes_a_token_and_reads_what_it_can_do(deployment: Deployment) -> None:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 360, "height": 800}, locale="en-US").new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"{deployment.url}/login")
        page.fill("[name=email]", EMAIL)
        page.fill("[name=password]", PASSWORD)
        page.click("main form button")
        page.wait_for_url(f"{deployment.url}/")
        page.goto(f"{deployment.url}/tokens")
        page.fill("#add [name=name]", "from the browser")
        page.click("#add form button.primary")
        page.locator("#made").get_by_text("nof1_").wait_for()
        SHOTS.mkdir(parents=True, exist_ok=True)
        for path, waited, name in (("/tokens", "#tokens table", "tokens"), ("/api", ".opblock", "api")):
            page.goto(deployment.url + path)
            page.locator(waited).first.wait_for(timeout=20_000)
            page.screenshot(path=SHOTS / f"{name}-360.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        browser.close()
        assert wrong == []
