"""Keeps SQLite connections out of forked children: their file locks belong to the process that opened them."""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet


class Watched(Protocol):
    """Something that holds a connection and a lock."""

    def pause_for_fork(self) -> bool: ...

    def resume_after_fork(self) -> None: ...

    def renew_in_child(self) -> object: ...


class _Forks:
    """Who is watched, and who is paused by the fork under way."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.watched: WeakSet[Watched] = WeakSet()
        self.paused: list[Watched] = []
        # Closing an inherited connection could drop the parent's write-ahead log: they are kept, unused, for good.
        self.inherited: list[object] = []

    def before(self) -> None:
        with self.lock:
            watched = list(self.watched)
        self.paused = [one for one in watched if one.pause_for_fork()]

    def in_parent(self) -> None:
        paused, self.paused = self.paused, []
        for one in paused:
            one.resume_after_fork()

    def in_child(self) -> None:
        self.lock = threading.Lock()
        self.paused = []
        self.inherited += [one.renew_in_child() for one in list(self.watched)]


_forks = _Forks()
os.register_at_fork(before=_forks.before, after_in_parent=_forks.in_parent, after_in_child=_forks.in_child)


def watch(one: Watched) -> None:
    """Close `one` before every fork of this process, for as long as it exists."""
    with _forks.lock:
        _forks.watched.add(one)
