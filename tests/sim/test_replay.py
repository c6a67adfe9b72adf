"""A recording served again at any speed."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.sim.replay import load_replay
from tests.sim.face import START_MS


def row(model: str, at: float, quantity: float) -> dict[str, Any]:
    held = {"BTC": {"entry_time": at - 60, "quantity": quantity}}
    return {
        "id": f"{model}_0",
        "timestamp": at,
        "positions": held,
        "model_id": model,
        "since_inception_hourly_marker": 0,
    }


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two agents; the first is seen again two minutes later."""
    path = tmp_path / "recorded.json"
    rows = [row("b", 1030.5, 2), row("a", 1000.0, 1), row("a", 1120.0, -1)]
    path.write_text(json.dumps({"accountTotals": rows, "lastHourlyMarkerRead": 0, "serverTime": 0}), encoding="utf-8")
    return path


def seen(path: Path, speed: str, seconds: float) -> list[tuple[str, float, float]]:
    replay = load_replay([path], speed=Decimal(speed), started_ms=START_MS)
    body, _ = replay.payload(least_hour=None, now_ms=START_MS + int(seconds * 1000))
    return [
        (r["model_id"], r["timestamp"] - START_MS / 1000, r["positions"]["BTC"]["quantity"])
        for r in json.loads(body)["accountTotals"]
    ]


def test_records_appear_in_the_order_of_their_times(recording: Path):
    assert seen(recording, "1", 0) == [("a", 0, 1)]
    assert seen(recording, "1", 119) == [("a", 0, 1), ("b", 30.5, 2)]


def test_a_later_record_of_the_hour_replaces_the_earlier_one(recording: Path):
    assert seen(recording, "1", 120) == [("b", 30.5, 2), ("a", 120, -1)]


def test_speed_shortens_the_wait(recording: Path):
    assert seen(recording, "60", 2) == [("b", pytest.approx(0.508, abs=0.001), 2), ("a", 2, -1)]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"accountTotals": []}'])
def test_a_file_that_is_no_recording_is_named(tmp_path: Path, text: str):
    path = tmp_path / "odd.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.json|at least one"):
        load_replay([path], speed=Decimal(1), started_ms=0)
