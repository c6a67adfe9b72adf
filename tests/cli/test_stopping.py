"""`pause|resume|close-only|halt|unhalt|flatten|reconcile` and `positions --targets`: what they answer and refuse."""

from __future__ import annotations

import pytest

from nof1web import wiring
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
    assert at_work.json("flatten", *MAIN) == {"closed": [], "residual": []}
    at_work.json("reconcile", *MAIN)
    assert at_work.json("positions", *ANNA) == []
