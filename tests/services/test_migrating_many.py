"""Many tenants' databases brought up to date by a process that is killed in the middle and run again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nof1web.config import ROOT
from tests.services.old_tenants import current, make


def started(folder: Path, steps: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.services.old_tenants", str(folder), str(steps)], cwd=ROOT)


def test_killed_inside_a_step_and_run_again_all_are_current(tenants_dir: Path) -> None:
    make(tenants_dir, 20)
    before = 0
    # In the first tenant's first step, between two steps of another, far into them.
    for steps in (1, 7, 40):
        assert started(tenants_dir, steps).wait(60) == -signal.SIGKILL
        assert before <= current(tenants_dir) < 20
        before = current(tenants_dir)
    assert started(tenants_dir).wait(60) == 0
    assert current(tenants_dir) == 20


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_thousand_databases_survive_ten_kills(
    tenants_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    make(tenants_dir, 1000)
    dice, after = random.Random(8), list[int]()
    for _ in range(10):
        process = started(tenants_dir)
        time.sleep(dice.uniform(0.5, 3.5))
        process.kill()
        process.wait()
        after.append(current(tenants_dir))
    assert after == sorted(after)
    began = time.monotonic()
    assert started(tenants_dir).wait(600) == 0
    record_property("databases current after each kill", after)
    record_property("seconds of the last run", round(time.monotonic() - began, 1))
    assert current(tenants_dir) == 1000
