"""The page on which a person makes, renews and revokes tokens, and the page that explains the API."""

from __future__ import annotations

import re

import pytest

from tests.web import seed
from tests.web.conftest import enter, send


@pytest.fixture(scope="module")
def fay(wiring, app):
    seed.person(wiring, "fay@example.org")
    return enter(app.test_client(), "fay@example.org")


def shown(text: str) -> str:
    found = re.search(r"nof1_[\w-]{43}", text)
    assert found is not None
    return found[0]


def me(app, token: str) -> int:
    return app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_made_shown_once_renewed_and_revoked(app, fay):
    status, text = send(fay, "/tokens", name="robot", scope="trade", days="90")
    first = shown(text)
    assert status == 200 and me(app, first) == 200
    page = fay.get("/tokens").text
    assert "robot" in page and first not in page
    (path,) = re.findall(r'action="(/tokens/k_\w+)/renew"', page)
    second = shown(send(fay, f"{path}/renew")[1])
    assert (me(app, first), me(app, second)) == (401, 200)
    assert send(fay, f"{path}/revoke")[0] == 303 and me(app, second) == 401
    assert "robot" not in fay.get("/tokens").text


def test_the_page_tells_when_a_token_was_last_used(app, fay):
    token = shown(send(fay, "/tokens", name="watched", scope="read", days="90")[1])

    def cell() -> str:
        row = next(each for each in re.findall(r"<tr>.*?</tr>", fay.get("/tokens").text, re.S) if "watched" in each)
        return re.findall(r'<td data-label="Last used">(.*?)</td>', row)[0]

    before = cell()
    assert me(app, token) == 200
    assert "<time" not in before and "<time" in cell()


def test_a_wrong_form_says_why_beside_the_field(fay):
    status, text = send(fay, "/tokens", name="", scope="trade", days="90")
    assert status == 422 and "Give it a name." in text
    send(fay, "/tokens", name="twice", scope="read", days="")
    status, text = send(fay, "/tokens", name="twice", scope="read", days="")
    assert status == 422 and "choose another name" in text


def test_anothers_token_does_not_exist(wiring, fay, app, ann, program):
    token = program.read("/me")["token_id"]
    assert [send(fay, f"/tokens/{token}/{verb}")[0] for verb in ("renew", "revoke")] == [404, 404]
    assert me(app, program.token) == 200


def test_the_page_of_the_api_loads_only_what_is_here(fay):
    loaded = re.findall(r'(?:src|href)="([^"]+)"', fay.get("/api").text.replace("http://127.0.0.1", ""))
    assert "/static/vendor/swagger-ui/swagger-ui-bundle.js" in loaded
    assert [each for each in loaded if "//" in each] == []
