"""Rules 11 and 12 and the states: every signal leaves a verdict, and nothing blocks an exit."""

from __future__ import annotations

import re
from itertools import product

import pytest

from nof1web.core.records import CredentialState
from nof1web.core.refusals import _WORDS, Code, words
from nof1web.core.signals import RecordedPosition
from tests.core.scene import d
from tests.core.stage import BTC, ETH, Open, Stage, at, codes, deltas, scenario

BOOKS = ("", "b", "e", "be", "B", "Bb", "0", "n")


def book(play: Stage, letters: str) -> tuple[RecordedPosition, ...]:
    """Return positions: b/e small, B larger in a new epoch, n the other side, 0 an explicit zero."""
    made = {"b": play.btc(), "e": play.eth(), "B": play.btc(3, oid="2"), "n": play.btc(-1, oid="3"), "0": play.btc(0)}
    return tuple({made[letter].symbol: made[letter] for letter in letters}.values())


@pytest.mark.parametrize("policy", ["skip", "accumulate"])
def test_every_position_shown_or_held_has_a_verdict_after_any_two_changes(stage: Open, policy: str) -> None:
    for first, second in product(BOOKS, repeat=2):
        play = stage(below_minimum=policy, total_margin="600")
        play.starts()
        for seconds, letters in ((5, first), (400, second), (405, second)):
            cycle = play.shows(seconds, *book(play, letters), unmapped=("NVDA",))
            held = {epoch.symbol for epoch in play.epochs.values() if epoch.quantity}
            shown = {position.symbol for position in play.signal.positions} if play.signal else set()
            assert held | shown | {"NVDA"} <= set(cycle.codes), (first, second, cycle.codes)


def test_every_verdict_can_be_put_into_words(stage: Open) -> None:
    play = stage()
    play.starts()
    for seconds, letters in enumerate(BOOKS, start=1):
        for plan in play.shows(seconds * 100, *book(play, letters)).plans:
            for verdict in plan.verdicts:
                needed = set(re.findall(r"%\((\w+)\)s", _WORDS[Code(verdict.code)]))
                assert needed <= set(verdict.numbers), verdict


def test_a_code_of_a_newer_version_is_shown_as_it_is() -> None:
    assert str(words("brand_new", {})) == "brand_new"
    assert set(_WORDS) == set(Code)


BLOCKING = [CredentialState.PAUSED, CredentialState.CLOSE_ONLY, CredentialState.HALTED]


@scenario(Code.STATE_BLOCKS_ENTRIES, Code.REDUCED, Code.CLOSED)
def test_paused_close_only_and_halted_stop_entries_and_let_exits_flow(stage: Open) -> None:
    for state in BLOCKING:
        play = stage()
        play.starts()
        play.shows(5, play.btc())
        play.state = state
        assert play.shows(10, play.btc(3), play.eth()).codes == dict.fromkeys((BTC, ETH), Code.STATE_BLOCKS_ENTRIES)
        assert deltas(play.shows(15, play.btc("0.5")), play.sign) == [d("-0.05")]
        assert deltas(play.shows(20, play.btc(0)), play.sign) == [d("-0.05")]


@scenario(Code.STATE_STOPS_ALL)
@pytest.mark.parametrize("state", [CredentialState.STOPPED, CredentialState.LOCKED])
def test_stopped_and_locked_let_nothing_through(stage: Open, state: CredentialState) -> None:
    play = stage(profit_target="50")
    play.starts()
    play.shows(5, play.btc())
    play.state = state
    play.mark(1100)
    cycle = play.shows(10, play.btc(0), play.eth())
    assert cycle.orders == () and set(cycle.codes.values()) == {Code.STATE_STOPS_ALL}


HOSTILE = {
    "deny": {"deny": "BTCUSDT"},
    "caps": {"order_cap": "5", "symbol_cap": "5", "tracker_cap": "5", "credential_cap": "5", "user_cap": "5"},
    "counts": {"max_positions": "1", "max_entries_per_hour": "1"},
    "tolerance": {"price_tolerance": "0", "max_signal_age": "5"},
    "budget": {"total_margin": "1"},
}


@pytest.mark.parametrize("chosen", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_setting_and_no_price_blocks_an_exit(stage: Open, chosen: dict[str, str]) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc())
    play.settings = stage(**chosen).settings
    play.mark(500)
    play.wallet = d(1)
    assert deltas(play.shows(300, play.btc("0.5")), play.sign) == [d("-0.05")]
    assert deltas(play.shows(600, play.btc(0)), play.sign) == [d("-0.05")]


def test_neither_a_missing_price_nor_an_unknown_account_blocks_an_exit(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc())
    play.read(play.record(10, play.btc(0)), at(10))
    plan = play.decides(10, marks={}, account=None, live=None, positions=())
    assert plan.orders[0].limit is None and codes(plan) == {BTC: Code.CLOSED}


def test_an_entry_that_had_no_effect_does_not_delay_the_exit(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc())
    play.fill = lambda _: d(0)
    play.shows(10, play.btc(3))
    play.fill = lambda order: order.quantity
    assert deltas(play.shows(10.5, play.btc(0)), play.sign) == [d("-0.1")]


@scenario(Code.RETRY_LATER, Code.CLOSED)
def test_an_exit_without_effect_is_tried_until_it_is_done(stage: Open) -> None:
    play = stage()
    play.starts()
    play.shows(5, play.btc())
    play.fill = lambda _: d(0)
    play.read(play.record(10, play.btc(0)), at(10))
    tried = [seconds for seconds in range(10, 60) if play.cycle(at(seconds)).orders]
    assert tried == [10, 11, 13, 17, 25, 40, 55]
    play.fill = lambda order: order.quantity
    play.cycle(at(70))
    assert play.mine(0)
