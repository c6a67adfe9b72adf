"""One agent, several credentials, one form: all of it or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nof1web.core import book
from nof1web.core import settings as schema
from nof1web.core.signals import AgentRecord
from nof1web.errors import InvalidInput
from nof1web.services import following_several, trackers
from nof1web.services.following_several import Part
from nof1web.services.stores import User
from nof1web.wiring import Wiring
from tests.exchange_process import ExchangeProcess
from tests.services.installations import a_key, added
from tests.services.two_exchanges import ann, live, p, testnet

__all__ = ["ann", "live", "p", "testnet"]
SHARED = {"total_margin": "100", "max_leverage": "5"}


@pytest.fixture
def three(p: Wiring, ann: User, live: ExchangeProcess) -> list[str]:
    record = AgentRecord("deepseek", p.clock(), Decimal(10000), ())
    p.market.put_signals([book.first("nof1", record, p.clock())])
    return [added(p, ann, a_key(live), name=name).id for name in ("One", "Two", "Three")]


def follow(p: Wiring, user: User, *parts: Part) -> None:
    following_several.add(p, user.id, parts, source="nof1", agent="deepseek", shared=SHARED)


def test_each_credential_gets_a_tracker_with_what_is_set_for_it(p: Wiring, ann: User, three: list[str]) -> None:
    follow(p, ann, Part(three[0], True), Part(three[1], True, {"total_margin": "250"}), Part(three[2], False))
    made = {each.credential_id: schema.of(each) for each in trackers.listing(p, ann.id)}
    assert {id: found.total_margin for id, found in made.items()} == {three[0]: Decimal(100), three[1]: Decimal(250)}
    assert {found.max_leverage for found in made.values()} == {5}


def test_one_wrong_row_and_nothing_is_made(p: Wiring, ann: User, three: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        follow(p, ann, Part(three[0], True), Part(three[1], True, {"max_leverage": "999"}), Part("c_gone", True))
    assert set(refused.value.fields) == {f"{three[1]}.max_leverage", "c_gone"}
    assert trackers.listing(p, ann.id) == ()


def test_more_than_a_wallet_holds_is_told_at_its_row(p: Wiring, ann: User, three: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        follow(p, ann, Part(three[0], True), Part(three[1], True, {"mode": "trade", "total_margin": "5000"}))
    assert f"{three[1]}.total_margin" in refused.value.fields and trackers.listing(p, ann.id) == ()


def test_nobody_switched_on_is_told(p: Wiring, ann: User, three: list[str]) -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        follow(p, ann, Part(three[0], False))
