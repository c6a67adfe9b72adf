"""What reading a source costs: one signal, a whole season's history, thirty addresses within their weight."""

from __future__ import annotations

import json
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.adapters.store.market import SqliteMarket
from nof1web.core.signals import Reading
from nof1web.errors import Transient
from nof1web.services import feeding
from nof1web.sim.world import make_world
from tests.adapters.feeds.wallets import Wallets, address
from tests.tools.table import Row

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)
START_MS = int(BEGAN.timestamp() * 1000)
SIGNAL_BYTES, HISTORY_BYTES = 20_000, 7_000_000
READS, LEADERS, SECONDS, MINUTES = 100, 30, 3, 10
HOUR, EVERY, NEWS_S = 3600, 5, 30
PARSE = Nof1Feed(base_url="http://127.0.0.1:1", timeout=1).parse


def rows() -> Iterator[Row]:
    """Measure parsing and storing, and how often each of many addresses is read."""
    rows = _records()
    yield from _one_signal(rows)
    yield from _history(rows)
    yield from _ages()
    yield from _addresses(batches=True)
    yield from _addresses(batches=False)


class Bodies:
    """A feed of ready-made payloads."""

    name = "nof1"

    def __init__(self, bodies: list[bytes]) -> None:
        self.bodies = iter(bodies)

    def read(self, marker: int | None) -> Reading | None:
        """Parse the next body."""
        return PARSE(next(self.bodies))

    def parse(self, raw: bytes) -> Reading:
        """As nof1's."""
        return PARSE(raw)

    def stored(self) -> None:
        """Nothing to remember."""


def _records() -> list[dict[str, Any]]:
    """One hour's records of the built-in arena's seven agents, with about as many positions as the real one had."""
    world = make_world(seed=2, now_ms=START_MS, virtual=True)
    world.advance(START_MS + 1_800_000)
    found: list[dict[str, Any]] = json.loads(world.feed.payload(least_hour=None, now_ms=START_MS)[0])["accountTotals"]
    newest = {row["model_id"]: row for row in found}
    largest = max((row["positions"] for row in found), key=len)
    return [row | {"positions": row["positions"] or largest} for row in newest.values()]


def _body(records: list[dict[str, Any]], *, hour: int, least: int, late_s: int = 0) -> bytes:
    """A payload of about so many bytes: so many hours of the same records, all of them `late_s` later."""
    made, size, hour_s = list[dict[str, Any]](), 0, START_MS // 1000 + 3600 * hour + late_s
    while size < least:
        row, back = records[len(made) % len(records)], len(made) // len(records)
        mark = {"id": f"{row['model_id']}_{hour + back}", "timestamp": hour_s + 3600 * back}
        minutes = {"since_inception_hourly_marker": hour + back, "since_inception_minute_marker": (hour + back) * 60}
        made.append(row | mark | minutes)
        size += len(json.dumps(made[-1])) + 2
    last = hour + (len(made) - 1) // len(records)
    server_ms = START_MS + 3_600_000 * (last + 1) + 1000 * late_s
    return json.dumps({"accountTotals": made, "lastHourlyMarkerRead": last, "serverTime": server_ms}).encode()


def _moved(row: dict[str, Any], number: int) -> dict[str, Any]:
    """The record with other quantities: one that can lead to a decision."""
    held = {coin: {**each, "quantity": each["quantity"] * (1 + number)} for coin, each in row["positions"].items()}
    return {**row, "positions": held}


def _one_signal(records: list[dict[str, Any]]) -> Iterator[Row]:
    """Each read half a minute after the last one, with something new of every agent."""
    bodies = [
        _body([_moved(row, number) for row in records], hour=0, least=SIGNAL_BYTES, late_s=NEWS_S * number)
        for number in range(READS)
    ]
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        market, feed = SqliteMarket(Path(folder) / "market.db"), Bodies(bodies)
        for number in range(READS):
            began = time.perf_counter()
            feeding.read_source(feed, market, BEGAN + timedelta(hours=2, seconds=NEWS_S * number))
            taken.append(time.perf_counter() - began)
        market.close()
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    how = f"median of {READS}, every one with news of seven agents; {len(bodies[0]) / 1000:.0f} kB"
    yield "parse and store one signal", f"{median(taken) * 1000:.1f} ms", how
    yield "  on disk, recording and history", f"{size / READS / 1000:.1f} kB", "each"


def _history(records: list[dict[str, Any]]) -> Iterator[Row]:
    """The first read ever: the whole season in one answer, parsed and stored."""
    body = _body(records, hour=0, least=HISTORY_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        taken = []
        for number in range(3):
            began = time.perf_counter()
            _read_first(Path(folder) / f"{number}.db", body)
            taken.append(time.perf_counter() - began)
        tracemalloc.start()
        _read_first(Path(folder) / "traced.db", body)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    yield "parse and store a season's history", f"{median(taken):.2f} s", f"median of 3; {len(body) / 1e6:.1f} MB"
    yield "  memory at its peak", f"{peak / 1e6:.0f} MB", "beyond the payload itself"


def _read_first(path: Path, body: bytes) -> None:
    market = SqliteMarket(path)
    feeding.read_source(Bodies([body]), market, BEGAN + timedelta(days=30))
    market.close()


def _ages() -> Iterator[Row]:
    """How old the built-in arena's records are when they are read, on its own clock."""
    world, ages = make_world(seed=2, now_ms=START_MS, virtual=True), list[float]()
    for number in range(HOUR // EVERY):
        at_ms = START_MS + number * EVERY * 1000
        world.advance(at_ms)
        reading = PARSE(world.feed.payload(least_hour=None, now_ms=at_ms)[0].encode())
        ages += [(reading.server_at - record.recorded_at).total_seconds() for record in reading.records]
    how = f"median; the arena read every {EVERY} s for an hour, at most {max(ages):.0f} s"
    yield "age of a record when read", f"{median(ages):.1f} s", how


def _addresses(*, batches: bool) -> Iterator[Row]:
    """Thirty known addresses, three of which change every half minute, on a clock of its own."""
    everybody = [address(number) for number in range(1, LEADERS + 1)]
    wallets = Wallets(seen=dict.fromkeys(everybody, frozenset({"BTCUSDT"})))
    wallets.batches = batches
    for number, who in enumerate(everybody):
        wallets.hold(who, number + 1, BTC="0.5@100")
    last: dict[str, float] = {}
    gaps = []
    for tick in range(MINUTES * 60 // SECONDS):
        wallets.seconds = float(tick * SECONDS)
        if tick % 10 == 5:
            for who in everybody[:3]:
                wallets.fill(who, "BTC", before="0.5", after="0.6", oid=1)
                wallets.fill(who, "BTC", before="0.6", after="0.5", oid=1)
                wallets.hold(who, BTC=f"0.5@{100 + tick}")
        try:
            told = [record.agent for record in wallets.read(*everybody).records]
        except Transient:
            continue
        gaps += [wallets.seconds - last[who] for who in told if who in last]
        last |= dict.fromkeys(told, wallets.seconds)
    how = f"{LEADERS} addresses asked for every {SECONDS} s over {MINUTES} minutes, three of them trading"
    how += "" if batches else ", each by itself"
    yield "Hyperliquid, weight in a minute", f"{max(wallets.weight().values())}", f"at most, of 1200; {how}"
    yield "  age of a book when read again", f"{sum(gaps) / len(gaps):.1f} s", f"on average; at most {max(gaps):.0f} s"
