"""Flatten: closes what trackers hold and nothing else, once, whoever presses how often and whatever dies."""

from __future__ import annotations

import signal
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import EpochState
from nof1web.core.trading import Side
from nof1web.errors import InvalidInput, Refused
from nof1web.services import asking, flattening, halting
from tests.services.deaths import fills
from tests.services.mortal import begun, scene
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position, opened
from tests.services.test_trouble import by_hand, fault

BTC = {"BTCUSDT": Decimal("0.010")}
ONCE = [Decimal("0.01"), Decimal("-0.01")]
SENT = 2
"""the first point after the exchange has the order"""


def ask(stage: Stage, **scope: object) -> str:
    """Press the button; return the flatten's id."""
    return asking.ask_flatten(Site(stage), USER, "c_1", by="test", **scope).id  # type: ignore[arg-type]


def flatten(stage: Stage, **scope: object) -> dict[str, object]:
    """Press the button and let a worker carry it out."""
    return flattening.run(stage.ports(), ask(stage, **scope))


def two_coins(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"), a_position("ETHUSDT", "2", "3000", oid="2"))
    stage.cycle()


def state(stage: Stage) -> EpochState | None:
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    return epoch.state if epoch else None


def kinds(stage: Stage) -> list[str]:
    return [event.kind for event in stage.store.chronicle.events()]


def test_everything_held_is_closed_its_protection_goes_and_it_is_not_entered_again(stage: Stage) -> None:
    two_coins(stage)
    answer = flatten(stage)
    assert answer["finished"] and answer["residual"] == [] and not stage.live() and not stage.resting()
    assert {row["symbol"]: row["quantity"] for row in answer["closed"]} == {  # type: ignore[attr-defined]
        "BTCUSDT": "0.01", "ETHUSDT": "0.2"
    }
    assert stage.cycle()["orders"] == [] and state(stage) is EpochState.DONE and "flattened" in kinds(stage)


def test_what_a_person_holds_beside_it_stays(stage: Stage) -> None:
    two_coins(stage)
    by_hand(stage, Side.BUY, "0.005")
    flatten(stage)
    assert stage.live() == {"BTCUSDT": Decimal("0.005")} and not stage.holdings()


def test_everything_takes_the_persons_own_share_too(stage: Stage) -> None:
    two_coins(stage)
    by_hand(stage, Side.BUY, "0.005")
    by_hand(stage, Side.SELL, "10", "SOLUSDT")
    answer = flatten(stage, everything=True)
    assert answer["finished"] and not stage.live() and not stage.holdings()
    stage.sync()
    assert "closed_by_hand" not in kinds(stage)


def test_one_symbol_leaves_the_others(stage: Stage) -> None:
    two_coins(stage)
    assert flatten(stage, symbol="ETHUSDT")["finished"] and stage.live() == stage.holdings() == BTC
    assert len(stage.resting()) == 1


def test_one_tracker_leaves_the_others(stage: Stage) -> None:
    opened(stage)
    stage.follow("grok")
    stage.agent("grok", a_position("ETHUSDT", "2", "3000", oid="2"))
    stage.cycle()
    flatten(stage, tracker_id="t_grok")
    assert stage.live() == BTC


@pytest.mark.parametrize("verb", ["stop", "pause", "halt"])
def test_it_works_in_every_state_but_locked(stage: Stage, verb: str) -> None:
    opened(stage)
    halting.change(Site(stage), USER, "c_1", verb)
    ask(stage)
    stage.cycle()
    assert not stage.live()


def test_the_holding_of_a_stopped_tracker_is_closed_too(stage: Stage) -> None:
    opened(stage)
    stage.store.trackers.set_started("t_deepseek", None)
    assert flatten(stage)["finished"] and not stage.live()


def test_pressed_twice_it_is_one_and_pressed_again_it_finds_nothing(stage: Stage) -> None:
    opened(stage)
    first, second = ask(stage), ask(stage)
    assert first == second
    flattening.run(stage.ports(), first)
    row = {"tracker": "deepseek", "symbol": "BTCUSDT", "quantity": "0.01"}
    assert flattening.run(stage.ports(), second)["closed"] == [row]
    assert flatten(stage)["closed"] == [] and fills(stage) == ONCE


def test_pressed_twice_with_a_worker_killed_in_between_it_is_flat_once(stage: Stage) -> None:
    opened(stage, stop="57000")
    assert died_while_flattening(stage) >= 4
    assert fills(stage) == ONCE
    assert not stage.live() and not stage.holdings() and not stage.resting() and state(stage) is EpochState.DONE


def died_while_flattening(stage: Stage) -> int:
    """Press before each try and kill the worker at the first or second point it reaches; return how many died."""
    died, ids = 0, {ask(stage)}
    for nth in (SENT, 0, 1, 0, 1, 9):
        if stage.store.flattens.open("c_1"):
            ids.add(ask(stage))
        stage.skew += timedelta(seconds=6)
        process = begun(scene(stage), stage.folder / "reached", nth)
        process.join(timeout=60)
        died += process.exitcode == -signal.SIGKILL
    assert len(ids) == 1 and not stage.store.flattens.open("c_1")
    return died


def test_while_it_is_under_way_nothing_is_entered_in_its_scope(stage: Stage) -> None:
    opened(stage)
    fault(stage, "/fapi/v1/order", "POST", "reject", code=-4131)
    ask(stage, symbol="BTCUSDT")
    stage.agent("deepseek", a_position(quantity="0.2"), a_position("ETHUSDT", "2", "3000", oid="2"))
    codes = {each["symbol"]: each["code"] for each in stage.cycle()["verdicts"]}
    assert stage.live() == {"BTCUSDT": Decimal("0.01"), "ETHUSDT": Decimal("0.2")} and codes["ETHUSDT"] == "open"
    assert codes["BTCUSDT"] == "epoch_done"


def test_what_cannot_be_closed_is_told_and_tried_until_it_is_flat(stage: Stage) -> None:
    opened(stage)
    fault(stage, "/fapi/v1/order", "POST", "reject", code=-4131, count=2)
    answer = flatten(stage)
    assert not answer["finished"] and kinds(stage).count("flatten_unfinished") == 1
    assert [row["code"] for row in answer["residual"]] == ["retrying"]  # type: ignore[attr-defined]
    for _ in range(3):
        stage.skew += timedelta(seconds=6)
        stage.cycle()
    assert not stage.live() and not stage.store.flattens.open("c_1")
    assert kinds(stage).count("flatten_unfinished") == 1 and "flattened" in kinds(stage)


def test_an_entry_that_may_still_fill_is_waited_for(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "/fapi/v1/order", "POST", "lose_answer")
    stage.cycle()
    flatten(stage)
    stage.skew += timedelta(seconds=20)
    stage.cycle()
    assert not stage.live() and not stage.holdings() and not stage.store.flattens.open("c_1")


def test_in_hedge_mode_both_sides_end(hedge_stage: Stage) -> None:
    opened(hedge_stage)
    hedge_stage.follow("grok")
    hedge_stage.agent("grok", a_position("ETHUSDT", "-2", "3000", oid="2"))
    hedge_stage.cycle()
    assert flatten(hedge_stage)["finished"] and not hedge_stage.live()


def test_a_simulated_holding_ends_without_an_order(stage: Stage) -> None:
    stage.follow(mode="shadow")
    stage.agent("deepseek", a_position())
    stage.cycle()
    assert flatten(stage)["finished"] and not stage.holdings() and fills(stage) == []


def test_a_locked_key_and_a_wrong_name_are_refused(stage: Stage) -> None:
    credential = stage.store.credentials.get("c_1")
    assert credential is not None
    with pytest.raises(InvalidInput):
        asking.require_typed(credential, "Mian")
    stage.store.credentials.set_state("c_1", type(credential.state)("locked"))
    with pytest.raises(Refused):
        ask(stage)
