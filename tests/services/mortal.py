"""A cycle in a process of its own, which dies by SIGKILL at a named kill point, or stops there.

The processes are forked from a server that has the code loaded and no database open.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from nof1web.adapters.paper.simulating import BookSimulator
from nof1web.adapters.store.market import SqliteMarket
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenants import Tenants
from nof1web.services import copying, kill_points
from nof1web.services.kill_points import KillPoint
from nof1web.services.ports import AccountPorts
from tests.services.stage import USER, HeldLease, NotingQueue, QuietBus, Stage, a_client

NEVER = 10**9
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.services.mortal"])


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a stage's account is, for another process."""

    folder: Path
    url: str
    key: dict[str, Any]
    skew: timedelta

    def ports(self, stack: ExitStack) -> AccountPorts:
        """Open the account anew, as a worker does that has just claimed it."""
        store = stack.enter_context(Tenants(self.folder, SqliteRegistry(self.folder / "registry.db"))(USER))
        lease = HeldLease(store.credentials.claim_fence("c_1"))
        market, client = SqliteMarket(self.folder / "market.db"), a_client(self.url, self.key)
        bus, queue, clock = QuietBus(), NotingQueue(), lambda: datetime.now(UTC) + self.skew
        return AccountPorts(
            USER, "c_1", "test", store, market, client, bus, queue, clock, lease, "exchange", BookSimulator()
        )


class Deaths:
    """Listens to kill points: notes each in a file, and kills the process at the `nth` (from 0)."""

    def __init__(self, notes: Path, nth: int) -> None:
        self.notes, self.left = notes, nth

    def __call__(self, point: KillPoint) -> None:
        with self.notes.open("a") as file:
            file.write(f"{point}\n")
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


def scene(stage: Stage) -> Scene:
    """Return where a stage plays."""
    return Scene(stage.folder, stage.control.url, stage.key, stage.skew)


def cycle_dies(stage: Stage, nth: int = NEVER) -> list[KillPoint]:
    """Run a cycle that is killed at the nth kill point it reaches; return those it reached."""
    notes = stage.folder / "reached"
    notes.unlink(missing_ok=True)
    process = begun(scene(stage), notes, nth)
    process.join(timeout=60)
    assert process.exitcode == (0 if nth == NEVER else -signal.SIGKILL), process.exitcode
    return [KillPoint(line) for line in notes.read_text().splitlines()] if notes.exists() else []


def begun(where: Scene, notes: Path, nth: int = NEVER) -> BaseProcess:
    """Start a cycle in another process and return the process."""
    process = _context.Process(target=_cycle, args=(where, notes, nth), daemon=True)
    process.start()
    return process


def _cycle(where: Scene, notes: Path, nth: int) -> None:
    kill_points.listen(Deaths(notes, nth))
    with ExitStack() as stack:
        copying.run_cycle(where.ports(stack), forced=True)
