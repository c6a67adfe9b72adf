"""Sockets of open pages: nobody waits for a slow reader, and each page has one thread only."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_PATIENCE_S = 5.0


class Reader:
    """Stands in for the thread in which the websocket library reads: it reads in the thread that calls `run`."""

    def __init__(self, target: Callable[[], None]) -> None:
        self.name = ""
        self.run = target

    def start(self) -> None:
        """Wait for `run`."""


class Unheard:
    """Stands in for the event that tells of a page's message: pages send none that anybody waits for."""

    def set(self) -> None:
        """Tell nobody."""


class WholeSends:
    """A socket whose send sends everything, one message after the other, without waiting for a slow reader.

    The websocket library calls send once and looks away: where the reader is slow, what didn't fit would be lost in
    the middle of a message, and its own pings would land there. What doesn't fit goes out in a thread of its own.
    """

    def __init__(self, inner: Any) -> None:
        self._inner, self._turn = inner, threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether something is still on its way."""
        return self._turn.locked()

    def send(self, data: bytes) -> int:
        """Send all of it, or begin to; return its length. OSError when the reader has been stuck for 5 s."""
        if not self._turn.acquire(timeout=_PATIENCE_S):
            raise TimeoutError("the reader takes nothing any more")
        rest = b""
        try:
            rest = self._begin(memoryview(data))
        finally:
            if not rest:
                self._turn.release()
        if rest:
            threading.Thread(target=self._finish, args=(rest,), name="live-slow", daemon=True).start()
        return len(data)

    def _begin(self, rest: memoryview) -> bytes:
        """Send what the connection takes without waiting; return what is left."""
        # gevent's sockets wait whatever they are told; the one inside doesn't.
        raw = getattr(self._inner, "_sock", self._inner)
        with suppress(BlockingIOError):
            while rest:
                rest = rest[raw.send(rest, socket.MSG_DONTWAIT) :]
        return bytes(rest)

    def _finish(self, rest: bytes) -> None:
        try:
            # The thread that reads finds a closed one closed too, and ends.
            with suppress(OSError):
                self._inner.sendall(rest)
        finally:
            self._turn.release()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
