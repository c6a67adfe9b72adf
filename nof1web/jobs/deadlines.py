"""Deadlines of jobs that share a process with others: one guard looks at them all, no timer for each.

A signal, RQ's own way, reaches the main thread only.
"""

from __future__ import annotations

import ctypes
import threading
import time
from dataclasses import dataclass

from rq.timeouts import BaseDeathPenalty, JobTimeoutException

_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc


class Overdue(JobTimeoutException):  # type: ignore[misc]
    """What a job is ended with; Python makes it inside of the thread, without arguments."""

    def __str__(self) -> str:
        return "the job took longer than its deadline allows"


@dataclass(slots=True)
class _Running:
    due: float
    told: bool = False


class Deadlines:
    """The running jobs of this process by thread, and until when each may go on (monotonic seconds)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, _Running] = {}
        self._last = float("inf")

    def begin(self, seconds: float) -> None:
        """Give the job that this thread begins so long."""
        with self._lock:
            self._running[threading.get_ident()] = _Running(min(time.monotonic() + seconds, self._last))

    def end(self) -> None:
        """Note that this thread's job has ended: what was meant for it doesn't meet the next one."""
        thread = threading.get_ident()
        with self._lock:
            self._running.pop(thread, None)
            _raise_in(ctypes.c_ulong(thread), None)

    def shorten(self, seconds: float) -> None:
        """Let no job, running or begun later, go on for more than so long from now."""
        with self._lock:
            self._last = min(self._last, time.monotonic() + seconds)
            for running in self._running.values():
                running.due = min(running.due, self._last)

    def enforce(self) -> float:
        """Raise Overdue in the thread of each job that is; return for how many seconds one goes on all the same."""
        longest = 0.0
        with self._lock:
            for thread, running in self._running.items():
                over = time.monotonic() - running.due
                if over > 0 and not running.told:
                    running.told = True
                    _raise_in(ctypes.c_ulong(thread), ctypes.py_object(Overdue))
                longest = max(longest, over)
        return longest


deadlines = Deadlines()
"""this process's"""


class ThreadDeadline(BaseDeathPenalty):  # type: ignore[misc]
    """RQ's deadline of a job, in a thread."""

    def setup_death_penalty(self) -> None:
        """Begin to count."""
        deadlines.begin(self._timeout)

    def cancel_death_penalty(self) -> None:
        """The job has ended; should it be overdue at this very moment, it has ended all the same."""
        try:
            deadlines.end()
        except Overdue:
            deadlines.end()
