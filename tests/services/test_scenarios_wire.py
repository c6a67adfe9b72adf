"""The named scenarios of the rules, once more on real accounts: what was planned is what was filled and what rests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nof1web.core.records import EpochState
from nof1web.services import copying
from tests.core.scene import d
from tests.core.stage import BTC, at, deltas
from tests.exchange_process import ExchangeProcess
from tests.services.stage import Stage
from tests.services.wire import WireStage
from tests.services.wire_table import Scenario, scenarios

Open = Callable[..., WireStage]
ACROSS = [pytest.param(1, False, id="long one-way"), pytest.param(-1, True, id="short hedge")]
ALL = [*ACROSS, pytest.param(-1, False, id="short one-way"), pytest.param(1, True, id="long hedge")]


def named(*, short: bool) -> list[Any]:
    return [pytest.param(scenario, id=name) for name, scenario in scenarios(short=short)]


@pytest.fixture
def wired(
    exchange: ExchangeProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: int, hedge: bool
) -> Iterator[Open]:
    """Open stages on accounts of their own; at the end fills and resting protection are compared with the plans."""
    exchange.post("/sim/market", weight_limit=10**9)
    made: list[WireStage] = []

    def opened(**chosen: Any) -> WireStage:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        mode = {"hedge": hedge} | chosen
        play = WireStage(Stage(exchange, folder, balance="100000", hedge=mode["hedge"]), sign, set(), **mode)
        monkeypatch.setattr(copying, "decide", play.note)
        made.append(play)
        return play

    yield opened
    for play in made:
        assert play.fills() == [(order.symbol, order.delta) for order in play.orders]
        assert play.resting() == play.wanted()
        play.real.stack.close()


@pytest.mark.parametrize(("sign", "hedge"), ACROSS)
@pytest.mark.parametrize("scenario", named(short=True))
def test_a_scenario_plays_on_a_real_account_as_in_memory(scenario: Scenario, wired: Open) -> None:
    scenario(wired)


@pytest.mark.long
@pytest.mark.parametrize(("sign", "hedge"), ALL)
@pytest.mark.parametrize("scenario", named(short=False))
def test_every_scenario_plays_on_a_real_account_as_in_memory(scenario: Scenario, wired: Open) -> None:
    scenario(wired)


@pytest.mark.parametrize(("sign", "hedge"), ALL)
def test_half_closed_by_hand_the_agents_close_is_exactly_the_rest(wired: Open) -> None:
    play = wired()
    play.starts()
    play.shows(5, play.btc())
    play.by_hand(BTC, -play.held(BTC) / 2, play.side)
    play.explain(BTC, at(20))
    assert play.mine("0.05") and play.epoch(BTC).state is EpochState.DONE
    assert deltas(play.shows(30, play.btc(0)), play.sign) == [d("-0.05")]
    assert play.mine(0) and not play.positions()


@pytest.mark.parametrize(("sign", "hedge"), ALL)
def test_a_stop_that_fired_leaves_nothing_to_close_and_nothing_resting(wired: Open) -> None:
    play = wired()
    play.starts()
    play.shows(5, play.btc(stop=950, target=1100))
    assert {leg for _, leg, _, _ in play.resting()} == {"stop", "target"}
    play.mark(940)
    assert not play.shows(30, play.btc(stop=950, target=1100)).orders
    assert play.epoch(BTC).state is EpochState.STOPPED and not play.positions() and not play.resting()
    assert not play.shows(40, play.btc(0)).orders


@pytest.mark.parametrize(("sign", "hedge"), ACROSS)
def test_a_moved_stop_and_a_smaller_holding_leave_one_stop_of_the_new_size(wired: Open) -> None:
    play = wired()
    play.starts()
    play.shows(5, play.btc(2, stop=900))
    play.shows(30, play.btc(1, stop=950))
    ((_, leg, quantity, trigger),) = play.resting()
    assert (leg, quantity, trigger) == ("stop", abs(play.held(BTC)), play.price(950))
