"""Workers killed and stopped at random, Redis started anew: what the exchange sees is every job once, in order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.adapters.redis_server import server_binary
from tests.jobs.lease_crew import SHORT, ask, crew, eventually
from tests.jobs.ledger import Ledger

STOPPED_SECONDS = 2 * SHORT.ttl


class Server:
    """An append-only server on a unix socket that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.url = f"unix://{folder}/r.sock"
        self.command = [
            str(server_binary()), "--port", "0", "--unixsocket", f"{folder}/r.sock", "--dir", str(folder),
            "--appendonly", "yes", "--save", "", "--loglevel", "warning",
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self.answers)

    def answers(self) -> bool:
        """Whether it is ready."""
        try:
            with Redis.from_url(self.url) as redis:
                return bool(redis.ping())
        except RedisError:
            return False

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait()


@contextmanager
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="nof1-") as folder:
        made = Server(Path(folder))
        try:
            yield made
        finally:
            made.kill()


@dataclass
class Storm:
    """What happens to the workers below a parent, and to Redis."""

    parent: int
    server: Server
    chance: random.Random

    def worker(self) -> int | None:
        """One of the workers that live."""
        children = Path(f"/proc/{self.parent}/task/{self.parent}/children").read_text().split()
        return int(self.chance.choice(children)) if children else None

    def kill(self) -> None:
        """Kill a worker."""
        if (pid := self.worker()) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop a worker until its lease is another's, then let it go on."""
        if (pid := self.worker()) is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STOPPED_SECONDS)
            os.kill(pid, signal.SIGCONT)

    def restart(self) -> None:
        """Kill Redis and start it again."""
        self.server.kill()
        self.server.start()


def weathered(path: Path, credentials: int, jobs: int, events: list[str], *, seconds: float) -> float:
    """Run the jobs through a storm of these events; return how long it took. Asserts what the exchange saw."""
    book, began = Ledger(path), time.monotonic()
    with server() as made:
        with Redis.from_url(made.url) as redis:
            ask(redis, "trade", path, [(f"c{each}", number) for number in range(jobs) for each in range(credentials)])
        with crew(made.url, path, 4, threads=2) as parent:
            eventually(book.sent)
            storm = Storm(parent.pid, made, random.Random(7))
            for event in events:
                time.sleep(storm.chance.random() * 0.4)
                getattr(storm, event)()
            eventually(lambda: len(book.sent()) == 2 * credentials * jobs, seconds)
    taken = time.monotonic() - began
    for each in range(credentials):
        seen = book.sent(f"c{each}")
        assert [(number, part) for _, number, part, _ in seen] == [(n, p) for n in range(jobs) for p in (0, 1)]
        fences = [fence for *_, fence in seen]
        assert fences == sorted(fences), "two workers sent in turns"
    return taken


def test_a_small_storm_loses_doubles_and_reorders_nothing(tmp_path: Path) -> None:
    weathered(tmp_path / "ledger.db", 20, 10, ["kill", "restart", "kill"], seconds=40)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_long_storm_loses_doubles_and_reorders_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    events = ["kill", "stop", "kill", "restart", "kill", "stop", "kill"] * 4
    taken = weathered(tmp_path / "ledger.db", 200, 20, events, seconds=300)
    record_property("200 credentials x 20 jobs through kills, stops and restarts", f"{len(events)} in {taken:.0f} s")
