"""`credential …` and `start`, `stop`, `pause`, `resume`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import ANNA, MAIN

ADD = ("credential", "add", *ANNA, "--name", "Main", "--env", "testnet", "--api-secret-stdin")


def test_add_tests_the_key_and_tells_the_balance(console):
    added = console.add_credential()
    assert list(added) == ["user_id", "credential_id", "name", "environment", "state", "test"]
    assert (added["name"], added["environment"], added["state"]) == ("Main", "testnet", "stopped")
    assert added["test"]["ok"] is True
    assert added["test"]["equity"] == "1000.00"


def test_a_warning_is_a_sentence_for_people_and_a_code_for_programs(console):
    assert console.add_credential()["test"]["warnings"] == ["permissions_unverified"]
    key, secret = console.key()
    options = (*ANNA, "--name", "Other", "--env", "testnet", "--api-key", key, "--api-secret-stdin")
    shown = console("credential", "add", *options, typed=secret).stdout
    assert "make sure that it can't withdraw" in shown and "permissions_unverified" not in shown


def test_a_wrong_secret_saves_nothing(console):
    key, secret = console.key()
    error = console.error(*ADD, "--api-key", key, typed=f"{secret[:-1]}\n")
    assert error["code"] == "credential_refused"
    assert secret[:-1] not in error["message"]
    assert console.json("credential", "list", *ANNA) == []


def test_a_key_of_nowhere_says_what_to_check(console):
    error = console.error(*ADD, "--api-key", "a" * 64, typed=f"{'s' * 64}\n")
    assert "does not know this API key" in error["message"]


def test_an_environment_that_does_not_exist_is_wrong_usage(console):
    result = console("credential", "add", *ANNA, "--name", "Main", "--env", "moon", "--api-key", "k" * 64)
    assert result.exit_code == 2


def test_neither_secret_nor_whole_key_is_ever_shown(console):
    key, secret = console.key()
    shown = console(*ADD, "--api-key", key, "--json", typed=f"{secret}\n").output
    shown += console("credential", "list", *ANNA, "--json").output + console("credential", "list", *ANNA).output
    assert secret not in shown
    assert key not in shown


@pytest.mark.parametrize("field", ["credential_id", "name"])
def test_a_credential_is_named_by_name_or_id(console, field):
    named = console.add_credential()[field]
    started = console.json("start", *ANNA, "--credential", named)
    assert started["state"] == "running"


def test_an_unknown_credential_is_not_found(console):
    assert console.error("start", *MAIN)["code"] == "not_found"


def test_polling_goes_through_its_states(console):
    console.add_credential()
    states = [console.json(verb, *MAIN)["state"] for verb in ("start", "pause", "resume", "stop")]
    assert states == ["running", "paused", "running", "stopped"]


def test_what_the_state_forbids_is_refused_in_words(console):
    console.add_credential()
    assert console.error("resume", *MAIN)["code"] == "refused"
    assert console("pause", *MAIN).stderr == "Error: Main does not poll. There is nothing to pause.\n"


def test_a_disabled_credential_does_not_start(console):
    console.add_credential()
    assert console.json("credential", "disable", *MAIN)["enabled"] is False
    assert console.error("start", *MAIN)["code"] == "refused"
    assert console.json("credential", "enable", *MAIN)["enabled"] is True


def test_a_test_without_a_worker_says_so(console):
    console.add_credential()
    error = console.error("credential", "test", *MAIN)
    assert error["code"] == "unavailable"
    assert error["message"] == "No worker is running. Start one with: flask nof1 worker"


def test_without_redis_the_sentence_says_how_to_start(console, monkeypatch, tmp_path):
    console.add_credential()
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nowhere.sock")
    monkeypatch.setattr("nof1web.wiring._built", {})
    error = console.error("poll", *MAIN, "--dry-run")
    assert error["code"] == "unavailable"
    assert error["message"] == "Redis does not answer. Start everything with: flask nof1 up"
