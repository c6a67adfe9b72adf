"""Live pages: 100 people with 10 open pages each on one web process, 50 events a second."""

from __future__ import annotations

import os
import re
import selectors
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import websocket
from flask.sessions import SecureCookieSessionInterface

from nof1web.config import load
from nof1web.core.records import Event
from nof1web.errors import Text
from nof1web.services import users
from nof1web.services.stores import User
from nof1web.web.app import create_app
from nof1web.wiring import Wiring
from tests.e2e.deployment import Deployment, running
from tests.tools.table import Row

PEOPLE, TABS, PER_SECOND, SECONDS = 100, 10, 50, 15
PAGES = ("activity", "overview")
_MARK = re.compile(rb"bench event (\d+)\.")


def rows() -> Iterator[Row]:
    """Start an installation, open the pages, publish, and print how soon each page had each event."""
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as deployment:
        p = Wiring(load(deployment.env))
        people = [users.add_user(p, f"bench{number}@example.org", "bench-password") for number in range(PEOPLE)]
        empty = _web_kilobytes(deployment)
        seats: list[websocket.WebSocket] = []
        for person in people:
            with p.tenants(person.id):
                # Made before a page asks for it: one that finds it busy closes, and its browser connects again.
                pass
            seats += _sit(deployment, p, person)
            # Pages that answer no ping are taken for gone.
            _drain(seats, seconds=0.05)
        _drain(seats, seconds=5)
        weight = (_web_kilobytes(deployment) - empty) / len(seats)
        told: dict[int, float] = {}
        teller = threading.Thread(target=_tell, args=(p, people, told), daemon=True)
        teller.start()
        busy = _web_seconds(deployment)
        late = sorted(_drain(seats, seconds=SECONDS + 3, told=told))
        busy = _web_seconds(deployment) - busy
        teller.join()
        for seat in seats:
            seat.close()
        how = f"{PEOPLE} people × {TABS} pages, {PER_SECOND} events/s for {SECONDS} s, one web process"
        p50, p99 = (late[min(len(late) - 1, len(late) * share // 100)] * 1000 for share in (50, 99))
        yield "an event until a page has it", f"p50 {p50:.0f} ms, p99 {p99:.0f} ms ({len(late)} seen)", how
        busy_how = f"{busy / len(told) * 1000:.1f} ms an event"
        yield "the web process meanwhile", f"{busy / (SECONDS + 3):.0%} of a core", busy_how
        yield "memory of an open page", f"{weight:.0f} kB", "PSS of the web process, before and with all pages open"


def _sit(deployment: Deployment, p: Wiring, person: User) -> Iterator[websocket.WebSocket]:
    """Open a person's pages as a browser with a session would."""
    app = create_app(p.config, ports=lambda: p)
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    cookie = serializer.dumps({"_user_id": users.open_session(p, person.id), "_fresh": True, "_permanent": True})
    host = deployment.url.removeprefix("http://")
    for number in range(TABS):
        page = PAGES[number % len(PAGES)]
        yield websocket.create_connection(
            f"ws://{host}/live?after=0&page={page}", cookie=f"nof1={cookie}", origin=deployment.url, timeout=20,
            header={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
        )  # fmt: skip


def _tell(p: Wiring, people: list[User], told: dict[int, float]) -> None:
    began = time.monotonic()
    for number in range(PER_SECOND * SECONDS):
        time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        person = people[number % len(people)]
        with p.tenants(person.id) as store:
            newest = store.chronicle.add_event(Event("bench", Text(f"bench event {number}."), p.clock()))
        told[number] = time.monotonic()
        p.bus.publish(person.id, newest)


def _drain(
    seats: list[websocket.WebSocket], *, seconds: float, told: dict[int, float] | None = None
) -> list[float]:
    """Read every page's messages; return for each event how late each page that lists it had it."""
    seen: dict[int, set[int]] = {}
    late: list[float] = []
    with selectors.DefaultSelector() as waiting:
        for number, seat in enumerate(seats):
            waiting.register(seat.sock, selectors.EVENT_READ, (number, seat))
            seen[number] = set()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _events in waiting.select(left):
                number, seat = key.data
                # A ping is answered by itself; asked for like this it doesn't make us wait for the next message.
                opcode, data = seat.recv_data(control_frame=True)
                assert opcode != websocket.ABNF.OPCODE_CLOSE, f"a page was closed: {data!r}"
                now = time.monotonic()
                for found in _MARK.findall(data):
                    if told and int(found) in told and int(found) not in seen[number]:
                        seen[number].add(int(found))
                        late.append(now - told[int(found)])
    return late


def _web(deployment: Deployment) -> list[int]:
    return [pid for pid, args in deployment.children().items() if "gunicorn" in args]


def _web_seconds(deployment: Deployment) -> float:
    """Return how much processor time the web process has taken."""
    ticks = 0
    for pid in _web(deployment):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _web_kilobytes(deployment: Deployment) -> int:
    total = 0
    for pid in _web(deployment):
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
        total += int(found[1]) if found else 0
    return total
