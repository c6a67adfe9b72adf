"""What a worker does for whoever waits: `poll` and `credential test`, with the worker as its own process."""

from __future__ import annotations

import time

import pytest

from tests.cli.conftest import ANNA, MAIN, running


@pytest.fixture
def at_work(console, environment):
    console.add_credential()
    with running("worker", env=environment) as worker:
        while not any(each["alive"] for each in console.json("status")["workers"]):
            assert worker.poll() is None
            time.sleep(0.1)
        yield console


def test_a_worker_tests_a_key(at_work):
    tested = at_work.json("credential", "test", *MAIN)["test"]
    assert (tested["ok"], tested["equity"]) == (True, "1000.00")


def test_a_dry_run_keeps_nothing_and_a_poll_keeps_its_verdicts(at_work):
    at_work.add_tracker("--name", "T", "--set", "existing=copy", "--set", "max_signal_age=86400")
    planned = at_work.json("poll", *MAIN, "--dry-run")
    assert list(planned) == ["cycle_id", "orders", "verdicts"]
    (verdict,) = planned["verdicts"]
    assert {"tracker", "symbol", "verdict", "code", "numbers"} <= set(verdict)
    assert at_work.json("verdicts", *ANNA) == []
    assert at_work.error("poll", *MAIN)["code"] == "refused"
    at_work.json("start", *MAIN)
    assert [row["symbol"] for row in at_work.json("poll", *MAIN)["verdicts"]] == ["BTCUSDT"]
    assert at_work("poll", *MAIN).exit_code == 0
    assert len(at_work.json("verdicts", *ANNA)) == 1
