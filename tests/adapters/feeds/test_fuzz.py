"""Spoilt payloads, real and generated: nothing is ordered because of them, and nothing but FeedError is raised.

A payload whose digits changed is as good as a true one, so digits are left alone: everything else may happen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1web.adapters.feeds import hyperliquid_wire
from nof1web.adapters.feeds.nof1 import Nof1Feed
from nof1web.core.signals import AgentRecord, Reading, plausible
from nof1web.errors import FeedError
from nof1web.sim.world import make_world
from tests.adapters.feeds.wallets import Wallets, address, trigger
from tests.core.follower import Follower

CAPTURED = Path(__file__).parents[4] / "shared" / "data" / "nof1" / "account-totals.tail-marker-198.json"
LATER_MS = 20_000
APART = timedelta(seconds=40)
"""between reads of one payload: by the third what it lacks would count as closed (DESIGN §5 rule 2)"""
GARBAGE = (
    None, True, "", "x", "1.5", [], [1], {}, {"a": 1}, "NaN", Decimal("NaN"), Decimal("Infinity"), Decimal("1e400"),
    Decimal("-1e30"), Decimal("1e-300"), -3, "\ud800", "<html>",
)  # fmt: skip
COINS = frozenset(("BTC", "ETH", "SOL", "BNB", "DOGE", "XRP"))
WORDS = st.sampled_from([*(bytes([each]) for each in b'{}[]",:<\\\x00\xff'), b"null", b"NaN", b"a"])
MANY = settings(max_examples=80, deadline=None)


@dataclass(frozen=True)
class Case:
    """A true payload, a later one with the same books, and how it is read."""

    first: bytes
    later: bytes
    parse: Callable[[bytes], Reading]


def captured_or_generated() -> list[Any]:
    parse = Nof1Feed(base_url="http://127.0.0.1:1", timeout=1).parse
    start_ms = 1_795_373_087_000
    world = make_world(seed=4, now_ms=start_ms, virtual=True)
    texts = {"the built-in arena": world.feed.payload(least_hour=None, now_ms=start_ms)[0]}
    if CAPTURED.is_file():
        texts["nof1, captured"] = CAPTURED.read_text()
    cases = [pytest.param(Case(text.encode(), older(text), parse), id=name) for name, text in texts.items()]
    return [*cases, pytest.param(wallets(), id="Hyperliquid")]


def older(text: str) -> bytes:
    """The same payload some seconds later: as a payload with other digits in its times only."""
    document = json.loads(text, parse_float=Decimal)
    document["serverTime"] += LATER_MS
    for row in document["accountTotals"]:
        row["timestamp"] += LATER_MS // 1000
    return dumped(document)


def dumped(document: Any) -> bytes:
    """JSON as bytes, with NaN where a Decimal is none."""
    return json.dumps(document, default=float, ensure_ascii=False).encode("utf-8", "surrogatepass")


def wallets() -> Case:
    """Two addresses, of which the later payload only says of the second that it is as it was."""
    one, both = Wallets(), (address(1), address(2))
    one.hold(address(1), 71, BTC="0.5@60000", ETH="-2.5@3000")
    one.hold(address(2), 72, SOL="5@150")
    one.orders[address(1)] = [trigger("BTC", "Stop", "57000")]
    first = one.rounds.read(both).written()
    one.seconds = 20
    return Case(first, one.rounds.read(both).written({address(2)}), hyperliquid_wire.parse_reading)


CASES = captured_or_generated()


def ordered(case: Case, spoilt: bytes, *, reads: int = 1) -> list[Any]:
    """What followers of all agents order at so many reads of the spoilt payload, having copied the first."""
    reading = case.parse(case.first)
    followers = {record.agent: followed(record, reading.server_at) for record in reading.records}
    now = reading.server_at + timedelta(milliseconds=LATER_MS)
    try:
        records = {record.agent: record for record in case.parse(spoilt).records}
    except FeedError:
        records = None
    found: list[Any] = []
    for agent, follower in followers.items():
        before = len(follower.orders)
        for read in range(reads):
            at = now + read * APART
            if records is None:
                follower.cycle(at)
            else:
                follower.feed(records.get(agent), at)
        found += follower.orders[before:]
    return found


def followed(record: AgentRecord, at: datetime) -> Follower:
    """Somebody who copies an agent already."""
    follower = Follower(existing="copy", total_margin="20000")
    follower.feed(record, at)
    return follower


@pytest.mark.parametrize("case", CASES)
def test_the_payload_itself_opens_positions_and_the_same_again_changes_none(case: Case) -> None:
    reading = case.parse(case.first)
    assert any(followed(record, reading.server_at).orders for record in reading.records)
    assert ordered(case, case.later) == []


@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
@MANY
def test_a_payload_cut_anywhere_orders_nothing(case: Case, data: st.DataObject) -> None:
    assert ordered(case, case.later[: data.draw(st.integers(0, len(case.later) - 1))]) == []


@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
@MANY
def test_a_payload_with_other_bytes_in_it_orders_nothing(case: Case, data: st.DataObject) -> None:
    body = case.later
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        word = data.draw(WORDS)
        if body[at : at + len(word)].isalpha() or body[at : at + 1] in b'{}[]",: ':
            body = body[:at] + word + body[at + len(word) :]
        else:
            body = body[:at] + (word if word not in (b"a", b"null") else b"{") + body[at:]
    assert ordered(case, body) == []


@pytest.mark.parametrize("case", CASES)
@given(data=st.data())
@MANY
def test_a_payload_with_other_fields_orders_nothing(case: Case, data: st.DataObject) -> None:
    document = json.loads(case.later, parse_float=Decimal)
    leader = document.get("leaders", {}).get(address(1))
    for _ in range(data.draw(st.integers(1, 3))):
        # Of a round of Hyperliquid the states are what came over the wire.
        there = places(leader["states"] if leader else document)
        if not there:
            break
        holder, name = data.draw(st.sampled_from([each for each in there if not _names(*each)]))
        change = data.draw(st.sampled_from(["garbage", "gone", "renamed"]))
        if isinstance(holder, list) or change == "garbage":
            # A copy: put in twice, the same list would come to hold itself.
            holder[name] = deepcopy(data.draw(st.sampled_from([each for each in GARBAGE if not _says(name, each)])))
        else:
            value = holder.pop(name)
            if change == "renamed":
                holder[f"{name}_"] = value
    assert ordered(case, dumped(document), reads=3) == []


def _names(holder: object, name: object) -> bool:
    """Whether it is a coin's name: without it, or under another, the position is truly gone."""
    return name == "coin" or (isinstance(holder, dict) and name in COINS)


def _says(name: object, each: object) -> bool:
    """Whether it is what a source might say: another quantity is a change of the position, which is to be copied."""
    return name in ("quantity", "szi") and each in (-3, "1.5")


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every (object or list, key) in a document."""
    keys = list(document) if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    found = [(document, key) for key in keys]
    return found + [place for key in keys for place in places(document[key])]


@given(data=st.data())
@MANY
def test_whatever_an_address_answers_it_has_a_reason_and_the_others_are_read(data: st.DataObject) -> None:
    """States, fills and resting orders, as they come over the wire."""
    one, odd = address(1), address(2)
    wallets = Wallets()
    for who in (one, odd):
        wallets.hold(who, 71, BTC="0.5@60000", ETH="-2.5@3000")
        wallets.orders[who] = [trigger("BTC", "Stop", "57000"), trigger("ETH", "Take Profit", "2500", side="B")]

    def spoilt(question: Mapping[str, Any], raw: bytes) -> bytes:
        if question["user"] != odd or not data.draw(st.booleans()):
            return raw
        document = json.loads(raw)
        holder, name = data.draw(st.sampled_from(places(document) or [({}, "")]))
        if data.draw(st.booleans()) and isinstance(holder, dict):
            holder.pop(name, None)
        else:
            holder[name] = deepcopy(data.draw(st.sampled_from(GARBAGE)))
        return dumped(document)

    wallets.spoilt = spoilt
    for _ in range(3):
        reading = wallets.read(one, odd)
        wallets.seconds += 61
        found = {record.agent: record for record in reading.records}
        assert {each.entry_oid for each in found[one].positions} == {"71"} and plausible(found[one])
        assert all(map(plausible, reading.records))
        assert (odd in (reading.covers or ())) == (odd in found or odd in reading.unread)
