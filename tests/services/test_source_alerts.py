"""Who hears, and how often, that a source is broken, ended, or back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nof1web.adapters.store.market import SqliteMarket
from nof1web.adapters.store.registry import SqliteRegistry
from nof1web.adapters.store.tenants import Tenants
from nof1web.errors import FeedError, Transient
from nof1web.services import source_alerts
from nof1web.services.stores import User
from tests.services.test_feeding import NOW, read, shows

ANN, BOB, EVE = ("u_" + letter * 16 for letter in "abe")
FOLLOW = {(ANN, "c_1"): {"gpt", "grok"}, (ANN, "c_2"): {"gpt"}, (BOB, "c_3"): {"grok"}}


class Office:
    """Three people, of whom Eve follows nobody, and a source."""

    def __init__(self, folder: Path) -> None:
        self.seconds = 0
        registry = SqliteRegistry(folder / "registry.db")
        for user_id in (ANN, BOB, EVE):
            registry.add_user(User(user_id, f"{user_id}@example.org", "", "user", True, "en", NOW))
        self.tenants, self.market = Tenants(folder, registry), SqliteMarket(folder / "market.db")
        self.bus = SimpleNamespace(publish=lambda user_id, event_id: None)

    def clock(self) -> Any:
        return NOW + timedelta(seconds=self.seconds)

    def reads(self, answer: Any, seconds: int) -> None:
        """Read the source once, then tell."""
        self.seconds = seconds
        read(self.market, answer, seconds)
        source_alerts.tell(self, "nof1", self.followers)  # type: ignore[arg-type]

    @staticmethod
    def followers(source: str, agents: Iterable[str]) -> frozenset[tuple[str, str]]:
        wanted = set(agents)
        return frozenset(who for who, followed in FOLLOW.items() if followed & wanted)

    def heard(self, user_id: str) -> list[str]:
        """The kinds of the events a person got."""
        with self.tenants(user_id) as store:
            return [event.kind for event in reversed(store.chronicle.events(after=0, limit=50))]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.mark.parametrize("error", [FeedError("It is rubbish."), Transient("It is down.")])
def test_a_broken_source_is_told_once_to_each_follower_and_once_when_it_is_back(office: Office, error: Any) -> None:
    office.reads(shows("gpt", "grok"), 0)
    for seconds in range(5, 60, 5):
        office.reads(error, seconds)
    assert [office.heard(who) for who in (ANN, BOB, EVE)] == [["source_held"], ["source_held"], []]
    for seconds in (60, 119):
        office.reads(shows("gpt", "grok", seconds=seconds), seconds)
        assert office.heard(ANN) == ["source_held"]
    for seconds in (120, 125):
        office.reads(shows("gpt", "grok", seconds=seconds), seconds)
    assert office.heard(ANN) == ["source_held", "source_back"] and office.heard(EVE) == []


def test_a_source_that_comes_and_goes_is_told_once(office: Office) -> None:
    office.reads(shows("gpt", "grok"), 0)
    for seconds in range(5, 205, 5):
        good = seconds % 20 == 0
        office.reads(shows("gpt", "grok", seconds=seconds) if good else FeedError("It is rubbish."), seconds)
    assert office.heard(ANN) == ["source_held"]


def test_an_agent_that_is_there_every_other_time_is_told_once(office: Office) -> None:
    for seconds in range(0, 100, 5):
        agents = ("gpt", "grok") if seconds % 10 else ("gpt",)
        office.reads(shows(*agents, seconds=seconds), seconds)
    assert office.heard(BOB) == ["source_held"]


def test_two_bad_reads_are_no_news(office: Office) -> None:
    office.reads(shows("gpt"), 0)
    for seconds in (5, 10):
        office.reads(FeedError("It is rubbish."), seconds)
    assert office.heard(ANN) == []


def test_one_agent_that_is_gone_concerns_its_followers_only(office: Office) -> None:
    office.reads(shows("gpt", "grok"), 0)
    for seconds in (5, 10):
        office.reads(shows("gpt", seconds=seconds), seconds)
    assert office.heard(BOB) == ["source_held"] and office.heard(EVE) == []


def test_a_frozen_feed_is_told_once(office: Office) -> None:
    office.reads(shows("gpt", "grok"), 0)
    for seconds in (300, 700, 1400, 200_000):
        office.reads(None, seconds)
    assert office.heard(ANN) == office.heard(BOB) == ["source_held"]


@pytest.mark.parametrize("coins", [["xyz:NVDA"], ["S&P 500"], ["[x"]])
def test_a_coin_that_cannot_be_copied_is_told_once(office: Office, coins: list[str]) -> None:
    for seconds in (0, 5, 10):
        office.reads(shows("gpt", seconds=seconds, unmapped=tuple(coins)), seconds)
    assert office.heard(ANN) == ["source_held"] and office.heard(BOB) == []


def test_coins_that_take_turns_are_told_once_each(office: Office) -> None:
    for seconds in range(0, 50, 5):
        office.reads(shows("gpt", seconds=seconds, unmapped=("xyz:TSLA" if seconds % 10 else "xyz:NVDA",)), seconds)
    assert office.heard(ANN) == ["source_held"] * 2
