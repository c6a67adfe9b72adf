"""A stored stretch decided once more: every signal and every plan is the same, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.adapters.store.market import SqliteMarket
from nof1web.core.readings import Seen
from nof1web.core.signals import Reading
from nof1web.errors import FeedError, Transient
from nof1web.services import feeding
from nof1web.services.replaying import replay
from nof1web.services.stores import SourceState
from nof1web.sim.world import make_world
from tests.core.follower import Follower

STEP = 14
BEGAN = datetime.fromisoformat("2026-11-23T00:00:00+00:00")
START_MS = int(BEGAN.timestamp() * 1000)
PARSE = Nof1Feed(base_url="http://127.0.0.1:1", timeout=1).parse


class Generated:
    """The built-in arena as a feed on a virtual clock, with outages, rubbish and unchanged answers."""

    name = "nof1"

    def __init__(self) -> None:
        self.world = make_world(seed=5, now_ms=START_MS, virtual=True)
        self.number = -1

    def read(self, marker: int | None) -> Reading | None:
        """The next read, STEP seconds after the last."""
        self.number += 1
        at_ms = START_MS + self.number * STEP * 1000
        self.world.advance(at_ms)
        body = self.world.feed.payload(least_hour=marker, now_ms=at_ms)[0]
        if self.number % 40 in (11, 12, 13, 14):
            raise FeedError("It is rubbish.") if self.number % 80 < 40 else Transient("It is down.")
        if self.number % 9 == 4:
            return None
        if self.number % 25 == 20:
            rows = json.loads(body)
            rows["accountTotals"] = rows["accountTotals"][1:]
            body = json.dumps(rows)
        return PARSE(body.encode())

    def parse(self, raw: bytes) -> Reading:
        """As nof1's."""
        return PARSE(raw)

    def stored(self) -> None:
        """Nothing to remember."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqliteMarket, list[tuple[datetime, Seen]]]]:
    """A market.db after an hour and a half, and what was known after each read."""
    market = SqliteMarket(tmp_path_factory.mktemp("lived") / "market.db")
    feed, known = Generated(), []
    for number in range(400):
        now = BEGAN + timedelta(seconds=STEP * number)
        feeding.read_source(feed, market, now)
        state = market.source_state("nof1")
        assert isinstance(state, SourceState)
        known.append((now, feeding.seen(market, state)))
    yield market, known
    market.close()


def decided(known: list[tuple[datetime, Seen]]) -> bytes:
    """Every plan of a follower of each agent, written out."""
    followers: dict[str, Follower] = {}
    lines = []
    for at, seen in known:
        for agent, signal in sorted(seen.signals.items()):
            if agent not in followers:
                followers[agent] = Follower(since=at, existing="copy")
            plans = followers[agent].feed(signal, at).plans
            lines += [f"{at} {agent} {plan!r}" for plan in plans]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("minutes", [0, 20, 75])
def test_a_stretch_gives_the_same_signals_and_decisions_again(
    lived: tuple[SqliteMarket, list[tuple[datetime, Seen]]], minutes: int
) -> None:
    market, known = lived
    since = BEGAN + timedelta(minutes=minutes)
    until = since + timedelta(minutes=15)
    wanted = [(at, seen) for at, seen in known if since <= at < until]
    again = list(replay(market, "nof1", PARSE, since=since, until=until))
    assert [at for at, _ in again] == [at for at, _ in wanted]
    assert [seen.signals for _, seen in again] == [seen.signals for _, seen in wanted]
    first, second = decided(wanted), decided(again)
    assert first == second and b"PlannedOrder" in first


def test_the_stretch_had_everything_in_it(lived: tuple[SqliteMarket, list[tuple[datetime, Seen]]]) -> None:
    market, known = lived
    reads = list(market.recordings.between("nof1", BEGAN, BEGAN + timedelta(days=1)))
    assert {(each.raw is None, each.again) for each in reads} == {(False, False), (True, False), (True, True)}
    assert any(seen.held for _, seen in known) and len(reads) == len(known) == 400


def test_a_payload_of_an_older_shape_only_lets_the_signals_age(tmp_path: Path) -> None:
    market = SqliteMarket(tmp_path / "market.db")
    feed = Generated()
    feeding.read_source(feed, market, BEGAN)

    def unreadable(raw: bytes) -> Reading:
        raise FeedError("It is of another time.")

    [(_, seen)] = replay(market, "nof1", unreadable, since=BEGAN, until=BEGAN + timedelta(days=1))
    assert seen.signals == {} and seen.failures == 1
    market.close()
