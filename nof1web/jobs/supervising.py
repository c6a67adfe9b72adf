"""Child processes kept alive: started, restarted within a second, ended in order, and never left behind.

Nothing but the standard library is imported: once everything runs, `resume` is all of `up` that stays in memory.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any

SET_PDEATHSIG = 1
ONE_SIGNAL_SECONDS = 1.0
STEP_SECONDS = 0.1
RESTART_SECONDS = 0.8
"""least time between two starts of a child"""
ASKING = (signal.SIGTERM, signal.SIGINT)
NOT_STARTED = 127


def die_with_parent(parent_pid: int, signum: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process the signal when its parent dies, however that happens (Linux)."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(SET_PDEATHSIG, signum)
    if os.getppid() != parent_pid:
        # The parent was gone before the kernel knew what to do.
        os._exit(1)


def fork() -> int:
    """Fork; in the child SIGTERM and SIGINT end it from the first moment on, and are never taken for the parent's.

    Raises OSError when the system has no room for another process.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)
    try:
        pid = os.fork()
        if not pid:
            for signum in ASKING:
                signal.signal(signum, signal.SIG_DFL)
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING)


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

    def __init__(self, log_format: str = "json") -> None:
        self.signals = 0
        self.log_format = log_format
        self._signalled = float("-inf")
        self._children: dict[str, Child] = {}
        self._running: dict[str, int] = {}
        self._started: dict[str, float] = {}

    @property
    def asked(self) -> bool:
        """Whether somebody asked for the end."""
        return self.signals > 0

    def listen(self) -> None:
        """Take SIGTERM and SIGINT, those that arrived during `hand_over` too."""
        for signum in ASKING:
            signal.signal(signum, self._count)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING)

    def keep(self, child: Child) -> None:
        """Start a child and keep it alive from now on."""
        self._children[child.name] = child
        self._start(child)

    def tend(self) -> None:
        """Start again what has died; call it a few times per second."""
        for name, child in self._children.items():
            code = _ended(self._running[name]) if name in self._running else None
            if code is not None:
                self._say("child died, starting it again", child=name, exit_code=code)
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
        ending: dict[str, tuple[int, float]] = {}
        for name in names:
            child, pid = self._children.pop(name, None), self._running.pop(name, None)
            if child is not None and pid is not None and _ended(pid) is None:
                os.kill(pid, signal.SIGTERM)
                ending[name] = (pid, time.monotonic() + child.stop_seconds)
        for name, (pid, deadline) in ending.items():
            code = _ended(pid)
            while code is None and time.monotonic() < deadline and self.signals < 2:
                time.sleep(STEP_SECONDS / 2)
                code = _ended(pid)
            if code is None:
                self._say("child did not end in time, killed", child=name)
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def hand_over(self, folder: str, ending: Sequence[Sequence[str]], lock: int) -> None:
        """Become a process that does nothing but this, in the place of everything that was needed to begin.

        Its children, its pid and the `lock`'s file stay; asked for the end, it ends the groups of `ending` in turn
        and exits with 0. Returns only when it was asked before, or where a process can't do so (not on Linux).
        """
        # What arrives from here on waits, and reaches the process that follows.
        signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)
        if self.asked or not hasattr(os, "memfd_create"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING)
            return
        state = {
            "children": [asdict(child) | {"env": dict(child.env)} for child in self._children.values()],
            "running": self._running, "ending": ending, "lock": lock, "log_format": self.log_format,
        }  # fmt: skip
        # In memory only: the children's environment has the master key in it.
        place = os.memfd_create("nof1web-up", 0)
        os.write(place, json.dumps(state).encode())
        os.lseek(place, 0, os.SEEK_SET)
        os.chdir(folder)
        sys.stdout.flush()
        os.set_inheritable(lock, True)
        os.execv(sys.executable, [sys.executable, "-m", __name__, str(place)])

    def _start(self, child: Child) -> None:
        self._started[child.name] = time.monotonic()
        parent = os.getpid()
        try:
            pid = fork()
        except OSError as error:
            # For want of memory or processes: `tend` tries again.
            self._say("child could not be started", child=child.name, error=str(error))
            return
        if pid:
            self._running[child.name] = pid
        else:
            _become(child, parent)

    def _count(self, signum: int, frame: FrameType | None) -> None:
        # make passes on a signal that its group got too: two at once are one person asking once.
        if time.monotonic() - self._signalled > ONE_SIGNAL_SECONDS:
            self.signals += 1
        self._signalled = time.monotonic()

    def _say(self, what: str, **facts: Any) -> None:
        # Imported only now: it weighs more than all the rest of this process.
        from nof1web import log

        log.configure(self.log_format)
        log.get(__name__).warning(what, **facts)


def resume(place: int) -> int:
    """Go on from what `hand_over` left in this file; return the exit code."""
    with os.fdopen(place) as file:
        state = json.load(file)
    # No child may hold it: one that outlives this process for a moment would keep the next `up` out.
    os.set_inheritable(state["lock"], False)
    supervisor = Supervisor(state["log_format"])
    for each in state["children"]:
        child = Child(**each | {"command": tuple(each["command"])})
        supervisor._children[child.name] = child
        supervisor._started[child.name] = float("-inf")
    supervisor._running = state["running"]
    supervisor.listen()
    try:
        supervisor.wait(lambda: False)
    finally:
        for names in state["ending"]:
            supervisor.stop(names)
    return 0


def _ended(pid: int) -> int | None:
    """Return the exit code of a child that has ended, None while it runs."""
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def _become(child: Child, parent: int) -> None:
    """Replace this forked process by a child's command; never returns."""
    try:
        # A group of its own: Ctrl-C in a terminal reaches the parent only, which ends its children in order.
        os.setpgid(0, 0)
        die_with_parent(parent, child.last_signal)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.chdir(child.folder)
        os.execvpe(child.command[0], child.command, dict(child.env))
    except OSError as error:
        os.write(2, f"{child.name} could not be started: {error}\n".encode())
    finally:
        os._exit(NOT_STARTED)


if __name__ == "__main__":
    sys.exit(resume(int(sys.argv[1])))
