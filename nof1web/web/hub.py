"""One subscription per process, fanned out to the people who have pages open; each person's are drawn in one go."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32

EVENTS_SECONDS = 0.25
"""what happens within it is drawn once: at most four drawings a second"""

MARKS_SECONDS = 2.0
LOOK_SECONDS = 5.0
"""how long a person's silent pages wait before they look whether anybody is left to say anything"""


class Heard(Protocol):
    """What the bus tells: events of one user, marks of a host, or that messages may have been missed."""

    @property
    def user_id(self) -> str: ...

    @property
    def marks(self) -> Mapping[str, object]: ...

    @property
    def resumed(self) -> bool: ...


class Seat(Protocol):
    """An open page's place; `late` says that it was left out: it still receives, or what it shows can't be read."""

    late: bool

    @property
    def wants_marks(self) -> bool: ...

    def draw(self, woken_at: float) -> None:
        """Send what is new since that moment (monotonic seconds)."""
        ...

    def look(self) -> None:
        """Send what is new though nobody said anything."""
        ...

    def close(self) -> None:
        """Let the page connect again."""
        ...


@dataclass(eq=False, slots=True)
class Room:
    """A person's open pages, and the thread that draws them while there are any.

    What happened is kept in two flags, however many messages come; `woken_at` is when the last of it was told, `drawn`
    and `told` when pages were last drawn at all and because of an event, all in monotonic seconds.
    """

    user_id: str
    seats: list[Seat] = field(default_factory=list)
    events: bool = False
    marks: bool = False
    woken: threading.Event = field(default_factory=threading.Event)
    woken_at: float = field(default_factory=time.monotonic)
    drawn: float = 0.0
    told: float = 0.0
    late: bool = False

    def wake(self, *, events: bool) -> None:
        """Say that something happened, or that marks moved."""
        self.woken_at = time.monotonic()
        self.events |= events
        self.marks |= not events
        self.woken.set()

    def expect(self, seat: Seat) -> None:
        """Draw a page soon though nothing happened."""
        seat.late = self.late = True
        self.woken.set()

    def run(self) -> None:
        """Draw whenever something happened, until the last page is gone."""
        while self.seats:
            if self._rest():
                events, self.events, self.marks = self.events, False, False
                self._draw([seat for seat in self.seats if events or seat.wants_marks or seat.late])
            elif not self.woken.wait(EVENTS_SECONDS if self.late else LOOK_SECONDS):
                if self.late:
                    self._draw([seat for seat in self.seats if seat.late])
                else:
                    self._look()

    def _look(self) -> None:
        for seat in tuple(self.seats):
            seat.look()

    def _draw(self, wanted: Iterable[Seat]) -> None:
        for seat in wanted:
            seat.draw(self.woken_at)
        self.late = any(seat.late for seat in self.seats)

    def _rest(self) -> bool:
        """Wait until what happened may be drawn: four times a second, for marks every two; False when nothing did."""
        # Marks concern everybody at once: each person has a moment of their own, so that nobody's event waits for all.
        offset = crc32(self.user_id.encode()) % 1000 / 1000 * MARKS_SECONDS
        marks_at = max(self.drawn + MARKS_SECONDS, time.monotonic() + offset)
        while True:
            self.woken.clear()
            if not (self.events or self.marks):
                return False
            pause = (self.told + EVENTS_SECONDS if self.events else marks_at) - time.monotonic()
            if pause <= 0:
                self.drawn = time.monotonic()
                # A drawing for marks alone tells of no event: the next one needn't wait for it.
                self.told = self.drawn if self.events else self.told
                return True
            self.woken.wait(pause)


class Hub:
    """Rooms by user. The listener starts with the first page and lives as long as the process."""

    def __init__(self, listen: Callable[[], Iterable[Heard]]) -> None:
        self._listen = listen
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None

    def join(self, user_id: str, seat: Seat) -> Room:
        """Let a page hear its user's events, and marks if it wants them."""
        with self._lock:
            if self._listener is None or not self._listener.is_alive():
                self._listener = threading.Thread(target=self._run, name="live-hub", daemon=True)
                self._listener.start()
            room = self._rooms.get(user_id)
            if room is None:
                room = self._rooms[user_id] = Room(user_id)
                threading.Thread(target=self._serve, args=(room,), name="live-room", daemon=True).start()
            room.seats.append(seat)
        return room

    def leave(self, room: Room, seat: Seat) -> None:
        """Forget a page; leaving twice is fine."""
        with self._lock:
            if seat in room.seats:
                room.seats.remove(seat)
            if not room.seats and self._rooms.get(room.user_id) is room:
                del self._rooms[room.user_id]
        room.woken.set()

    def tell(self, heard: Heard) -> None:
        """Wake exactly the people a message concerns."""
        with self._lock:
            rooms = tuple(self._rooms.values())
            mine = self._rooms.get(heard.user_id)
        if heard.resumed:
            for room in rooms:
                room.wake(events=True)
        elif heard.user_id:
            if mine is not None:
                mine.wake(events=True)
        else:
            for room in rooms:
                if any(seat.wants_marks for seat in room.seats):
                    room.wake(events=False)

    def _serve(self, room: Room) -> None:
        # The first page sits down while this thread starts.
        with self._lock:
            pass
        try:
            room.run()
        except Exception:
            logging.getLogger("nof1web.web").exception("a person's pages are not drawn any more")
        finally:
            with self._lock:
                if self._rooms.get(room.user_id) is room:
                    del self._rooms[room.user_id]
            for seat in tuple(room.seats):
                seat.close()

    def _run(self) -> None:
        try:
            for heard in self._listen():
                self.tell(heard)
        except Exception:
            # The next page that connects starts a new listener; the pages refresh themselves meanwhile.
            logging.getLogger("nof1web.web").exception("live updates stopped")
