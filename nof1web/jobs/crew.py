"""A parent that forks a few children, restarts those that die, and takes them down with it."""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Mapping
from types import FrameType

from nof1web import log
from nof1web.jobs.supervising import die_with_parent, fork

STEP_SECONDS = 0.1
RESTART_SECONDS = 1.0
"""longest pause before a dead child is started again; one that lived longer than this comes back at once"""


class Crew:
    """Keeps one forked child per named member alive until SIGTERM or SIGINT, then lets each finish for `grace` seconds.

    A member is a function that returns after it received SIGTERM.
    """

    def __init__(self, members: Mapping[str, Callable[[], None]], *, grace: float = 30.0) -> None:
        self.members = members
        self.grace = grace
        self.stopping = False
        self._pids: dict[str, int] = {}
        self._started: dict[str, float] = {}

    def run(self) -> int:
        """Run until told to stop; return the exit code."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        # What is loaded by now stays shared with the children instead of being copied by the collector.
        gc.collect()
        gc.freeze()
        while not self.stopping:
            self._reap()
            self._start_missing()
            time.sleep(STEP_SECONDS)
        return self._end()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _start_missing(self) -> None:
        for name in self.members:
            since = time.monotonic() - self._started.get(name, -RESTART_SECONDS)
            if name not in self._pids and since >= RESTART_SECONDS and not self.stopping:
                self._started[name] = time.monotonic()
                try:
                    self._pids[name] = self._fork(name)
                except OSError as error:
                    log.get(__name__).error("child could not be started", child=name, error=str(error))

    def _fork(self, name: str) -> int:
        parent = os.getpid()
        pid = fork()
        if pid:
            return pid
        code = 1
        try:
            die_with_parent(parent)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            random.seed()
            self.members[name]()
            code = 0
        except Exception as error:
            log.get(__name__).exception("child failed", child=name, error=str(error))
        finally:
            logging.shutdown()
            sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        for name, pid in list(self._pids.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self._pids[name]
                if not self.stopping:
                    code = os.waitstatus_to_exitcode(status)
                    log.get(__name__).warning("child died, starting it again", child=name, pid=pid, exit_code=code)

    def _end(self) -> int:
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        while self._pids and time.monotonic() < deadline:
            time.sleep(STEP_SECONDS)
            self._reap()
        self._send(signal.SIGKILL)
        for pid in self._pids.values():
            os.waitpid(pid, 0)
        return 0

    def _send(self, signum: int) -> None:
        for pid in self._pids.values():
            # A child that died meanwhile is still ours until it is waited for, so the number can't be another's.
            os.kill(pid, signum)
