"""A recorded account-totals file served again at any speed, its times shifted to now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from nof1web.sim.arena import render_totals
from nof1web.sim.arena_records import Record
from nof1web.sim.market import Market


@dataclass(frozen=True, slots=True)
class Replay:
    """Recorded records by time, already shifted and stretched."""

    records: tuple[Record, ...]

    def step(self, market: Market, now_ms: int) -> None:
        """Nothing moves by itself: what is visible follows from the time asked for."""

    def payload(self, *, least_hour: int | None, now_ms: int) -> tuple[str, str]:
        """The account-totals body with the records reached by now, and its weak ETag."""
        # A record of the running hour is overwritten in place, as in the real arena.
        visible = {record.record_id: record for record in self.records if record.at_ms <= now_ms}
        return render_totals(visible.values(), least_hour=least_hour, now_ms=now_ms)

    def take_changes(self) -> dict[tuple[str, str], object]:
        """A recording never changes."""
        return {}


def load_replay(paths: Iterable[Path], *, speed: Decimal, started_ms: int) -> Replay:
    """Read recordings of account-totals to begin at started_ms; raises ValueError naming the file that isn't one."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        try:
            rows += json.loads(path.read_text(encoding="utf-8"))["accountTotals"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a recording of account-totals") from error
    if not rows or speed <= 0:
        raise ValueError("A replay needs at least one recorded account and a speed above 0.")
    rows.sort(key=lambda row: float(row["timestamp"]))
    scale = _Scale(float(rows[0]["timestamp"]), started_ms / 1000, float(speed))
    return Replay(tuple(_shifted(row, scale) for row in rows))


@dataclass(frozen=True, slots=True)
class _Scale:
    first: float
    start: float
    speed: float

    def shift(self, recorded: float) -> float:
        """A recorded time (s) on the shifted and stretched scale."""
        return round(self.start + (recorded - self.first) / self.speed, 6)


def _shifted(row: dict[str, Any], scale: _Scale) -> Record:
    at = scale.shift(row["timestamp"])
    positions = {
        coin: {**held, "entry_time": scale.shift(held["entry_time"])} for coin, held in row["positions"].items()
    }
    text = json.dumps({**row, "timestamp": at, "positions": positions}, separators=(",", ":"))
    return Record(row["id"], row["model_id"], row["since_inception_hourly_marker"], int(at * 1000), text)
