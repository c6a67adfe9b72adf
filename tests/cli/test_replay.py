"""`flask nof1 replay`: a recording of the installation or a file, followed again on paper."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from nof1web import wiring
from nof1web.errors import FeedError, Transient
from nof1web.services import feeding
from tests.cli import schemas as s
from tests.cli.conftest import ANNA, Console
from tests.services.test_replaying import BEGAN, STEP, Generated

READS = 11
AGENT = "deepseek-chat-v3.1"
STRETCH = ("--since", "2026-11-23T00:00", "--until", "2026-11-23T01:00")
FOLLOWED = ("--source", "nof1", "--agent", AGENT, "--set", "existing=copy", "--set", "total_margin=5000")
CYCLES = s.rows(s.exactly(at=s.AT, orders=s.CYCLE["properties"]["orders"], verdicts=s.CYCLE["properties"]["verdicts"]))
SCHEMA = s.exactly(
    source=s.TEXT, agent=s.TEXT, settings=s.TEXTS, first_at=s.MAYBE_AT, last_at=s.MAYBE_AT, reads=s.WHOLE,
    orders=s.WHOLE, balance=s.MONEY, equity=s.MONEY, sha256=s.TEXT, cycles=CYCLES,
)  # fmt: skip


@pytest.fixture
def recorded(console: Console) -> Console:
    """The installation has read the arena for a minute, long ago."""
    feed = Generated()
    for number in range(READS):
        feeding.read_source(feed, wiring.ports().market, BEGAN + timedelta(seconds=STEP * number))
    return console


def lines(path: Path) -> Path:
    """A file with the same answers, one on each line."""
    feed, found = Generated(), []
    for _ in range(READS):
        try:
            reading = feed.read(None)
        except (FeedError, Transient):
            continue
        found += [] if reading is None else [reading.raw]
    path.write_bytes(b"\n".join(found))
    return path


def test_a_stretch_gives_the_same_orders_each_time(recorded: Console) -> None:
    first, second = (recorded.json("replay", *FOLLOWED, *STRETCH) for _ in range(2))
    Draft202012Validator(SCHEMA).validate(first)
    assert first == second and first["orders"] > 0 and first["reads"] == READS
    assert first["first_at"] == "2026-11-23T00:00:00Z" and first["equity"] != first["balance"] == "10000.00"


def test_a_trackers_settings_are_those_that_are_followed(recorded: Console) -> None:
    recorded.add_credential()
    recorded.add_tracker("--name", "T", "--set", "existing=copy", "--set", "total_margin=50")
    owned = (*ANNA, "--tracker", "T", "--agent", AGENT, *STRETCH)
    found: Any = recorded.json("replay", *owned)
    assert found["agent"] == AGENT and found["settings"]["total_margin"] == "50"
    assert found["sha256"] != recorded.json("replay", *FOLLOWED, *STRETCH)["sha256"]


def test_a_file_is_followed_from_its_own_beginning_and_as_fast_as_wished(console: Console, tmp_path: Path) -> None:
    shown = console("replay", *FOLLOWED, "--file", str(lines(tmp_path / "answers.jsonl")), "--speed", "100000")
    assert shown.exit_code == 0 and "  open  " in shown.stdout and "SHA-256" in shown.stdout


def test_another_market_db_stays_as_it_is(recorded: Console, tmp_path: Path) -> None:
    folder = wiring.ports().config.tenants_dir
    wiring.ports().market.close()
    copied = tmp_path / "elsewhere.db"
    copied.write_bytes((folder / "market.db").read_bytes())
    before = copied.read_bytes()
    found = recorded.json("replay", *FOLLOWED, *STRETCH, "--file", str(copied))
    assert found["orders"] > 0 and copied.read_bytes() == before


@pytest.mark.parametrize("body", [b"", b"hello", b'{"a": 1}', b"[]", b"\xff\xfe", b'{"accountTotals": 7}'])
def test_a_file_that_is_no_recording_is_refused(console: Console, tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x").write_bytes(body)
    assert "no recording" in console.error("replay", *FOLLOWED, "--file", str(tmp_path / "x"))["message"]


def test_an_agent_that_is_not_in_it_is_said_to_be_missing(recorded: Console) -> None:
    error = recorded.error("replay", "--source", "nof1", "--agent", "nobody", *STRETCH)
    assert error["code"] == "not_found" and "nobody" in error["message"]


@pytest.mark.parametrize("named", [(), ("--source", "nof1"), ANNA, ("--tracker", "T")])
def test_whom_to_follow_has_to_be_named(console: Console, named: tuple[str, ...]) -> None:
    assert console("replay", *named).exit_code == 2
