"""What demo mode begins with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nof1web import config, wiring
from nof1web.cli import demo
from nof1web.errors import Unavailable
from nof1web.services import users
from tests.cli.conftest import free_port

DEMO = ("--user", demo.EMAIL)


@pytest.fixture
def nobody() -> int:
    """A port where nobody listens."""
    return free_port()


@pytest.fixture
def prepared(console):
    wiring.ports().install()
    demo.prepare(wiring.ports())
    return console


def test_two_credentials_follow_two_agents_and_trade(prepared):
    credentials = {each["name"]: each["state"] for each in prepared.json("credential", "list", *DEMO)}
    assert credentials == {"Momentum": "running", "Contrarian": "running"}
    trackers = prepared.json("tracker", "list", *DEMO)
    assert {each["agent"]: each["mode"] for each in trackers} == {"deepseek-chat-v3.1": "trade", "grok-4": "trade"}
    assert [each["settings"]["total_margin"] for each in trackers] == ["500", "400"]
    assert {each["settings"]["existing"] for each in trackers} == {"copy"}


def test_preparing_again_changes_nothing(prepared):
    prepared.json("stop", *DEMO, "--credential", "Momentum")
    before = prepared.json("credential", "list", *DEMO), prepared.json("tracker", "list", *DEMO)
    demo.prepare(wiring.ports())
    assert (prepared.json("credential", "list", *DEMO), prepared.json("tracker", "list", *DEMO)) == before


def test_a_key_the_exchange_forgot_is_replaced_by_a_new_credential(prepared, monkeypatch):
    known = demo._known
    forgotten = {each.api_key for each in _credentials() if each.name == "Momentum"}
    monkeypatch.setattr(demo, "_known", lambda url, key: key not in forgotten and known(url, key))
    demo.prepare(wiring.ports())
    found = {each["name"]: each["state"] for each in prepared.json("credential", "list", *DEMO)}
    assert found == {"Momentum": "stopped", "Contrarian": "running", "Momentum 2": "running"}


def _credentials():
    user = wiring.ports().registry.user_by_email(demo.EMAIL)
    with wiring.ports().tenants(user.id) as store:
        return store.credentials.all()


def test_the_exchange_is_asked_whether_it_knows_a_key(console, exchange_url):
    assert demo._known(exchange_url, console.key()[0])
    assert not demo._known(exchange_url, "a" * 64)


def test_an_exchange_that_does_not_answer_is_waited_for(fresh, monkeypatch, nobody):
    monkeypatch.setenv("NOF1_SIM_PORT", str(nobody))
    monkeypatch.setattr(wiring, "_built", {})
    with pytest.raises(Unavailable, match="flask nof1 sim"):
        demo.prepare(wiring.ports())


def test_a_foreign_exchange_that_gives_no_keys_does_not_stop_the_demo(fresh, monkeypatch, nobody, exchange_url):
    monkeypatch.setenv("BINANCE_TESTNET_URL", f"http://localhost:{nobody}")
    monkeypatch.setattr(wiring, "_built", {})
    demo.prepare(wiring.ports())
    assert wiring.ports().registry.user_by_email(demo.EMAIL) is not None


def test_the_announced_login_works(prepared, exchange_url):
    told = demo.announce(config.load()).document
    assert users.authenticate(wiring.ports(), **told["login"]) is not None
    assert (told["url"], told["exchange_url"]) == ("http://127.0.0.1:8000", exchange_url)


def test_outside_of_the_demo_no_login_is_announced(fresh):
    production = replace(config.load(), mode="production", public_url="https://copy.example.org")
    answer = demo.announce(production)
    assert answer.document == {"url": "https://copy.example.org", "login": None, "exchange_url": None}
    assert answer.shown == ("nof1web answers at https://copy.example.org",)
