"""Following addresses when something of them is not told in time: fills, stops and targets, or an answer at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nof1web.errors import Transient
from tests.adapters.feeds.test_hyperliquid import ANN, BOB, epochs, read_once
from tests.adapters.feeds.wallets import Wallets, trigger


def test_fills_that_lag_behind_the_position_are_waited_for_but_not_for_ever() -> None:
    wallets = Wallets()
    wallets.hold(ANN, BTC="0.5@100")
    wallets.fill(ANN, "BTC", before="0.0", after="0.2", oid=71)
    told = [wallets.read(ANN).records for _ in range(4)]
    assert [len(records) for records in told] == [0, 0, 0, 1]


def test_a_new_position_whose_fill_is_not_told_yet_is_waited_for() -> None:
    wallets = read_once()
    wallets.hold(ANN, BTC="0.5@100", ETH="2@50")
    assert wallets.read(ANN).records == ()
    wallets.fill(ANN, "ETH", before="0.0", after="2", oid=90)
    assert epochs(wallets) == {"BTCUSDT": "71", "ETHUSDT": "90"}


def test_a_change_whose_fill_is_never_told_is_told_in_the_end() -> None:
    wallets = read_once()
    wallets.hold(ANN, BTC="0.7@100")
    assert [len(wallets.read(ANN).records) for _ in range(4)] == [0, 0, 0, 1]


def test_the_other_sides_stop_is_not_told_of_a_new_epoch() -> None:
    wallets = Wallets()
    wallets.orders[ANN] = [trigger("BTC", "Stop", "90")]
    wallets.hold(ANN, 71, BTC="0.5@100")
    assert wallets.only(ANN).positions[0].stop == 90
    wallets.silent, wallets.seconds = {"frontendOpenOrders"}, 5
    wallets.fill(ANN, "BTC", before="0.5", after="-0.3", oid=80)
    wallets.hold(ANN, BTC="-0.3@99")
    told = [wallets.read(ANN).records for _ in range(3)]
    assert [len(records) for records in told] == [0, 0, 1] and told[2][0].positions[0].stop is None


def test_a_new_epoch_waits_for_its_stop() -> None:
    wallets = Wallets()
    wallets.silent, wallets.orders[ANN] = {"frontendOpenOrders"}, [trigger("BTC", "Stop", "90")]
    wallets.hold(ANN, 71, BTC="0.5@100")
    assert wallets.read(ANN).records == ()
    wallets.silent = set()
    assert wallets.only(ANN).positions[0].stop == 90


def test_after_a_restart_a_known_position_is_told_at_once_even_without_its_fills() -> None:
    wallets = Wallets(seen={ANN: frozenset({"BTCUSDT"})})
    wallets.hold(ANN, 71, BTC="0.5@100")
    wallets.silent = {"userFills"}
    assert epochs(wallets) == {"BTCUSDT": None}
    wallets.silent = set()
    assert epochs(wallets) == {"BTCUSDT": "71"}


@pytest.mark.parametrize(
    "odd", [b"\xef\xbb\xbf{", b'{"a": ' + b"[" * 900 + b"]" * 900 + b", "], ids=["a mark before", "a nest inside"]
)
def test_an_odd_answer_of_one_address_leaves_the_others(odd: bytes) -> None:
    wallets = Wallets()
    wallets.hold(ANN)
    wallets.hold(BOB)
    wallets.spoilt = lambda question, raw: odd + raw[1:] if question["user"] == ANN else raw
    assert BOB in [record.agent for record in wallets.read(ANN, BOB).records]


def test_a_round_asks_nothing_more_once_its_time_is_over() -> None:
    wallets = Wallets()
    wallets.hold(ANN, 71, BTC="0.5@100")

    def slowly(question: Mapping[str, Any], raw: bytes) -> bytes:
        wallets.seconds += 5
        return raw

    wallets.spoilt = slowly
    with pytest.raises(Transient):
        wallets.read(ANN)
    assert [kind for _, kind, _ in wallets.asked] == ["clearinghouseState"]
