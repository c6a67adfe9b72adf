"""Many addresses in one question: believed where it says that nothing changed, within a minute's weight."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1web.adapters.feeds.weights import Bucket
from nof1web.errors import Transient
from tests.adapters.feeds.wallets import Wallets, address

EVERYBODY = [address(number) for number in range(1, 31)]
FIRST = EVERYBODY[0]
WORDS = [b"", b"1", b"-", b"9e9", b"null", b"NaN", b"{", b"}", b"[", b"]", b",", b'"', b"\xff", b"[]", b'"x"', b"0"]
MANY, ALONE = "batchClearinghouseStates", "clearinghouseState"


@pytest.fixture
def wallets() -> Wallets:
    """Thirty addresses with a position each, all read and told without a thought to weights."""
    return settled()


def settled() -> Wallets:
    found = Wallets(limit=100_000)
    for number, who in enumerate(EVERYBODY, 1):
        found.hold(who, BTC=f"{number}@100")
    for _ in range(2):
        found.read(*EVERYBODY)
        found.seconds += 3
    found.asked.clear()
    return found


def held(wallets: Wallets) -> dict[str, str]:
    return {each.agent: str(each.positions[0].quantity) for each in wallets.read(*EVERYBODY).records}


def kinds(wallets: Wallets) -> list[str]:
    return [kind for _, kind, _ in wallets.asked if kind in (MANY, ALONE)]


def test_what_is_unchanged_is_read_in_one_question(wallets: Wallets) -> None:
    assert held(wallets) == {who: str(number) for number, who in enumerate(EVERYBODY, 1)}
    assert kinds(wallets).count(MANY) == 1 and kinds(wallets).count(ALONE) <= 2


def test_an_address_that_changed_is_asked_by_itself_and_told_with_its_epoch(wallets: Wallets) -> None:
    wallets.fill(FIRST, "BTC", before="0.0", after="-7", oid=91)
    wallets.hold(FIRST, BTC="-7@98")
    record = next(each for each in wallets.read(*EVERYBODY).records if each.agent == FIRST)
    assert (str(record.positions[0].quantity), record.positions[0].entry_oid) == ("-7", "91")
    assert ALONE in [kind for _, kind, who in wallets.asked if who == FIRST]


def test_a_batch_leaves_what_is_needed_to_explain_a_change(wallets: Wallets) -> None:
    wallets.rounds.weights = Bucket(1200, debt=100, clock=lambda: 0.0)
    wallets.rounds.weights.owe(120 - 40)
    wallets.fill(FIRST, "BTC", before="1", after="7", oid=91)
    wallets.hold(FIRST, BTC="7@100")
    wallets.read(*EVERYBODY)
    assert MANY not in kinds(wallets)


def test_whom_an_answer_shows_with_a_change_is_asked_before_the_others(wallets: Wallets) -> None:
    wallets.rounds.weights = Bucket(1200, debt=100, clock=lambda: 0.0)
    wallets.rounds.weights.owe(120 - 45)
    last = EVERYBODY[-1]
    wallets.fill(last, "BTC", before="30", after="7", oid=91)
    wallets.hold(last, BTC="7@100")
    assert "7" in held(wallets).values()


def test_an_answer_older_than_the_last_is_nobodys(wallets: Wallets) -> None:
    def old(question: Mapping[str, Any], raw: bytes) -> bytes:
        return raw.replace(b'"time": 17', b'"time": 16') if question["type"] == MANY else raw

    wallets.spoilt = old
    wallets.read(*EVERYBODY)
    assert kinds(wallets).count(ALONE) >= 30


def test_states_in_another_order_are_nobodys(wallets: Wallets) -> None:
    wallets.mixed_up = True
    for _ in range(3):
        for who, quantity in held(wallets).items():
            assert int(quantity) == 1 + EVERYBODY.index(who)
        wallets.seconds += 3
    assert kinds(wallets).count(ALONE) >= 30


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_the_one_answer_says_nobody_is_shown_with_another_book(data: st.DataObject) -> None:
    def spoilt(question: Mapping[str, Any], raw: bytes) -> bytes:
        if question["type"] != MANY:
            return raw
        for _ in range(data.draw(st.integers(1, 6))):
            at = data.draw(st.integers(0, len(raw) - 1))
            raw = raw[:at] + data.draw(st.sampled_from(WORDS)) + raw[at + data.draw(st.integers(0, 3)) :]
        return raw[: data.draw(st.sampled_from([len(raw), len(raw), len(raw) // 2]))]

    wallets = settled()
    wallets.spoilt = spoilt
    for who, quantity in held(wallets).items():
        assert int(quantity) == 1 + EVERYBODY.index(who)


@pytest.mark.parametrize("levels", [900, 960, 990])
def test_states_nested_beyond_reason_are_nobodys(wallets: Wallets, levels: int) -> None:
    nests = b"[" + b",".join([b"[" * levels + b"]" * levels] * 30) + b"]"
    wallets.spoilt = lambda question, raw: nests if question["type"] == MANY else raw
    assert len(held(wallets)) == 30


def test_an_empty_book_with_another_equity_is_not_believed(wallets: Wallets) -> None:
    wallets.hold(FIRST)
    wallets.read(*EVERYBODY)
    wallets.seconds += 3
    wallets.asked.clear()
    wallets.equities[FIRST] = "17.5"
    record = next(each for each in wallets.read(*EVERYBODY).records if each.agent == FIRST)
    assert str(record.equity) == "17.5" and (ALONE, FIRST) in [(kind, who) for _, kind, who in wallets.asked]


def test_each_is_asked_by_itself_now_and_then_all_the_same(wallets: Wallets) -> None:
    for _ in range(40):
        wallets.read(*EVERYBODY)
        wallets.seconds += 3
    assert {who for _, kind, who in wallets.asked if kind == ALONE} == set(EVERYBODY)


def test_where_nobody_knows_the_question_they_are_asked_one_by_one(wallets: Wallets) -> None:
    wallets.batches = False
    told = set[str]()
    for _ in range(4):
        told |= set(held(wallets))
        wallets.seconds += 3
    assert told == set(EVERYBODY) and kinds(wallets).count(MANY) == 1


def test_few_addresses_are_asked_one_by_one(wallets: Wallets) -> None:
    wallets.read(*EVERYBODY[:10])
    assert MANY not in kinds(wallets)


def test_a_refusal_for_too_many_questions_ends_the_round_and_the_question(wallets: Wallets) -> None:
    wallets.broken = Transient("Busy.", http_status=429, retry_after=20)
    with pytest.raises(Transient):
        wallets.read(*EVERYBODY)
    wallets.broken, wallets.seconds = None, wallets.seconds + 30
    wallets.read(*EVERYBODY)
    assert kinds(wallets)[0] == ALONE and MANY not in kinds(wallets)


@pytest.mark.parametrize("batches", [True, False])
def test_a_minutes_weight_is_never_exceeded_and_nobody_grows_stale(batches: bool) -> None:
    wallets, last, gaps = Wallets(), dict[str, float](), list[float]()
    wallets.batches = batches
    for who in EVERYBODY:
        wallets.hold(who, 1, BTC="0.5@100")
    for _ in range(100):
        told = list[str]()
        with suppress(Transient):
            told = [each.agent for each in wallets.read(*EVERYBODY).records]
        gaps += [wallets.seconds - last[who] for who in told if who in last]
        last |= dict.fromkeys(told, wallets.seconds)
        wallets.seconds += 3
    settled = gaps[len(gaps) // 2 :]
    assert max(wallets.weight().values()) <= 1200 and max(gaps) <= 30
    assert sum(settled) / len(settled) < (3.2 if batches else 9)
