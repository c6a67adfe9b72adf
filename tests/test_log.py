"""Logs: lines machines can read, with who and what, and nothing secret."""

from __future__ import annotations

import json
import logging

import pytest

from nof1web import log


@pytest.fixture
def lines(capsys):
    """Return a function that configures the logs, lets something log, and returns the lines."""

    def logged(act):
        root, level = logging.getLogger(), logging.getLogger().level
        log.configure("json")
        ours = root.handlers[0]
        act()
        root.removeHandler(ours)
        root.setLevel(level)
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return logged


def test_a_line_says_who_and_what(lines):
    def act():
        with log.context(user_id="u_1", credential_id="c_1", cycle_id=""):
            log.get("x").info("order placed", symbol="BTCUSDT")

    (line,) = lines(act)
    assert (line["event"], line["user_id"], line["credential_id"]) == ("order placed", "u_1", "c_1")
    assert line["symbol"] == "BTCUSDT" and "cycle_id" not in line


@pytest.mark.parametrize(
    "facts",
    [
        {"api_secret": "hunter2"},
        {"password": "hunter2"},
        {"headers": {"X-MBX-APIKEY": "hunter2"}},
        {"url": "https://h/fapi/v1/order?symbol=A&signature=hunter2"},
        {"url": "redis://anna:hunter2@host"},
        {"body": b"hunter2"},
        {"rows": [{"token": "hunter2"}, "secret: hunter2"]},
        {"error": ValueError("apiKey=hunter2")},
    ],
)
def test_nothing_secret_is_written(lines, facts):
    written = lines(lambda: log.get("x").warning("refused", **facts))
    assert len(written) == 1 and "hunter2" not in json.dumps(written)


def test_a_secret_in_a_traceback_is_hidden(lines):
    def act():
        try:
            raise ValueError("signature=hunter2")
        except ValueError:
            log.get("x").exception("failed")

    (line,) = lines(act)
    assert "ValueError" in line["exception"] and "hunter2" not in json.dumps(line)


def test_a_librarys_line_is_cleaned_too(lines):
    (line,) = lines(lambda: logging.getLogger("library").warning("GET %s", "/x?signature=hunter2&a=1"))
    assert line["event"] == "GET /x?signature=***&a=1"
