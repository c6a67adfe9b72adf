"""Every command that changes something says what it changed: from what, to what."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from nof1web import wiring
from nof1web.core.trading import Environment
from tests.cli.conftest import ANNA, MAIN, Console
from tests.cli.test_help import COMMANDS

EMAIL = "anna@example.org"
PROXY = "socks5h://proxy.example.org:1080"
T = (*ANNA, "--tracker", "T")
Said = tuple[str, tuple[str, ...], str, str]
ONE_BY_ONE: tuple[Said, ...] = (
    ("tracker set", (*T, "max_leverage=7"), "20", "7"),
    ("tracker stop", T, "T was started", "stopped now"),
    ("tracker start", T, "T was stopped", "started now"),
    ("credential set", (*MAIN, "max_leverage=8"), "inherited", "8"),
    ("user set", (*ANNA, "max_leverage=9"), "inherited", "9"),
    ("credential edit", (*MAIN, "--label", "sub"), "–", "sub"),
    ("credential edit", (*MAIN, "--label", "main"), "sub", "main"),
    ("credential proxy", (*MAIN, PROXY), "direct", PROXY),
    ("credential proxy", MAIN, PROXY, "direct now"),
    ("start", MAIN, "Main was stopped", "running now"),
    ("pause", MAIN, "Main was running", "paused now"),
    ("resume", MAIN, "Main was paused", "running now"),
    ("close-only", MAIN, "Main was running", "close-only now"),
    ("halt", MAIN, "Main was close-only", "halted now"),
    ("unhalt", MAIN, "Main was halted", "running now"),
    ("pause", T, "T was running", "paused now"),
    ("resume", T, "T was paused", "running now"),
    ("halt", ANNA, f"All of {EMAIL} was not halted", "halted now"),
    ("halt", ANNA, f"All of {EMAIL} was halted", "already"),
    ("unhalt", ANNA, f"All of {EMAIL} was halted", "not halted now"),
    ("halt", ("--site",), "The whole site was not halted", "halted now"),
    ("unhalt", ("--site",), "The whole site was halted", "not halted now"),
    ("credential disable", MAIN, "Main was enabled", "disabled now"),
    ("credential disable", MAIN, "Main was disabled", "already"),
    ("credential enable", MAIN, "Main was disabled", "enabled now"),
    ("start", (*ANNA, "--all-credentials"), "Main was stopped", "running now"),
    ("stop", MAIN, "Main was running", "stopped now"),
    ("credential pair", (*ANNA, "--name", "P", "--env", "testnet"), "P (d_", "waits for its key id"),
    ("credential pair", (*ANNA, "--name", "P", "--give-up"), "P was waiting", "erased now"),
    ("token add", (*ANNA, "--name", "A", "--days", "9"), "A (read) works until 20", "nof1_"),
    ("token regenerate", (*ANNA, "--token", "A"), "The value of A was …", "is …"),
    ("token revoke", (*ANNA, "--token", "A"), "The token A was valid", "revoked now"),
    ("user quota", (EMAIL, "9", "--interval", "5"), "200", "9"),
    ("user quota", (EMAIL,), "5", "as everybody"),
    ("user disable", (EMAIL,), f"{EMAIL} was enabled", "disabled now"),
    ("user enable", (EMAIL,), f"{EMAIL} was disabled", "enabled now"),
    ("rotate-key", ("--tenants",), "1 user has a new data key now", "1 secret sealed again"),
    ("rotate-key", (), "0 data keys are under the current master key now", "1 needed nothing"),
    ("tracker remove", (*T, "--name", "T"), "T was following alpha", "removed now"),
    ("credential remove", (*MAIN, "--name", "Main"), "Main was stopped", "removed now"),
    ("user remove", (EMAIL, "--email", EMAIL), f"{EMAIL} was enabled", "removed now"),
)
BY_THEMSELVES = {
    *("user add", "user export", "user import", "credential add", "credential rotate", "credential arm"),
    *("credential disarm", "tracker add", "tracker follow-several", "migrate"),
}
WITH_A_WORKER = {"poll", "flatten", "reconcile", "credential test"}
"""tests/cli/test_schemas.py has one running, and looks at what people read of these, too"""
CHANGE_NOTHING = {
    *("up", "worker", "scheduler", "sim", "replay", "status", "doctor", "completion", "agents", "positions", "orders"),
    *("verdicts", "user list", "credential list", "credential key", "credential removed", "tracker list"),
    *("tracker preview", "token list"),
}


def said(console: Console, *words: str, typed: str = "") -> str:
    """Return what a person reads of a command that succeeds."""
    done = console(*words, typed=typed)
    assert done.exit_code == 0, (words, done.output)
    return done.stdout


def test_what_was_and_what_is_now_are_said(console: Console):
    console.add_credential()
    console.add_tracker("--name", "T")
    for command, options, before, now in ONE_BY_ONE:
        told = said(console, *command.split(), *options)
        assert before in told and now in told[told.index(before) + len(before) :], (command, options, told)


def test_what_is_added_is_named(console: Console, tmp_path: Path):
    assert "Added ben@example.org (u_" in said(
        console, "user", "add", "ben@example.org", "--password-stdin", typed="correct horse\n"
    )
    key, secret = console.key()
    add = (*ANNA, "--name", "Main", "--env", "testnet", "--api-key", key, "--api-secret-stdin")
    told = said(console, "credential", "add", *add, typed=secret)
    assert "Added Main (c_" in told and "works on testnet, equity 1000.00 USDT" in told
    assert "a paper account" in said(console, "credential", "add", *ANNA, "--name", "Paper", "--env", "paper")
    follow = ("--source", "nof1", "--agent", "alpha")
    told = said(console, "tracker", "add", *MAIN, *follow, "--name", "T")
    assert "Added T (t_" in told and "Main follows alpha, mode shadow" in told
    assert "Paper / alpha" in said(console, "tracker", "follow-several", *ANNA, *follow, "--credential", "Paper")


def test_a_new_key_is_named_beside_the_old_one(console: Console):
    shown, account = [], {}
    for words in (("add", *ANNA, "--name", "Main", "--env", "testnet"), ("rotate", *MAIN)):
        made = requests.post(f"{console.exchange_url}/sim/keys", json={"balance": "1000"} | account, timeout=10).json()
        account = {"account_id": made["account_id"]}
        key = ("--api-key", made["api_key"], "--api-secret-stdin")
        told = said(console, "credential", *words, *key, typed=made["api_secret"])
        shown.append(console.json("credential", "list", *ANNA)[0]["api_key"])
    assert f"The key of Main was {shown[0]} and is {shown[1]} now." in told and shown[0] != shown[1]


def test_arming_and_disarming_say_so(console: Console, monkeypatch: pytest.MonkeyPatch):
    added = console.add_credential()
    console.add_tracker("--mode", "trade")
    # The demo takes no live key and arms none: this one's credential is moved to where it could be armed.
    monkeypatch.setattr(wiring.ports(), "demo", False)
    with wiring.ports().tenants(added["user_id"]) as store:
        store.keys.put_environment(added["credential_id"], Environment.LIVE)
    assert "Main was not armed and is armed now." in said(console, "credential", "arm", *MAIN, "--name", "Main")
    assert "Main was armed and is not armed now." in said(console, "credential", "disarm", *MAIN)


def test_a_user_who_moves_is_named_at_both_ends(console: Console, tmp_path: Path):
    typed = "long enough a passphrase\n"
    sealed = (str(tmp_path / "anna.bundle"), "--passphrase-stdin")
    told = said(console, "user", "export", EMAIL, *sealed, "--bundle", typed=typed)
    assert f"anna.bundle holds everything of {EMAIL}" in told
    said(console, "user", "remove", EMAIL, "--email", EMAIL)
    assert f"Added {EMAIL} (u_" in said(console, "user", "import", *sealed, typed=typed)


def test_migrate_names_the_steps_it_took_or_that_there_was_none(console: Console):
    told = said(console, "migrate")
    assert "The shared databases and 1 tenant database are up to date." in told
    assert "Nothing was to be done." in said(console, "migrate")


def test_no_command_that_changes_something_is_left_out():
    tried = {command for command, *_rest in ONE_BY_ONE}
    assert tried | BY_THEMSELVES | WITH_A_WORKER | CHANGE_NOTHING == {" ".join(path) for path in COMMANDS}
