"""What a person gets wrong is answered in one sentence that says what to do, and leaves nothing behind."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.e2e.deployment import EMAIL, Deployment, environment, eventually
from tests.e2e.forked import flask

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def refused_key(deployment: Deployment, name: str, key: str, secret: str, env: str = "testnet") -> str:
    """Try to add a key by the command line; return the sentence."""
    answer = deployment.flask(
        "credential", "add", "--user", EMAIL, "--name", name, "--env", env,
        "--api-key", key, "--api-secret-stdin", stdin=secret + "\n", code=1,
    )  # fmt: skip
    names = [row["name"] for row in deployment.flask("credential", "list", "--user", EMAIL)]
    assert name not in names, "a key that fails is not saved"
    return str(answer["error"]["message"])


def test_a_wrong_secret_is_not_saved_and_says_so(deployment: Deployment) -> None:
    key = deployment.new_key()
    assert "secret" in refused_key(deployment, "Wrong secret", key["api_key"], "x" * 64).lower()


def test_an_unknown_key_is_not_saved_and_says_so(deployment: Deployment) -> None:
    assert "does not know this API key" in refused_key(deployment, "Wrong key", "A" * 64, "x" * 64)


def test_a_live_key_is_refused_in_the_demo(deployment: Deployment) -> None:
    assert "live keys are not accepted" in refused_key(deployment, "Live", "B" * 64, "x" * 64, "live")


def test_a_misspelt_key_is_refused_before_anything_is_sent(deployment: Deployment) -> None:
    sent = len(deployment.exchange.log())
    assert "letters and digits" in refused_key(deployment, "Typo", "not a key!", "x" * 64)
    assert not [row for row in deployment.exchange.log()[sent:] if row["key"] == "not a "]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("total_margin=NaN", "between"),
        ("max_leverage=500", "between 1 and 125"),
        ("no_such=1", "no setting called no_such"),
    ],
)
def test_absurd_settings_are_refused_and_no_tracker_is_added(deployment: Deployment, setting: str, words: str) -> None:
    before = deployment.flask("tracker", "list", "--user", EMAIL)
    answer = deployment.flask(
        "tracker", "add", "--user", EMAIL, "--credential", "Momentum", "--source", "nof1",
        "--agent", "gpt-5", "--set", setting, code=1,
    )  # fmt: skip
    assert words in answer["error"]["message"] and setting.partition("=")[0] in answer["error"]["fields"]
    assert deployment.flask("tracker", "list", "--user", EMAIL) == before


def test_an_unknown_agent_is_refused_with_the_known_ones(deployment: Deployment) -> None:
    answer = deployment.flask(
        "tracker", "add", "--user", EMAIL, "--credential", "Momentum", "--source", "nof1", "--agent", "gpt-99", code=1
    )
    assert "gpt-99" in answer["error"]["message"] and "grok-4" in answer["error"]["message"]


def test_on_the_page_a_wrong_field_is_422_and_keeps_what_was_typed(deployment: Deployment) -> None:
    person = deployment.person()
    answer = person.post(
        "/credentials", "/credentials", name="Kept name", environment="testnet", api_key="bad key!", api_secret="y" * 64
    )
    assert answer.status_code == 422
    assert "Kept name" in answer.text and "y" * 64 not in answer.text and "letters and digits" in answer.text


def test_on_the_page_a_wrong_secret_comes_back_as_a_sentence(deployment: Deployment) -> None:
    person = deployment.person()
    key = deployment.new_key()
    answer = person.post(
        "/credentials", "/credentials",
        name="Typed wrong", environment="testnet", api_key=key["api_key"], api_secret="z" * 64,
    )  # fmt: skip
    draft = answer.url.replace(deployment.url, "")
    text = eventually(lambda: "secret" in person.get(draft).lower() and person.get(draft), of="the test's answer")
    assert "Typed wrong" in text and "z" * 64 not in text
    assert "Typed wrong" not in [row["name"] for row in deployment.flask("credential", "list", "--user", EMAIL)]


def test_a_malformed_feed_closes_nothing_and_is_told(deployment: Deployment) -> None:
    agent, book = "gpt-5", {"quantity": "2", "leverage": 10}
    deployment.prices(ETHUSDT="3000")
    deployment.quiet(agent)
    account = deployment.follow("Malformed", agent)
    deployment.agent(agent, ETH=book)
    eventually(lambda: deployment.positions(account), of="the open")
    before = deployment.positions(account)
    deployment.exchange.post("/sim/faults", path="/api/account-totals", method="GET", kind="garbage", count=12)

    def told() -> bool:
        return any(row["error"] for row in deployment.flask("status")["sources"])

    eventually(told, seconds=20, of="the source's error")
    time.sleep(3)
    assert deployment.positions(account) == before == {"ETHUSDT": Decimal(1)}
    deployment.exchange.post("/sim/faults", clear=True)
    eventually(lambda: not told(), seconds=30, of="the source read again")


def in_production(folder: Path, *args: str, **more: str) -> CompletedProcess[str]:
    return flask(*args, env=environment(folder, NOF1_MODE="production", **more), seconds=60)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, "SECRET_KEY"),
        ({"SECRET_KEY": "changeme"}, "SECRET_KEY"),
        ({"SECRET_KEY": "readable words only tests would choose"}, "NOF1_MASTER"),
    ],
)
@pytest.mark.parametrize("command", ["up", "worker"])
def test_production_does_not_start_without_its_secrets(
    tmp_path: Path, command: str, more: dict[str, str], named: str
) -> None:
    done = in_production(tmp_path, command, **more)
    assert done.returncode == 1 and named in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_unreachable_exchange_is_one_sentence(tmp_path: Path, deployment: Deployment) -> None:
    key = deployment.new_key()
    env = deployment.env | {"BINANCE_TESTNET_URL": "http://127.0.0.1:9"}
    options = ("--name", "Nowhere", "--env", "testnet", "--api-key", key["api_key"], "--api-secret-stdin", "--json")
    done = flask("credential", "add", "--user", EMAIL, *options, env=env, stdin=key["api_secret"] + "\n")
    message = json.loads(done.stdout)["error"]["message"]
    assert done.returncode == 1 and "127.0.0.1:9" in message
