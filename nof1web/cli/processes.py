"""Child processes kept alive: started, restarted within a second, ended in order, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import FrameType

from nof1web import log
from nof1web.jobs.crew import die_with_parent

ONE_SIGNAL_SECONDS = 1.0
STEP_SECONDS = 0.1
RESTART_SECONDS = 0.8
"""least time between two starts of a child"""


@dataclass(frozen=True, slots=True)
class Child:
    """A command to keep running. `last_signal` is what the kernel sends it when this process dies without a word."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    folder: str
    last_signal: int = signal.SIGKILL
    stop_seconds: float = 10.0


class Supervisor:
    """Keeps children alive until `stop`. SIGTERM and SIGINT only set `asked`; a second one ends all at once."""

    def __init__(self) -> None:
        self.signals = 0
        self._signalled = float("-inf")
        self._children: dict[str, Child] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}

    @property
    def asked(self) -> bool:
        """Whether somebody asked for the end."""
        return self.signals > 0

    def listen(self) -> None:
        """Take SIGTERM and SIGINT."""
        signal.signal(signal.SIGTERM, self._count)
        signal.signal(signal.SIGINT, self._count)

    def keep(self, child: Child) -> None:
        """Start a child and keep it alive from now on."""
        self._children[child.name] = child
        self._start(child)

    def tend(self) -> None:
        """Start again what has died; call it a few times per second."""
        for name, child in self._children.items():
            process = self._running.get(name)
            if process is not None and process.poll() is not None:
                log.get(__name__).warning("child died, starting it again", child=name, exit_code=process.returncode)
                del self._running[name]
            if name not in self._running and time.monotonic() - self._started[name] >= RESTART_SECONDS:
                self._start(child)

    def wait(self, until: Callable[[], bool]) -> bool:
        """Tend the children until it is so; False when somebody asked for the end before."""
        while not self.asked:
            self.tend()
            if until():
                return True
            time.sleep(STEP_SECONDS)
        return False

    def stop(self, names: Iterable[str]) -> None:
        """End these children together: SIGTERM, their `stop_seconds`, SIGKILL."""
        ending: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
        for name in names:
            child, process = self._children.pop(name, None), self._running.pop(name, None)
            if child is not None and process is not None:
                process.terminate()
                ending[name] = (process, time.monotonic() + child.stop_seconds)
        for name, (process, deadline) in ending.items():
            while process.poll() is None and time.monotonic() < deadline and self.signals < 2:
                time.sleep(STEP_SECONDS / 2)
            if process.poll() is None:
                log.get(__name__).warning("child did not end in time, killed", child=name)
                process.kill()
                process.wait()

    def _start(self, child: Child) -> None:
        parent = os.getpid()
        self._started[child.name] = time.monotonic()
        try:
            self._running[child.name] = subprocess.Popen(
                child.command,
                env=dict(child.env),
                cwd=child.folder,
                stdin=subprocess.DEVNULL,
                stdout=2,
                # A group of its own: Ctrl-C in a terminal reaches us only, and we end the children in order.
                process_group=0,
                preexec_fn=lambda: die_with_parent(parent, child.last_signal),  # noqa: PLW1509 - no threads here
            )
        except OSError as error:
            log.get(__name__).error("child could not be started", child=child.name, error=str(error))

    def _count(self, signum: int, frame: FrameType | None) -> None:
        # make passes on a signal that its group got too: two at once are one person asking once.
        if time.monotonic() - self._signalled > ONE_SIGNAL_SECONDS:
            self.signals += 1
        self._signalled = time.monotonic()
