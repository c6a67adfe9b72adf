"""kill -9 at every named point of a cycle: after the restart there is exactly one effect per decision."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from nof1web.services.kill_points import KillPoint
from tests.exchange_process import ExchangeProcess
from tests.services.deaths import PLAYS, Case, dies_before_the_answer, recover, staged
from tests.services.mortal import cycle_dies

DEADLINE_SECONDS = 6.5
"""recvWindow and skew: only then can an order be proven absent, and here that time really passes"""
SOME = (("open", False), ("increase", True), ("close", True), ("renewal", False))
ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
Told = Callable[[str, object], None]


class Dying:
    """Workers that die, each on an account of its own."""

    def __init__(self, exchange: ExchangeProcess, folder: Path, stack: ExitStack) -> None:
        self.exchange, self.folder, self.stack = exchange, folder, stack
        self.cases: list[Case] = []
        self.points: set[KillPoint] = set()

    def everywhere(self, name: str, *, hedge: bool) -> None:
        """Let a worker die at each point of a play."""
        folder = self.folder / f"{name}-{hedge}"
        with staged(self.exchange, folder, name, hedge=hedge) as stage:
            reached = cycle_dies(stage)
        for nth, point in enumerate(reached):
            case = self._case(name, f"{point} ({nth})", hedge=hedge)
            assert cycle_dies(case.stage, nth) == reached[: nth + 1]
        self.points |= set(reached)

    def before_answers(self, name: str, *, hedge: bool) -> None:
        """Let a worker die between a request and its answer."""
        for path in (ORDER, ALGO):
            dies_before_the_answer(self._case(name, path, hedge=hedge).stage, path)

    def counting(self) -> None:
        """Let a worker die before its order left, and after the deadline two more while they count its absences."""
        mine = [case for case in self.cases if case.died_at.startswith(KillPoint.JOURNAL_COMMITTED)]
        for case in mine:
            assert KillPoint.ABSENCE_COUNTED in cycle_dies(case.stage, 0)
            case.stage.skew += timedelta(seconds=2)
            assert KillPoint.ABSENCE_COUNTED in cycle_dies(case.stage, 0)
        self.points.add(KillPoint.ABSENCE_COUNTED)

    def _case(self, name: str, died_at: str, *, hedge: bool) -> Case:
        folder = self.folder / f"{name}-{hedge}-{len(self.cases)}"
        self.cases.append(
            Case(name, died_at, self.stack.enter_context(staged(self.exchange, folder, name, hedge=hedge)))
        )
        return self.cases[-1]


def all_die(exchange: ExchangeProcess, folder: Path, plays: Iterable[tuple[str, bool]], told: Told) -> None:
    exchange.post("/sim/market", weight_limit=10**9)
    with ExitStack() as stack:
        dying = Dying(exchange, folder, stack)
        for name, hedge in plays:
            dying.everywhere(name, hedge=hedge)
            if name == "open":
                dying.before_answers(name, hedge=hedge)
        time.sleep(DEADLINE_SECONDS)
        dying.counting()
        wrong = recover(dying.cases)
        told("workers killed at named points", f"{len(dying.cases)}, {len(wrong)} with more or less than one effect")
        assert not wrong, "\n".join(map(str, wrong))
        assert dying.points == set(KillPoint)


def test_a_worker_killed_anywhere_leaves_one_effect_after_all(
    exchange: ExchangeProcess, tmp_path: Path, record_property: Told
) -> None:
    all_die(exchange, tmp_path, SOME, record_property)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_in_both_position_modes_a_worker_killed_anywhere_leaves_one_effect_after_all(
    exchange: ExchangeProcess, tmp_path: Path, record_property: Told
) -> None:
    all_die(exchange, tmp_path, [(name, hedge) for name in PLAYS for hedge in (False, True)], record_property)
