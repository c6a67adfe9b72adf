"""Tokens by the command line: shown once, listed without their value, renewed, revoked."""

from __future__ import annotations

from datetime import datetime

from nof1web import wiring
from nof1web.services import tokens
from tests.cli.conftest import ANNA


def test_a_token_is_shown_once_and_listed_without_its_value(console):
    made = console.json("token", "add", *ANNA, "--name", "reports", "--scope", "trade", "--days", "7")
    assert made["token"].startswith("nof1_") and made["scopes"] == ["read", "trade"]
    (listed,) = console.json("token", "list", *ANNA)
    assert "token" not in listed and listed["ending"] == made["token"][-4:]


def test_a_regenerated_token_is_another_and_a_revoked_one_says_so(console):
    made = console.json("token", "add", *ANNA, "--name", "reports")
    renewed = console.json("token", "regenerate", *ANNA, "--token", "reports")
    assert renewed["token_id"] == made["token_id"] and renewed["token"] != made["token"]
    assert console.json("token", "revoke", *ANNA, "--token", "reports")["revoked_at"]
    assert console.error("token", "revoke", *ANNA, "--token", "reports")["code"] == "not_found"


def test_the_list_tells_when_a_token_was_last_used(console):
    made = console.json("token", "add", *ANNA, "--name", "reports")
    assert console.json("token", "list", *ANNA)[0]["last_used_at"] is None
    used_at = wiring.ports().clock()
    assert tokens.bearer(wiring.ports(), made["token"]) is not None
    told = console.json("token", "list", *ANNA)[0]["last_used_at"]
    assert used_at <= datetime.fromisoformat(told) <= wiring.ports().clock()
    assert told[:19].replace("T", " ") in console("token", "list", *ANNA).stdout


def test_two_tokens_in_use_have_two_names(console):
    for _ in range(2):
        answer = console("token", "add", *ANNA, "--name", "reports")
    assert answer.exit_code == 1 and "choose another name" in answer.stderr
