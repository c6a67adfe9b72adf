"""One subscription per process, fanned out to the seats of open pages."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32


class Heard(Protocol):
    """What the bus tells: events of one user, marks of a host, or that messages may have been missed."""

    @property
    def user_id(self) -> str: ...

    @property
    def marks(self) -> Mapping[str, object]: ...

    @property
    def resumed(self) -> bool: ...


@dataclass(eq=False, slots=True)
class Seat:
    """An open page's place: what happened since it last looked. Bounded: two flags, however many messages come.

    `woken_at` is when the last of it was told, in monotonic seconds; `offset` the person's moment between 0 and 1.
    """

    user_id: str
    wants_marks: bool
    events: bool = False
    marks: bool = False
    woken: threading.Event = field(default_factory=threading.Event)
    woken_at: float = field(default_factory=time.monotonic)

    @property
    def offset(self) -> float:
        """Return the same share for all of a person's pages: they are drawn together."""
        return crc32(self.user_id.encode()) % 1000 / 1000

    def take(self) -> tuple[bool, bool]:
        """Return (events, marks) since the last look and forget them."""
        self.woken.clear()
        taken = (self.events, self.marks)
        self.events = self.marks = False
        return taken


class Hub:
    """Seats by user. The listener starts with the first seat and lives as long as the process."""

    def __init__(self, listen: Callable[[], Iterable[Heard]]) -> None:
        self._listen = listen
        self._seats: dict[str, set[Seat]] = defaultdict(set)
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None

    def join(self, user_id: str, *, wants_marks: bool) -> Seat:
        """Return a seat that hears this user's events, and marks if wanted."""
        seat = Seat(user_id, wants_marks)
        with self._lock:
            self._seats[user_id].add(seat)
            if self._listener is None or not self._listener.is_alive():
                self._listener = threading.Thread(target=self._run, name="live-hub", daemon=True)
                self._listener.start()
        return seat

    def leave(self, seat: Seat) -> None:
        """Give the seat back."""
        with self._lock:
            self._seats[seat.user_id].discard(seat)
            if not self._seats[seat.user_id]:
                del self._seats[seat.user_id]

    def tell(self, heard: Heard) -> None:
        """Wake exactly the seats a message concerns."""
        with self._lock:
            if heard.resumed:
                concerned = [seat for seats in self._seats.values() for seat in seats]
            elif heard.user_id:
                concerned = list(self._seats.get(heard.user_id, ()))
            else:
                concerned = [seat for seats in self._seats.values() for seat in seats if seat.wants_marks]
        now = time.monotonic()
        for seat in concerned:
            seat.woken_at = now
            if heard.resumed or heard.user_id:
                seat.events = True
            else:
                seat.marks = True
            seat.woken.set()

    def _run(self) -> None:
        try:
            for heard in self._listen():
                self.tell(heard)
        except Exception:
            # The next page that connects starts a new listener; the pages refresh themselves meanwhile.
            logging.getLogger("nof1web.web").exception("live updates stopped")
