"""A parent with lease-draining children, as a process of its own; run as a module by `crew`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from redis import Redis

from nof1web.adapters.queue.jobs import Work, enqueue
from nof1web.jobs.child import Child
from nof1web.jobs.crew import Crew
from nof1web.jobs.leases import Timing
from tests.jobs.ledger import Ledger

TASKS = "tests.jobs.sample_tasks"
SHORT = Timing(ttl=1.0, heartbeat=0.2, sweep=0.2, recoveries=1, finish=0.5)


@contextmanager
def crew(
    url: str, ledger: Path, count: int, *, threads: int = 1, grace: float = 30.0
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `count` children of so many threads with short leases against this server; stopped at the end."""
    command = [sys.executable, "-m", "tests.jobs.lease_crew", url, str(ledger), str(count), str(threads), str(grace)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            finally:
                process.kill()


def ask(
    redis: Redis, task: str, ledger: Path, jobs: list[tuple[str, int]], *more: str, seconds: int = 60
) -> list[str]:
    """Queue a sample task for each (credential, number), to be done within `seconds`."""
    return enqueue(
        redis,
        [
            Work(f"cred:{credential}", f"{TASKS}.{task}", (str(ledger), credential, number, *more), seconds)
            for credential, number in jobs
        ],
    )


def eventually(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is so; fail when it never is."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.02)


def _drain(url: str, ledger: str, threads: int, timing: Timing) -> None:
    Child(Redis.from_url(url), Ledger(Path(ledger)).claim_fence, threads=threads, timing=timing).run()


if __name__ == "__main__":
    _, address, book, number, width, patience = sys.argv
    drain = partial(_drain, address, book, int(width), replace(SHORT, grace=float(patience)))
    sys.exit(Crew({f"w{each}": drain for each in range(int(number))}, grace=10).run())
