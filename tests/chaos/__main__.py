"""Chaos by seeds: `python -m tests.chaos --runs 1000`, `--seed N` tells one run, `--shrink N` finds its core."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos import broken
from tests.chaos.carrying import carried_out, of_plan, of_seed
from tests.chaos.drawing import plan_of
from tests.chaos.plan import Plan
from tests.chaos.processes import rounds
from tests.chaos.shrinking import Budget, shrunk
from tests.chaos.table import seconds_row, table


def main() -> int:
    """Run what was asked for; 1 when something was wrong."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Sets are walked in the same order each time then.
        command = [sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})
    asked = _asked()
    if asked.shrink is not None:
        return _shrink(asked)
    if asked.processes is not None:
        return _processes(asked.processes)
    if asked.seed is not None:
        return _tell(plan_of(asked.seed), asked.broken)
    return _many(asked)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="processes side by side")
    parser.add_argument("--seed", type=int, help="tell the story of one run")
    parser.add_argument("--shrink", type=int, help="leave out of a run whatever it fails without")
    parser.add_argument("--tries", type=int, default=400, help="how many runs shrinking takes at most")
    parser.add_argument("--seconds", type=float, default=300, help="for how long new ones begin")
    parser.add_argument("--processes", type=int, help="rounds on an installation of real processes instead")
    parser.add_argument("--broken", choices=sorted(broken.BUILDS), help="with this taken out of the product")
    return parser.parse_args()


def _many(asked: argparse.Namespace) -> int:
    begun, found = time.monotonic(), []
    seeds = [(seed, asked.broken) for seed in range(asked.first, asked.first + asked.runs)]
    with multiprocessing.get_context("spawn").Pool(asked.jobs) as pool:
        for outcome in pool.imap(of_seed, seeds, chunksize=5):
            found.append(outcome)
            if len(found) % 100 == 0:
                print(f"{len(found)} of {asked.runs} runs", flush=True)
            if outcome.wrong:
                print(f"seed {outcome.seed}", *outcome.wrong, sep="\n    ", flush=True)
    print(*table(found), seconds_row(begun), "again: python -m tests.chaos --seed N", sep="\n")
    return int(any(each.wrong for each in found))


def _tell(plan: Plan, build: str | None) -> int:
    lines: list[str] = []
    outcome = carried_out(plan, build, lines=lines)
    print(*lines, "", *(outcome.wrong or ["nothing is wrong"]), sep="\n")
    return int(bool(outcome.wrong))


def _processes(count: int) -> int:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        chaos = rounds(Path(folder), count)
    again = f"again: python -m tests.chaos --processes {count}"
    print(*chaos.wrong, *chaos.table(), seconds_row(begun), again, sep="\n")
    return int(bool(chaos.wrong))


def _shrink(asked: argparse.Namespace) -> int:
    plan = plan_of(asked.shrink)
    wanted = carried_out(plan, asked.broken).broken
    if not wanted:
        print("nothing is wrong with this seed")
        return 0
    with multiprocessing.get_context("spawn").Pool(asked.jobs) as pool:

        def first_failing(plans: Sequence[Plan]) -> Plan | None:
            outcomes = pool.map(of_plan, [(each, asked.broken) for each in plans], chunksize=1)
            # What fails in another way is another story.
            failing = (each for each, outcome in zip(plans, outcomes, strict=True) if outcome.broken & wanted)
            return next(failing, None)

        core = shrunk(plan, first_failing, Budget(asked.tries, asked.seconds), jobs=asked.jobs)
    follows = sum(bool(each.follows) for each in core.accounts)
    code = _tell(core, asked.broken)
    left = f"{len(core.events)} of {len(plan.events)} events, {follows} of {len(plan.accounts)} accounts"
    print("", left, *core.events, sep="\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
