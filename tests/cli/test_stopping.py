"""`pause|resume|close-only|halt|unhalt|flatten|reconcile` and `positions --targets`: what they answer and refuse."""

from __future__ import annotations

import json

import pytest
from redis.exceptions import ConnectionError as RedisDown

from nof1web import wiring
from nof1web.core.records import CredentialState
from tests.cli.conftest import ANNA, MAIN
from tests.cli.test_worker_commands import at_work

__all__ = ["at_work"]


@pytest.fixture
def polling(console):
    """Main polls and follows an agent."""
    console.add_credential()
    console.add_tracker("--name", "T")
    console.json("start", *MAIN)
    return console


def test_a_credential_goes_through_its_states(polling):
    for verb, state in (
        ("pause", "paused"), ("resume", "running"), ("close-only", "close_only"), ("halt", "halted"),
        ("unhalt", "running"), ("stop", "stopped"),
    ):
        assert polling.json(verb, *MAIN)["state"] == state
    assert polling.error("halt", *MAIN)["code"] == "refused"


def test_a_halt_is_ended_by_nothing_but_its_end(polling):
    polling.json("halt", *MAIN)
    for verb in ("pause", "resume", "close-only", "start"):
        assert "halted" in polling.error(verb, *MAIN)["message"]


def test_a_tracker_has_its_own_state(polling):
    named = (*ANNA, "--tracker", "T")
    assert polling.json("halt", *named)["state"] == "halted"
    assert polling.json("unhalt", *named)["state"] == "running"
    assert polling.json("pause", *named)["state"] == "paused"


def test_a_user_and_the_site_are_halted_and_released(polling):
    assert polling.json("halt", *ANNA) == {"scope": "user", "halted": True}
    assert polling.json("halt", "--site") == {"scope": "site", "halted": True}
    with wiring.ports().tenants(polling.json("user", "list")[0]["user_id"]) as store:
        assert store.halts.user_halted() and store.halts.site_halted()
        polling.json("unhalt", *ANNA)
        polling.json("unhalt", "--site")
        assert not store.halts.user_halted() and not store.halts.site_halted()


@pytest.mark.parametrize(
    "words",
    [
        ("halt",), ("halt", "--site", *ANNA), ("pause", *ANNA), ("flatten", *ANNA),
        ("flatten", *MAIN, "--all-credentials"), ("flatten", *ANNA, "--all-credentials", "--everything"),
    ],
)
def test_what_names_nothing_or_too_much_is_wrong_usage(console, words):
    assert console(*words).exit_code == 2


def test_everything_is_only_flattened_once_its_name_is_typed(polling):
    assert "confirm" in polling.error("flatten", *MAIN, "--everything", "--confirm", "Mian")["message"]


def test_without_a_worker_the_wish_to_flatten_is_kept_and_said(polling):
    assert polling.error("flatten", *MAIN)["code"] == "unavailable"
    with wiring.ports().tenants(polling.json("user", "list")[0]["user_id"]) as store:
        assert len(store.flattens.open(store.credentials.all()[0].id)) == 1
    (row,) = polling.json("flatten", *MAIN, "--cancel")["cancelled"]
    assert row["symbol"] == "" and polling.error("flatten", *MAIN, "--cancel")["code"] == "refused"


@pytest.fixture
def both(polling):
    """Anna's credentials Main and Second."""
    polling.add_credential("Second")
    return polling


def all_flattened(console, exit_code=1):
    """Flatten all of Anna's credentials and return the answer."""
    done = console("flatten", *ANNA, "--all-credentials", "--json")
    assert done.exit_code == exit_code, done.output
    return json.loads(done.stdout)


def under_way(console):
    """How many of Anna's credentials are being flattened."""
    with wiring.ports().tenants(console.json("user", "list")[0]["user_id"]) as store:
        return sum(1 for each in store.credentials.all() if store.flattens.open(each.id))


def test_a_locked_credential_does_not_keep_the_others_from_being_flattened(both, monkeypatch):
    row = {"tracker": "T", "symbol": "BTCUSDT", "quantity": "0.1"}
    monkeypatch.setattr("nof1web.cli.stopping.wait_for", lambda *_: {"closed": [row], "residual": []})
    with wiring.ports().tenants(both.json("user", "list")[0]["user_id"]) as store:
        store.credentials.set_state(store.credentials.all()[0].id, CredentialState.LOCKED)
    answer = all_flattened(both)
    assert [each["credential"] for each in answer["closed"]] == ["Second"]
    assert [(each["credential"], each["code"]) for each in answer["refused"]] == [("Main", "refused")]


@pytest.mark.parametrize("redis", [True, False])
def test_every_credentials_wish_to_flatten_is_kept_though_nobody_answers(both, monkeypatch, redis):
    if not redis:
        monkeypatch.setattr(wiring.ports().queue, "flatten", gone)
    assert [each["code"] for each in all_flattened(both)["refused"]] == ["unavailable", "unavailable"]
    assert under_way(both) == 2


def test_what_a_flatten_leaves_is_answered_with_exit_code_1(polling, monkeypatch):
    row = {"tracker": "T", "symbol": "BTCUSDT", "quantity": "0.1", "code": "retrying", "reason": "Later."}
    monkeypatch.setattr("nof1web.cli.stopping.wait_for", lambda *_: {"closed": [], "residual": [row]})
    assert all_flattened(polling)["residual"][0]["symbol"] == "BTCUSDT"


def gone(*_ids, **_options):
    """Stand in for a queue whose Redis is stopped."""
    raise RedisDown("refused")


def test_all_credentials_are_started_though_redis_is_away_and_shown_as_the_database_has_them(both, monkeypatch):
    both.json("stop", *MAIN)
    monkeypatch.setattr(wiring.ports().queue, "sync", gone)
    done = both("start", *ANNA, "--all-credentials", "--json")
    shown = [(each["state"], each["code"]) for each in json.loads(done.stdout)["refused"]]
    assert (done.exit_code, shown) == (1, [("running", "unavailable")] * 2)


def test_a_mistyped_symbol_is_not_flattened(polling):
    assert "BTC is not held" in polling.error("flatten", *MAIN, "--symbol", "BTC")["message"]
    assert polling.error("flatten", *ANNA, "--all-credentials", "--symbol", "BTC")["code"] == "invalid_input"


def test_a_worker_flattens_what_it_copied_and_says_what_was_closed(at_work):
    at_work.add_tracker(
        "--name", "T", "--mode", "trade", "--set", "existing=copy", "--set", "max_signal_age=86400",
        "--set", "price_tolerance=20", "--set", "total_margin=500",
    )
    at_work.json("start", *MAIN)
    verdicts = at_work.json("poll", *MAIN)["verdicts"]
    held = at_work.json("positions", *ANNA)
    assert [row["symbol"] for row in held] == ["BTCUSDT"], verdicts
    assert at_work.json("reconcile", *MAIN)["drift"] == []
    (row,) = at_work.json("positions", *ANNA, "--targets")
    assert row["holding"] == row["live"] != "0" and row["reason"]
    answer = at_work.json("flatten", *MAIN)
    assert answer["residual"] == [] and [each["symbol"] for each in answer["closed"]] == ["BTCUSDT"]
    assert at_work.json("flatten", *MAIN) == {"closed": [], "residual": [], "refused": []}
    at_work.json("reconcile", *MAIN)
    assert at_work.json("positions", *ANNA) == []


def test_all_credentials_are_moved_and_each_that_cant_be_says_why(polling):
    second = polling.add_credential("Second")["credential_id"]
    done = polling("pause", *ANNA, "--all-credentials", "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [each["name"] for each in answer["done"]] == ["Main"]
    refused = [(each["credential_id"], each["state"], each["code"]) for each in answer["refused"]]
    assert refused == [(second, "stopped", "refused")]
    assert "Not done: Second does not poll" in polling("pause", *ANNA, "--all-credentials").stdout
    polling.json("stop", *MAIN)
    assert polling.error("pause", *ANNA, "--all-credentials")["code"] == "refused"


def test_a_person_reads_what_a_state_was_before(polling):
    assert polling("pause", *MAIN).stdout == "Main was running and is paused now.\n"
    assert polling("pause", *MAIN).stdout == "Main was paused already.\n"


def test_the_end_of_a_halt_names_the_halt_that_remains(polling):
    polling.json("halt", "--site")
    polling.json("halt", *ANNA)
    assert "Still no entry is sent: the whole site is halted." in polling("unhalt", *ANNA).stdout
    polling.json("halt", *ANNA)
    assert "except where a halt remains: all of anna@example.org." in polling("unhalt", "--site").stdout
    with wiring.ports().tenants(polling.json("user", "list")[0]["user_id"]) as store:
        store.credentials.set_state(store.credentials.all()[0].id, CredentialState.HALTED)
    assert "except where a halt remains: Main of anna@example.org." in polling("unhalt", *ANNA).stdout


def test_the_last_halt_that_ends_lets_entries_flow_and_one_that_was_none_says_nothing_of_it(polling):
    polling.json("halt", "--site")
    assert polling("unhalt", "--site").stdout.endswith("Entries flow again once accounts are reconciled.\n")
    assert polling("unhalt", "--site").stdout == "The whole site was not halted already.\n"
