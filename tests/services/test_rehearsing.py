"""A recorded stretch rehearsed on a paper account: what would have been ordered, the same each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nof1web.adapters.store.market import SqliteMarket
from nof1web.jobs.answers import plain
from nof1web.services import feeding
from nof1web.services.rehearsing import rehearse
from nof1web.services.replaying import Moment, stretch
from nof1web.wiring.rehearsal import Casting, paper_stage
from tests.core.follower import INSTRUMENTS
from tests.services.test_replaying import BEGAN, PARSE, STEP, Generated

READS = 25
AGENT = "deepseek-chat-v3.1"


class Rules:
    """A host's rules."""

    def instruments(self) -> Any:
        return INSTRUMENTS

    def marks(self) -> Any:
        raise AssertionError("the recording has the prices")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Moment]]:
    market = SqliteMarket(tmp_path_factory.mktemp("recorded") / "market.db")
    feed = Generated()
    for number in range(READS):
        feeding.read_source(feed, market, BEGAN + timedelta(seconds=STEP * number))
    yield list(stretch(market, "nof1", PARSE, since=BEGAN, until=BEGAN + timedelta(days=1)))
    market.close()


def rehearsed(moments: list[Moment], agent: str = AGENT, **settings: str) -> list[dict[str, object]]:
    cast = Casting("nof1", agent, {"existing": "copy", "total_margin": "5000", **settings}, Decimal(10_000))
    with paper_stage(cast, Rules(), moments[0].at) as stage:
        return list(rehearse(stage, moments, agent=agent))


def written(cycles: list[dict[str, object]]) -> bytes:
    return json.dumps(plain(cycles)).encode()


def orders(cycles: list[dict[str, object]]) -> list[dict[str, Any]]:
    return [order for each in cycles for order in each["orders"]]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def cycles(recorded: list[Moment]) -> list[dict[str, object]]:
    return rehearsed(recorded)


def test_a_stretch_decides_the_same_to_the_last_byte(
    recorded: list[Moment], cycles: list[dict[str, object]]
) -> None:
    assert len(orders(cycles)) > 1 and written(cycles) == written(rehearsed(recorded))


def test_other_settings_decide_otherwise(recorded: list[Moment], cycles: list[dict[str, object]]) -> None:
    assert written(rehearsed(recorded[:8], total_margin="500")[:1]) != written(cycles[:1])


def test_nothing_happens_for_an_agent_that_is_not_in_it(recorded: list[Moment]) -> None:
    assert rehearsed(recorded, "nobody") == []


def test_each_cycle_says_when_it_ran_and_no_random_id(cycles: list[dict[str, object]]) -> None:
    names = {name for each in cycles for name in each}
    assert names == {"at", "orders", "verdicts"}
    times = [str(each["at"]) for each in cycles]
    assert times == sorted(times) and "cycle_id" not in str(cycles)
