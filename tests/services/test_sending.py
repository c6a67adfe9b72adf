"""Orders as they leave: their kinds, their largest size, what a thin book leaves of them, and the account's modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.core.plan import decide
from nof1web.core.records import CredentialState, EpochState, IntentStatus
from nof1web.core.snapshot import PlannedOrder
from nof1web.errors import LeaseLost, Refused, Transient
from nof1web.services.loading import credential_of, load
from nof1web.services.sending import send
from tests.exchange_process import ExchangeProcess
from tests.services.deaths import fault, fills
from tests.services.stage import Stage, a_position, opened

D = Decimal
BNB = "BNBUSDT"


@pytest.fixture(params=[False, True], ids=["one-way", "hedge"])
def rich(exchange: ExchangeProcess, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """An account of a million; the largest market order in BNB is 2000."""
    made = Stage(exchange, tmp_path, balance="1000000", hedge=request.param)
    made.follow(total_margin="500000", min_change="1")
    yield made
    made.stack.close()


def shows(stage: Stage, quantity: str, **more: Any) -> dict[str, Any]:
    stage.agent("deepseek", a_position(BNB, quantity, "600", oid="1", **more))
    return stage.cycle()


def orders(stage: Stage) -> list[dict[str, Any]]:
    return sorted(stage.control.account(stage.account_id)["orders"], key=lambda each: int(each["orderId"]))


def refused(stage: Stage) -> list[str]:
    return [
        event.kind
        for event in stage.store.chronicle.events(limit=200)
        if event.kind in ("order_refused", "unprotected")
    ]


def later(stage: Stage, seconds: int) -> dict[str, Any]:
    stage.skew += timedelta(seconds=seconds)
    return stage.cycle()


def test_an_order_above_the_market_lot_size_leaves_in_pieces_both_ways(rich: Stage) -> None:
    shows(rich, "90")
    assert fills(rich) == [2000, 2000, 500] and rich.holdings() == rich.live() == {BNB: D(4500)}
    shows(rich, "0")
    assert fills(rich)[3:] == [-2000, -2000, -500] and not rich.live() and not refused(rich)


def test_a_stop_above_the_market_lot_size_rests_in_pieces(rich: Stage) -> None:
    shows(rich, "90", stop="580")
    assert rich.legs() == [("STOP_MARKET", D(580), D(size)) for size in (2000, 2000, 500)]
    shows(rich, "50", stop="580")
    assert sorted(size for _, _, size in rich.legs()) == [500, 2000] and not refused(rich)
    assert rich.live() == {BNB: D(2500)}


def test_a_stop_in_pieces_fires_as_one(rich: Stage) -> None:
    shows(rich, "90", stop="580", target="700")
    rich.control.prices(BNBUSDT="575")
    rich.sync()
    rich.cycle()
    assert not rich.live() and not rich.holdings() and not rich.resting() and not refused(rich)
    assert rich.store.trackers.epochs("c_1", since=rich.now() - timedelta(hours=1))[0].state is EpochState.STOPPED


def test_entries_are_limit_ioc_within_the_slippage_cap_and_exits_market(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    entry, leaving = orders(stage)
    assert (entry["origType"], entry["timeInForce"]) == ("LIMIT", "IOC") and D(60000) < D(entry["price"]) <= D(60600)
    assert leaving["origType"] == "MARKET" and leaving["reduceOnly"]


def test_what_a_thin_book_leaves_of_an_entry_is_topped_up_within_the_window(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "partial", "/fapi/v1/order", share="0.3")
    stage.cycle()
    assert fills(stage) == [D("0.003"), D("0.007")] and stage.holdings() == stage.live() == {"BTCUSDT": D("0.01")}


def test_what_stays_unfilled_to_the_end_of_the_window_is_given_up(stage: Stage) -> None:
    stage.follow(max_signal_age="20")
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, "partial", "/fapi/v1/order", share="0.3")
    fault(stage, "reject", "/fapi/v1/order", code=-4131)
    stage.cycle()
    stage.skew = timedelta(seconds=25)
    stage.agent("deepseek", a_position(stop="57000"))
    stage.cycle()
    assert fills(stage) == [D("0.003")] and stage.holdings() == {"BTCUSDT": D("0.003")}
    stage.agent("deepseek", a_position(quantity="0.05", stop="57000"))
    later(stage, 2)
    assert stage.holdings() == stage.live() == {"BTCUSDT": D("0.0015")}
    assert stage.legs() == [("STOP_MARKET", D(57000), D("0.0015"))]


def test_an_exit_a_thin_book_fills_in_part_goes_on_to_the_end(stage: Stage) -> None:
    opened(stage)
    fault(stage, "partial", "/fapi/v1/order", share="0.3")
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    later(stage, 2)
    assert fills(stage)[1:] == [D("-0.003"), D("-0.007")] and not stage.live() and not stage.holdings()


def test_the_remainder_of_a_partial_fill_is_looked_up_when_its_answer_is_lost(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "partial", "/fapi/v1/order", share="0.3")
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    assert [each.status for each in stage.store.journal.unresolved("c_1")] == [IntentStatus.UNKNOWN]
    later(stage, 2)
    assert fills(stage) == [D("0.003"), D("0.007")] and stage.holdings() == {"BTCUSDT": D("0.01")}


def planned(stage: Stage, **changes: Any) -> PlannedOrder:
    """The order the stage's next cycle would send, with some of it changed."""
    stage.sync()
    (order,) = decide(load(stage.ports(), credential_of(stage.ports()))).orders
    return replace(order, **changes)


def wanting(stage: Stage, **settings: str) -> PlannedOrder:
    stage.follow(**settings)
    stage.agent("deepseek", a_position())
    return planned(stage)


def nothing_left(stage: Stage) -> bool:
    return not stage.store.journal.intents("c_1") and not orders(stage)


@pytest.mark.parametrize("state", [CredentialState.PAUSED, CredentialState.HALTED])
def test_a_stop_between_decision_and_order_keeps_the_entry_back(stage: Stage, state: CredentialState) -> None:
    order = wanting(stage)
    stage.store.credentials.set_state("c_1", state)
    with pytest.raises(Refused):
        send(stage.ports(), order, hedge=False)
    assert nothing_left(stage)


def test_a_real_order_is_never_added_to_a_simulated_holding(stage: Stage) -> None:
    shadowed = wanting(stage, mode="shadow")
    send(stage.ports(), shadowed, hedge=False)
    with pytest.raises(Refused):
        send(stage.ports(), replace(shadowed, shadow=False), hedge=False)
    assert stage.holdings() == {"BTCUSDT": D("0.01")} and not orders(stage)


def test_a_worker_with_too_little_of_its_lease_left_sends_nothing(stage: Stage) -> None:
    order, ports = wanting(stage), stage.ports()

    class Ending:
        fence, ending = ports.lease.fence, False

        def require(self, seconds: Decimal) -> None:
            assert seconds >= 7, "recvWindow and two seconds"
            raise LeaseLost("over")

    with pytest.raises(LeaseLost):
        send(replace(ports, lease=Ending()), order, hedge=False)
    assert not orders(stage) and [each.status for each in stage.store.journal.unresolved("c_1")] == ["written"]


def test_a_decision_run_again_finds_its_intent_and_sends_nothing_while_it_is_open(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "lose_answer", "/fapi/v1/order")
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    stage.control.post("/sim/faults", kind="reject", path="/fapi/v1/order", method="GET", code=-1001, count=2,
                       api_key=stage.key["api_key"])  # fmt: skip
    stage.cycle()
    stage.cycle()
    assert len(orders(stage)) == 1 and len(stage.store.journal.intents("c_1")) == 1


def test_two_credentials_that_follow_the_same_agent_execute_its_entry_once_each(
    exchange: ExchangeProcess, tmp_path: Path
) -> None:
    stages = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        stages.append(Stage(exchange, tmp_path / name))
        opened(stages[-1])
        stages[-1].cycle()
    assert [fills(each) for each in stages] == [[D("0.01")], [D("0.01")]]
    for each in stages:
        each.stack.close()


def test_a_shadow_order_is_recorded_while_the_host_does_not_tell_its_rules(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = wanting(stage, mode="shadow")

    def silent() -> None:
        raise Transient("no answer")

    monkeypatch.setattr(stage.client, "instruments", silent)
    assert send(stage.ports(), order, hedge=False).executed == D("0.01")


def test_a_reduction_refused_as_too_small_is_carried_and_told_once(hedge_stage: Stage) -> None:
    hedge_stage.follow(total_margin="200")
    for quantity in ("0.1", "0.08", "0.08", "0.08"):
        hedge_stage.agent("deepseek", a_position(quantity=quantity))
        answer = later(hedge_stage, 16)
    assert [row["code"] for row in answer["verdicts"]] == ["change_carried"]
    assert refused(hedge_stage) == ["order_refused"] and hedge_stage.live() == {"BTCUSDT": D("0.002")}
    hedge_stage.agent("deepseek", a_position(quantity="0.05"))
    later(hedge_stage, 16)
    assert hedge_stage.live() == hedge_stage.holdings() == {"BTCUSDT": D("0.001")}


def test_an_exit_refused_again_and_again_is_not_told_each_time(stage: Stage) -> None:
    opened(stage)
    fault(stage, "reject", "/fapi/v1/order", code=-4400, count=5)
    stage.agent("deepseek", a_position(quantity="0"))
    for _ in range(6):
        later(stage, 16)
    assert not stage.live() and refused(stage) == ["order_refused"]
