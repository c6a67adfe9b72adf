"""A day of an arena decided twice gives the same plans to the byte, whatever order Python keeps its sets in."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from nof1web.core.states import OrderKind
from tests.tools.sources import ROOT

RECORDED = Path(__file__).parent / "recorded" / "stretch.jsonl"
CAPTURED = Path(__file__).parents[3] / "shared" / "data" / "nof1"
# Hours and seconds between two reads.
STRETCH = ("24", "5") if os.environ.get("NOF1_PROVE") else ("2", "24")
HASH_SEEDS = ("1", "2")

Record = Callable[[str, object], None]


def decided_twice(folder: Path, *what: str) -> dict[str, Any]:
    """Decide a stretch in two processes side by side; return what both counted, having found their plans the same."""
    files = [folder / f"{seed}.gz" for seed in HASH_SEEDS]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.core.replaying", *what, str(file)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, file in zip(HASH_SEEDS, files, strict=True)
    ]
    told = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert first_difference(*files) is None
    assert told[0] == told[1]
    return dict(json.loads(told[0]))


def first_difference(one: Path, other: Path) -> tuple[str | None, str | None] | None:
    """Return the first plan in which two files differ, as both have it."""
    with gzip.open(one, "rt", encoding="utf-8") as left, gzip.open(other, "rt", encoding="utf-8") as right:
        return next((pair for pair in zip_longest(left, right) if pair[0] != pair[1]), None)


def note(record_property: Record, what: str, counts: dict[str, Any]) -> None:
    """Leave the counts for `make prove`'s table."""
    numbers = ", ".join(f"{counts[name]} {name}" for name in ("reads", "records", "plans", "orders"))
    record_property(f"replay, {what}", f"{numbers}, {len(counts['codes'])} codes")


def test_a_generated_stretch_gives_the_same_plans_twice(tmp_path: Path, record_property: Record) -> None:
    counts = decided_twice(tmp_path, *STRETCH)
    note(record_property, f"{STRETCH[0]} h of the built-in arena", counts)
    assert counts["reads"] == int(STRETCH[0]) * 3600 // int(STRETCH[1])
    assert set(counts["kinds"]) == set(OrderKind)
    assert {"source_stale", "price_moved", "close_unconfirmed", "flip_closes_first"} <= set(counts["codes"])


def test_a_recorded_stretch_gives_the_same_plans_twice(tmp_path: Path, record_property: Record) -> None:
    counts = decided_twice(tmp_path, str(RECORDED))
    note(record_property, "a recording", counts)
    assert counts["reads"] == len(RECORDED.read_text(encoding="utf-8").splitlines())
    assert set(counts["kinds"]) == set(OrderKind)


@pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured payloads are not here")
def test_the_captures_of_the_real_arena_give_the_same_plans_twice(tmp_path: Path, record_property: Record) -> None:
    counts = decided_twice(tmp_path, str(CAPTURED))
    note(record_property, "captures of the real arena", counts)
    assert counts["reads"] == 7 * len(list(CAPTURED.glob("account-totals.*.json")))
    assert "open" in counts["kinds"]


def test_the_first_plan_that_differs_is_told(tmp_path: Path) -> None:
    for name, lines in (("one", "a\nb\n"), ("other", "a\nc\n")):
        with gzip.open(tmp_path / name, "wt", encoding="utf-8") as file:
            file.write(lines)
    assert first_difference(tmp_path / "one", tmp_path / "other") == ("b\n", "c\n")
