"""A scripted operator sets up a user, three accounts and five trackers, watches, pauses and flattens: twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from nof1web import wiring
from nof1web.cli import nof1
from tests.cli.conftest import quiet
from tests.e2e.deployment import Deployment, eventually

__all__ = ["quiet"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
BOOKS = {"qwen3-max": {"BTC": {"quantity": "1", "leverage": 10}}, "gpt-5": {"ETH": {"quantity": "-20", "leverage": 10}}}
FOLLOWED = (("One", "qwen3-max"), ("One", "gpt-5"), ("Two", "qwen3-max"), ("Two", "gpt-5"), ("Three", "gpt-5"))
SETTINGS = {
    "mode": "trade", "total_margin": "500", "existing": "copy", "max_signal_age": "86400", "price_tolerance": "20",
    "interval": "1",
}  # fmt: skip


class Api:
    """A program with a token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = f"{url}/api/v1"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the document of a call that succeeds."""
        answer = self.session.request(method, self.url + path, json=body, headers=headers, timeout=20)
        assert answer.status_code in (200, 201, 202), (method, path, answer.status_code, answer.text)
        return answer.json()

    def items(self, path: str) -> list[dict[str, Any]]:
        """Return a list that fits one page."""
        page = self("GET", path)
        assert page["next"] is None
        return list(page["items"])


@pytest.fixture(scope="module")
def books(deployment: Deployment) -> None:
    for _ in range(2):
        for agent, book in BOOKS.items():
            deployment.agent(agent, **book)
    eventually(lambda: held(deployment, "qwen3-max") == {"BTCUSDT"} and held(deployment, "gpt-5") == {"ETHUSDT"})


def held(deployment: Deployment, agent: str) -> set[str]:
    return {
        position["symbol"]
        for row in deployment.flask("agents")
        for position in row["positions"]
        if row["agent"] == agent and not position["missing"]
    }


def person(deployment: Deployment, name: str) -> str:
    email = f"{name}@example.org"
    deployment.flask("user", "add", email, "--password-stdin", stdin="correct horse battery\n")
    return email


def filled(positions: Callable[[], list[dict[str, Any]]]) -> bool:
    found = {(row["credential"], row["symbol"]) for row in positions() if row["holding"] != "0"}
    return len(found) == len(FOLLOWED)


@pytest.fixture
def flask(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, quiet: None) -> Callable[..., Any]:
    """The command line in this process: starting one for each of thirty commands would take most of the time."""
    monkeypatch.setattr(wiring, "_built", {})

    def run(*args: str, stdin: str = "") -> Any:
        done = CliRunner(env=deployment.env).invoke(nof1, [*args, "--json"], input=stdin)
        assert done.exit_code == 0, (args, done.output)
        return json.loads(done.stdout)

    return run


def test_all_of_it_by_the_command_line(deployment: Deployment, books: None, flask: Callable[..., Any]) -> None:
    user = ("--user", person(deployment, "cli"))
    keys = {name: deployment.new_key() for name in ("One", "Two", "Three")}
    for name, key in keys.items():
        options = ("--name", name, "--env", "testnet", "--api-key", key["api_key"], "--api-secret-stdin")
        flask("credential", "add", *user, *options, stdin=key["api_secret"] + "\n")
    pairs = [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]
    for name, agent in FOLLOWED:
        flask("tracker", "add", *user, "--credential", name, "--source", "nof1", "--agent", agent, *pairs)
    assert len(flask("start", *user, "--all-credentials")["done"]) == len(keys)
    eventually(lambda: filled(lambda: flask("positions", *user)), of="five holdings")
    assert {row["state"] for row in flask("status", *user)["credentials"]} == {"running"}
    for name in keys:
        assert flask("pause", *user, "--credential", name)["state"] == "paused"
    closed = flask("flatten", *user, "--all-credentials")
    assert (len(closed["closed"]), closed["residual"]) == (5, [])
    assert not any(row["holding"] != "0" for row in flask("positions", *user))


def test_all_of_it_by_the_api(deployment: Deployment, books: None) -> None:
    email = person(deployment, "api")
    made = deployment.flask("token", "add", "--user", email, "--name", "operator", "--scope", "admin")
    api = Api(deployment.url, made["token"])
    ids = {name: linked(deployment, api, name) for name in ("One", "Two", "Three")}
    for name, agent in FOLLOWED:
        wanted = {"credential": ids[name], "source": "nof1", "agent": agent, "settings": SETTINGS}
        first, again = (api("POST", "/trackers", wanted, **{"Idempotency-Key": f"{name}{agent}"}) for _ in range(2))
        assert first == again
    assert len(api.items("/trackers")) == len(FOLLOWED)
    started = api("POST", "/bulk", {"verb": "start", "credentials": list(ids.values())})
    assert [each["state"] for each in started["done"]] == ["running"] * len(ids)
    eventually(lambda: filled(lambda: api.items("/positions")), of="five holdings")
    cycle = api("POST", f"/credentials/{ids['One']}/poll", {})
    verdicts = finished(api, ids["One"], cycle["job_id"])["verdicts"]
    assert {row["symbol"] for row in verdicts} >= {"BTCUSDT", "ETHUSDT"}
    for name, credential in ids.items():
        assert api("POST", f"/credentials/{credential}/pause")["state"] == "paused"
        job = api("POST", f"/credentials/{credential}/flatten", {"confirm": name})
        assert finished(api, credential, job["job_id"])["residual"] == []
    assert api.items("/holdings") == [] and len(api.items("/fills")) >= 2 * len(FOLLOWED)


def linked(deployment: Deployment, api: Api, name: str) -> str:
    """Add an account by the API; return its id once a worker has tested the key."""
    key = deployment.new_key()
    wanted = {"name": name, "environment": "testnet", "api_key": key["api_key"], "api_secret": key["api_secret"]}
    draft = api("POST", "/credentials", wanted)["draft_id"]
    eventually(lambda: api("GET", f"/drafts/{draft}")["state"] != "testing", of="a tested key")
    tested = api("GET", f"/drafts/{draft}")
    assert tested["state"] == "passed", tested
    return str(tested["credential_id"])


def finished(api: Api, credential: str, job: str) -> Any:
    """Return a job's result once it is done."""
    path = f"/credentials/{credential}/jobs/{job}"
    eventually(lambda: api("GET", path)["state"] in ("done", "failed"), of="a job")
    found = api("GET", path)
    assert found["state"] == "done", found
    return found["result"]
