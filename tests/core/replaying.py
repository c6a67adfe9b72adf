"""Decides a stretch of account-totals, generated or recorded, and writes every plan; run as a process of its own."""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from nof1web.adapters.feeds.nof1_wire import parse_reading
from nof1web.core.signals import AgentRecord, Reading
from nof1web.sim.world import make_world
from tests.core.follower import INSTRUMENTS, Follower

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)
SEED = 7
QUIET, PERIOD = range(150, 290), 900
"""of every PERIOD reads these are not answered: long enough for the source to be stale"""
REMEMBERED = timedelta(hours=2)
"""longer than any cooldown in STYLES"""

# How each agent is followed: every sizing, both position modes, and what else makes a decision take another turn.
STYLES: tuple[dict[str, Any], ...] = (
    {"sizing": "equity_share", "existing": "copy"},
    {"sizing": "margin_share", "hedge": True, "max_positions": "2", "order_cap": "900"},
    {"sizing": "equity_ratio", "multiplier": "0.3", "max_entries_per_hour": "3", "below_minimum": "raise"},
    {"sizing": "fixed_margin", "fixed_margin": "60", "on_new_entry": "reopen", "hedge": True},
    {
        "sizing": "fixed_notional",
        "fixed_notional": "400",
        "profit_target": "5",
        "auto_refollow": "on",
        "cooldown": "60",
    },
    {"sizing": "equity_share", "reverse": "on", "below_minimum": "accumulate", "lifetime": "1"},
    {"sizing": "risk_at_stop", "risk_percent": "0.5", "tracker_cap": "3000", "existing": "ignore"},
)


@dataclass(frozen=True, slots=True)
class Read:
    """One poll of the source at a time: what was read (None: no answer), and the marks (USDT) then."""

    at: datetime
    reading: Reading | None
    marks: dict[str, Decimal]


def generated(*, hours: Decimal, step: int) -> Iterator[Read]:
    """Yield what the built-in arena publishes, read every `step` seconds of its virtual clock."""
    start_ms = int(BEGAN.timestamp() * 1000)
    world = make_world(seed=SEED, now_ms=start_ms, virtual=True)
    marker: int | None = None
    for number in range(int(hours * 3600 / step)):
        world.advance(start_ms + number * step * 1000)
        at_ms = world.clock()
        marks = {symbol: world.exchange.market.mark(symbol) for symbol in INSTRUMENTS}
        reading = None
        if number % PERIOD not in QUIET:
            reading = read(world.feed.payload(least_hour=marker, now_ms=at_ms)[0], marker)
            marker = reading.marker
        yield Read(BEGAN + timedelta(milliseconds=at_ms - start_ms), reading, marks)


def recorded(path: Path) -> Iterator[Read]:
    """Yield the reads of a recording: a JSON line each with `marks` and the payload as `body`."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line, parse_float=Decimal)
        marks = {symbol: Decimal(price) for symbol, price in row["marks"].items()}
        reading = parse_reading(row["body"], source="nof1", asked=None)
        yield Read(reading.server_at, reading, marks)


def captured(folder: Path) -> Iterator[Read]:
    """Yield the captures of the real arena in a folder by their time, each read for half a minute."""
    documents = [json.loads(path.read_text(), parse_float=Decimal) for path in folder.glob("account-totals.*.json")]
    for document in sorted(documents, key=lambda each: int(each["serverTime"])):
        reading = parse_reading(document, source="nof1", asked=None)
        held = [position for row in document["accountTotals"] for position in row["positions"].values()]
        marks = {f"{each['symbol']}USDT": Decimal(each["current_price"]) for each in held}
        for later in range(0, 31, 5):
            yield Read(reading.server_at + timedelta(seconds=later), reading, marks)


def read(body: str, marker: int | None) -> Reading:
    """Return a payload as the real parser reads it."""
    return parse_reading(json.loads(body, parse_float=Decimal), source="nof1", asked=marker)


def decide_all(reads: Iterable[Read], out: TextIO) -> dict[str, int | list[str]]:
    """Follow every agent through the reads; write a line per plan and return what was counted."""
    followers: dict[str, Follower] = {}
    counts: Counter[str] = Counter()
    codes: set[str] = set()
    kinds: set[str] = set()
    for each in reads:
        records = {record.agent: record for record in each.reading.records} if each.reading else {}
        counts.update(reads=1, records=len(records))
        for agent in records:
            if agent not in followers:
                followers[agent] = Follower(since=each.at, **STYLES[len(followers) % len(STYLES)])
        for agent, follower in followers.items():
            plans = _decided(follower, each, records.get(agent))
            codes |= {verdict.code for plan in plans for verdict in plan.verdicts}
            kinds |= {order.kind for plan in plans for order in plan.orders}
            counts.update(plans=len(plans), orders=sum(len(plan.orders) for plan in plans))
            out.writelines(f"{each.at} {agent} {plan!r}\n" for plan in plans)
    return {**counts, "codes": sorted(codes), "kinds": sorted(kinds)}


def _decided(follower: Follower, each: Read, record: AgentRecord | None) -> tuple[Any, ...]:
    follower.marks |= each.marks
    _forget(follower, each.at - REMEMBERED)
    if each.reading is None:
        return follower.cycle(each.at).plans
    return follower.feed(record, each.at).plans


def _forget(follower: Follower, before: datetime) -> None:
    """Drop what ended long ago, so that the last hour of a day takes no longer than the first."""
    shown = {(each.symbol, each.epoch) for each in follower.signal.positions} if follower.signal else set()
    old = [key for key, epoch in follower.epochs.items() if epoch.closed_at is not None and epoch.closed_at < before]
    for key in old:
        if key not in shown and not follower.epochs[key].quantity:
            del follower.epochs[key]
            follower.tries.pop(key, None)
    follower.plans.clear()
    follower.orders.clear()
    follower.entered_at = [at for at in follower.entered_at if at > before]


def main(arguments: list[str]) -> int:
    """Decide `hours step`, a recording's file or a folder of captures; write the plans to the last argument."""
    *what, out = arguments
    if len(what) > 1:
        reads = generated(hours=Decimal(what[0]), step=int(what[1]))
    else:
        reads = captured(Path(what[0])) if Path(what[0]).is_dir() else recorded(Path(what[0]))
    with gzip.open(out, "wt", compresslevel=1, encoding="utf-8") as file:
        print(json.dumps(decide_all(reads, file)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
