"""The clock: once a second asks for what is due. Costs what is due, not what exists; safe to run twice at once."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from nof1web import log, wiring
from nof1web.adapters.queue import beat
from nof1web.adapters.queue.clock import follow_clock
from nof1web.core.trading import Environment
from nof1web.jobs import scripts

MARKS_SECONDS = 5
RENOTIFY_SECONDS = 30
SYNCS_AT_ONCE = 500
LONGEST_BACKOFF = 10
"""s between reads of a source that fails (DESIGN §5)"""


def tick(w: wiring.Wiring) -> None:
    """Ask for the reads, cycles and syncs that are due now."""
    now = w.clock()
    beat(w.redis, "scheduler", "tick", pid=os.getpid())
    hosts = {w.host(each): each for each in Environment}
    moved = follow_clock(w.redis, _machine(), now, steady=int(time.monotonic()), hosts=hosts)
    if moved:
        log.get(__name__).warning("clock was put back", seconds=moved)
    _sources(w, now)
    _marks(w, now)
    _wakes(w, now)
    for host, environment in hosts.items():
        # What the budget has no room for stays due, the longest waiting first: syncs stretch, nothing else does.
        most = min(w.sync_room(environment), SYNCS_AT_ONCE)
        w.queue.syncs(w.queue.index.due_syncs(host, now, w.config.sync_seconds, most))
    if w.redis.set("renotified", 1, nx=True, ex=RENOTIFY_SECONDS):
        w.redis.eval(scripts.RENOTIFY, 0)


def plan_next_read(w: wiring.Wiring, source: str) -> None:
    """Note when a source is read next: after the interval, doubled with each failure up to 10 s, or when it said."""
    state = w.market.source_state(source)
    if state is None:
        return
    seconds = w.config.feed_seconds
    at = w.clock() + timedelta(seconds=backoff(seconds, state.failures) if state.failures else seconds)
    if state.failures:
        at = max(at, state.next_at or at)
        w.queue.index.plan_source(source, at)
    w.market.put_source_state(replace(state, next_at=at))


def backoff(interval: int, failures: int) -> int:
    """Return the seconds to the next read after this many failures in a row; never less than the interval."""
    doubled = interval * 2 ** min(failures - 1, 10)
    return max(interval, min(doubled, LONGEST_BACKOFF))


def _machine() -> str:
    """Return a name of what the steady clock counts from: a boot, where the system tells which."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return os.uname().nodename


def _sources(w: wiring.Wiring, now: datetime) -> None:
    for source in w.sources:
        w.queue.index.plan_source(source, now, keep=True)
    for source in w.queue.index.due_sources(now, w.config.feed_seconds):
        w.queue.read_source(source)


def _marks(w: wiring.Wiring, now: datetime) -> None:
    hosts = {w.host(Environment(name)): name for name in w.queue.index.environments(now)}
    for host, environment in hosts.items():
        if w.redis.set(f"marks-asked:{host}", 1, nx=True, px=MARKS_SECONDS * 1000 - 100):
            w.queue.read_marks(environment)


def _wakes(w: wiring.Wiring, now: datetime) -> None:
    wakes = w.queue.index.due_wakes(now)
    # Queued first, forgotten then: dying in between costs a second, equal cycle, not the wake.
    w.queue.cycles(w.queue.index.credentials(wakes))
    w.queue.index.woken(wakes)
