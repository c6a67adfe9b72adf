"""A credential or tracker that was stopped: what was sent gets its answer and its stop, and nothing is entered."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import CredentialState
from nof1web.core.trading import Side
from nof1web.errors import Refused
from nof1web.services import credentials, halting, removing
from tests.services.deaths import fault, fills
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position, opened
from tests.services.test_trouble import by_hand

BTC = {"BTCUSDT": Decimal("0.01")}


def unanswered(stage: Stage) -> None:
    """Let the answer of a first order be lost, though it was executed."""
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    assert stage.live() == BTC and not stage.holdings()


def test_an_entry_without_an_answer_is_settled_and_protected_after_a_stop(stage: Stage) -> None:
    unanswered(stage)
    site = Site(stage)
    halting.change(site, USER, "c_1", "stop")
    assert site.queue.asked == ["cycle"]
    stage.agent("deepseek", a_position(quantity="0.3", stop="57000"))
    stage.cycle()
    assert stage.holdings() == stage.live() == BTC and fills(stage) == list(BTC.values())
    assert stage.legs() == [("STOP_MARKET", Decimal(57000), Decimal("0.01"))] and "sync" in stage.queue.asked


def test_a_stop_that_could_not_be_placed_is_tried_again_after_a_stop(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "reject", "/fapi/v1/algoOrder", code=-1001)
    stage.cycle()
    site = Site(stage)
    halting.change(site, USER, "c_1", "stop")
    assert site.queue.asked == ["cycle"] and not stage.legs()
    stage.skew = timedelta(seconds=6)
    stage.cycle()
    assert len(stage.legs()) == 1


def test_a_protected_holding_of_a_stopped_credential_stays_as_it_is(stage: Stage) -> None:
    opened(stage, stop="57000")
    halting.change(Site(stage), USER, "c_1", "stop")
    stage.agent("deepseek", a_position(stop="58000"))
    before = len(stage.control.log())
    stage.cycle()
    assert [each[1] for each in stage.legs()] == [57000] and len(stage.control.log()) <= before + 1


def test_while_an_answer_is_missing_a_credential_is_not_disabled(stage: Stage) -> None:
    unanswered(stage)
    with pytest.raises(Refused, match="waits for an order"):
        credentials.disable(Site(stage), USER, "c_1")
    kept = stage.store.credentials.get("c_1")
    assert kept is not None and kept.enabled and kept.state is CredentialState.RUNNING


def stop(stage: Stage, what: str) -> None:
    """A person stops the credential, or only its tracker."""
    if what == "credential":
        stage.store.credentials.set_state("c_1", CredentialState.STOPPED)
    else:
        stage.store.trackers.set_started("t_deepseek", None)


def goes_on(stage: Stage, *seconds: float) -> None:
    for each in seconds:
        stage.skew = timedelta(seconds=each)
        stage.cycle()
        stage.sync()


stopped = pytest.mark.parametrize("what", ["credential", "tracker"])
CHANGES = [("0", "0"), ("0.05", "0.005"), ("0.2", "0.02")]


@stopped
@pytest.mark.parametrize(("quantity", "left"), CHANGES)
def test_what_was_under_way_at_a_stop_leaves_a_stop_of_the_size_of_what_is_held(
    stage: Stage, what: str, quantity: str, left: str
) -> None:
    by_hand(stage, Side.BUY, "0.01")
    opened(stage, stop="57000")
    stage.sync()
    stage.agent("deepseek", a_position(quantity=quantity, stop="57000"))
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    stop(stage, what)
    stage.agent("deepseek", a_position(quantity=quantity, stop="58000"))
    goes_on(stage, 5, 10)
    size = Decimal(left)
    assert stage.holdings().get("BTCUSDT", 0) == size and stage.live() == {"BTCUSDT": size + BTC["BTCUSDT"]}
    assert stage.legs() == ([("STOP_MARKET", Decimal(57000), size)] if size else [])


def test_an_entry_under_way_when_its_tracker_is_stopped_gets_its_stop(stage: Stage) -> None:
    unanswered(stage)
    stop(stage, "tracker")
    goes_on(stage, 5)
    assert stage.holdings() == stage.live() == BTC and [each[1] for each in stage.legs()] == [57000]


def test_a_protected_holding_of_a_stopped_tracker_stays_as_it_is(stage: Stage) -> None:
    opened(stage, stop="57000")
    stop(stage, "tracker")
    stage.agent("deepseek", a_position(quantity="0", stop="58000"))
    goes_on(stage, 5, 10)
    assert stage.holdings() == stage.live() == BTC and [each[1] for each in stage.legs()] == [57000]


def test_a_stop_whose_answer_is_missing_at_a_stop_goes_with_its_holding(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "lose_answer", "/fapi/v1/algoOrder")
    stage.cycle()
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "lose_answer", "/fapi/v1/order")
    with pytest.MonkeyPatch.context() as lagging:
        lagging.setattr(stage.client, "protection", lambda client_algo_id: None)
        stage.cycle()
    stop(stage, "credential")
    goes_on(stage, 5)
    assert not stage.live() and not stage.holdings() and not stage.legs()


def test_while_a_stop_rests_a_credential_is_not_removed_and_its_stop_is_gone_on_with(stage: Stage) -> None:
    opened(stage, stop="57000")
    cancels = {"path": "/fapi/v1/algoOrder", "method": "DELETE", "api_key": stage.key["api_key"]}
    stage.control.post("/sim/faults", kind="reject", code=-1001, **cancels)
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    site = Site(stage)
    halting.change(site, USER, "c_1", "stop")
    assert site.queue.asked == ["cycle"] and stage.legs() and not stage.holdings()
    with pytest.raises(Refused, match="may still rest"):
        removing.remove(site, USER, "c_1", typed="Main")  # type: ignore[arg-type]
    goes_on(stage, 6)
    assert not stage.legs()
