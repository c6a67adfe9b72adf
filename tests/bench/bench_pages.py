"""Server time of each page for a person with 20 credentials, 200 positions and 10,000 events."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from statistics import median

from nof1web.adapters.store.tenant import SqliteTenant
from nof1web.core.records import Credential, CredentialState, Epoch, EpochState, Event, Severity, Tracker, Verdict
from nof1web.core.trading import Account, Environment, Fill, Position, PositionSide, Side
from nof1web.errors import Text
from nof1web.services.users import add_user
from nof1web.web.app import create_app
from nof1web.wiring import Wiring
from tests.tools.table import Row
from tests.web import seed
from tests.web.conftest import enter

CREDENTIALS, EACH, EVENTS, FILLS, READINGS = 20, 10, 10_000, 4_000, 1_440
ROUNDS = 100
PATHS = ("/", "/credentials", "/credentials/c_0", "/trackers/t_0", "/trackers/new", "/agents", "/activity", "/why")


def rows() -> Iterator[Row]:
    """Ask each page in turn and print the median and the 99th percentile of the application's own time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "tenants"
        folder.mkdir(mode=0o700)
        p = seed.wiring(folder)
        seed.market(p)
        user = add_user(p, "ann@example.org", seed.PASSWORD)
        with p.tenants(user.id) as store, store.transaction():
            fill(store, datetime.now(UTC))
        yield from _measured(p)


def _measured(p: Wiring) -> Iterator[Row]:
    app = create_app(p.config, ports=lambda: p)
    app.testing = True
    client = enter(app.test_client(), "ann@example.org")
    # As the web process does with what is loaded when it begins.
    gc.collect()
    gc.freeze()
    how = f"{CREDENTIALS} credentials, {CREDENTIALS * EACH} positions, {EVENTS} events; {ROUNDS} requests, no network"
    for path in PATHS:
        times, busy = [], []
        for _ in range(ROUNDS + 3):
            gc.collect(0)
            began = time.perf_counter(), time.thread_time()
            answer = client.get(path)
            times.append(time.perf_counter() - began[0])
            busy.append(time.thread_time() - began[1])
            assert answer.status_code == 200, (path, answer.status_code)
        ranked = sorted(times[3:])
        p50, p99 = (ranked[min(ROUNDS - 1, ROUNDS * share // 100)] * 1000 for share in (50, 99))
        size = len(answer.data) / 1024
        cpu = sorted(busy[3:])
        spent = f"CPU p50 {median(cpu) * 1000:.0f} ms, p99 {cpu[ROUNDS * 99 // 100] * 1000:.0f} ms"
        yield f"page {path}, server time", f"p50 {p50:.0f} ms, p99 {p99:.0f} ms ({spent}, {size:.0f} kB)", how


def fill(store: SqliteTenant, now: datetime) -> None:
    """Write what a busy person has after a day."""
    for index in range(CREDENTIALS):
        id, tracker_id = f"c_{index}", f"t_{index}"
        store.credentials.add(
            Credential(
                id, f"Account {index}", Environment.TESTNET, f"{seed.KEY[:-2]}{index:02}", CredentialState.RUNNING,
                True, False, now - timedelta(days=3), last_cycle_at=now,
            )
        )  # fmt: skip
        store.trackers.add(
            Tracker(tracker_id, id, f"Tracker {index}", "nof1", "grok-4", True, now, now, {"mode": "trade"})
        )
        _day(store, id, now)
        _books(store, id, tracker_id, now)
    for number in range(EVENTS):
        severity = Severity.WARNING if number % 50 == 0 else Severity.INFO
        text = Text("Opened %(side)s %(quantity)s %(symbol)s.", {"side": "BUY", "quantity": "1", "symbol": "BTCUSDT"})
        at = now - timedelta(seconds=EVENTS - number)
        store.chronicle.add_event(Event("order", text, at, severity, f"c_{number % CREDENTIALS}", "", "BTCUSDT"))


def _day(store: SqliteTenant, id: str, now: datetime) -> None:
    for minute in range(READINGS):
        at = now - timedelta(minutes=READINGS - minute)
        equity = D(1000) + D(minute % 37)
        store.credentials.put_snapshot(id, Account(equity, equity, equity, D(90), D(0), False, False, at), ())
    fills = (
        Fill(
            f"{number}", f"o{number}", "BTCUSDT", Side.BUY, D("0.001"), D(65000), D("0.02"), "USDT", D(number % 7 - 3),
            now - timedelta(minutes=number),
        )
        for number in range(FILLS // CREDENTIALS)
    )  # fmt: skip
    store.journal.add_fills(id, fills)


def _books(store: SqliteTenant, id: str, tracker_id: str, now: datetime) -> None:
    symbols = [f"COIN{number}USDT" for number in range(EACH)]
    live = tuple(
        Position(each, PositionSide.BOTH, D(3), D(100), D(101), D(60), D(3), D(30)) for each in symbols
    )
    store.credentials.put_snapshot(id, Account(D(1000), D(1000), D(700), D(300), D(30), False, False, now), live)
    for each in symbols:
        own, agents = (D(3), D(100), D("0.1"), 10), (D(30), D(100), 1)
        store.trackers.put_epoch(Epoch(tracker_id, each, "1", EpochState.LIVE, *own, *agents, D(30), False, now))
    verdicts = (Verdict(tracker_id, each, "1", "hold", "on_target", {"quantity": "3"}, now) for each in symbols)
    store.chronicle.put_verdicts(verdicts)
