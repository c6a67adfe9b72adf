"""Jobs for tests: they write into a ledger what they do, so that a test can see overlaps, order and repeats."""

from __future__ import annotations

import os
import time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from threading import get_ident

from rq import get_current_job

from nof1web.errors import LeaseLost
from nof1web.jobs import leases
from tests.jobs.ledger import Ledger

SIGNED_FOR, MARGIN = 0.1, 0.05
"""seconds for which an order is taken by the exchange, and what more of the lease has to be left"""


@lru_cache
def _ledger(path: str, thread: int) -> Ledger:
    return Ledger(Path(path))


def ledger(path: str) -> Ledger:
    """Return this thread's own connection to the book."""
    return _ledger(path, get_ident())


def note(path: str, credential: str, number: int) -> dict[str, int]:
    """Take a few milliseconds for a credential."""
    book = ledger(path)
    fence = leases.current().take_fence("u", credential)
    book.write(credential, number, "start", os.getpid())
    time.sleep(0.003)
    book.write(credential, number, "end", os.getpid())
    return {"fence": fence}


def hold(path: str, credential: str, number: int, gate: str) -> str:
    """Work until the gate is there, then write under lease and fence as a service would."""
    book, lease = ledger(path), leases.current()
    fence = lease.take_fence("u", credential)
    book.write(credential, number, "start", os.getpid())
    while not Path(gate).exists():
        time.sleep(0.01)
    try:
        lease.require(Decimal("0.1"))
        if book.fence(credential) > fence:
            raise LeaseLost("fence")
    except LeaseLost:
        book.write(credential, number, "refused", os.getpid())
        raise
    book.write(credential, number, "end", os.getpid())
    return "held"


def die(path: str, credential: str, number: int) -> None:
    """Take the worker down."""
    ledger(path).write(credential, number, "start", os.getpid())
    time.sleep(0.1)
    os._exit(3)


def pause(path: str, credential: str, number: int) -> None:
    """Take as long as it takes a neighbour to end the process."""
    book = ledger(path)
    leases.current().take_fence("u", credential)
    book.write(credential, number, "start", os.getpid())
    time.sleep(0.3)
    book.write(credential, number, "end", os.getpid())


def linger(path: str, credential: str, number: int, gate: str) -> None:
    """Note what the lease says while the gate is closed; never ends by itself."""
    book, lease = ledger(path), leases.current()
    lease.take_fence("u", credential)
    book.write(credential, number, "start", os.getpid())
    while not (lease.ending and Path(gate).exists()):
        time.sleep(0.01)
    book.write(credential, number, "ending", os.getpid())
    while True:
        time.sleep(0.01)


def trade(path: str, credential: str, number: int) -> None:
    """Send two orders as a cycle does: what was sent before is asked about, what is new is signed for a short while
    and leaves only with more of the lease left than that.
    """
    book, lease = ledger(path), leases.current()
    fence = lease.take_fence("u", credential)
    for part in (0, 1):
        if book.knows(credential, number, part):
            continue
        time.sleep(0.002)
        until = leases.now() + SIGNED_FOR
        lease.require(Decimal(str(SIGNED_FOR + MARGIN)))
        if book.fence(credential) > fence or not book.send(credential, number, part, fence, until=until):
            raise LeaseLost("too late")


def nothing(path: str, credential: str, number: int, done: str = "leased:done") -> None:
    """Count that it ran."""
    job = get_current_job()
    assert job is not None
    job.connection.incr(done)
