"""A cycle against the built-in exchange: what the agent does arrives as fills and protection, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import CredentialState, IntentStatus
from nof1web.errors import CredentialRefused, LeaseLost
from nof1web.services import copying, settling
from tests.services.stage import Stage, a_position, opened


def test_an_agents_open_is_filled_with_its_share_of_the_total_margin(stage: Stage) -> None:
    opened(stage)
    # 0.1 × 60000 / 10 = 600 of the agent's 10000; 6 % of 1000 = 60 margin = 600 notional = 0.01 BTC
    assert stage.live() == stage.holdings() == {"BTCUSDT": Decimal("0.01")}


def test_a_partial_close_of_the_agent_reduces_by_the_same_share(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0.06"))
    stage.cycle()
    assert stage.live() == stage.holdings() == {"BTCUSDT": Decimal("0.006")}


def test_an_increase_of_the_agent_adds_in_proportion(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0.2"))
    stage.cycle()
    assert stage.live() == {"BTCUSDT": Decimal("0.02")}


def test_a_flip_closes_first_and_then_opens_the_other_side(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="-0.1", oid="1002"))
    answer = stage.cycle()
    assert [order["kind"] for order in answer["orders"]] == ["close", "open"]
    assert stage.live() == {"BTCUSDT": Decimal("-0.01")}


def test_a_symbol_missing_once_is_not_closed_and_missing_twice_is(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.agent("deepseek")
    stage.cycle()
    assert stage.live()
    stage.agent("deepseek")
    stage.cycle()
    assert not stage.live() and not stage.resting() and not stage.holdings()


def test_a_second_cycle_without_news_sends_nothing(stage: Stage) -> None:
    opened(stage, stop="57000")
    before = len(stage.control.log())
    assert stage.cycle()["orders"] == []
    assert [row for row in stage.control.log()[before:] if row["method"] != "GET"] == []


def test_a_new_entry_on_the_same_side_needs_one_order_for_the_difference(stage: Stage) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0.05", oid="1002"))
    answer = stage.cycle()
    assert [(order["kind"], order["quantity"]) for order in answer["orders"]] == [("reduce", "0.005")]
    assert stage.holdings() == {"BTCUSDT": Decimal("0.005")}


def test_an_answer_lost_after_acceptance_never_doubles_the_order(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    stage.control.post(
        "/sim/faults", path="/fapi/v1/order", method="POST", kind="lose_answer", api_key=stage.key["api_key"]
    )
    stage.cycle()
    assert [intent.status for intent in stage.store.journal.unresolved("c_1")] == [IntentStatus.UNKNOWN]
    stage.cycle()
    assert stage.live() == stage.holdings() == {"BTCUSDT": Decimal("0.01")}


def test_an_order_proven_absent_is_sent_again_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    stage.control.post(
        "/sim/faults", path="/fapi/v1/order", method="POST", kind="reset_before", api_key=stage.key["api_key"]
    )
    stage.cycle()
    past_the_deadline = stage.client.server_ms() + 10_000
    with monkeypatch.context() as later:
        later.setattr(stage.client, "server_ms", lambda: past_the_deadline)
        stage.cycle()
        assert stage.store.journal.unresolved("c_1"), "one absence proves nothing"
        stage.skew = timedelta(seconds=2)
        settling.settle_unresolved(stage.ports())
    stage.skew = timedelta(seconds=5)
    stage.cycle()
    assert stage.live() == stage.holdings() == {"BTCUSDT": Decimal("0.01")}


def test_a_worker_that_lost_its_lease_writes_nothing(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    late = stage.ports()
    stage.store.credentials.claim_fence("c_1")
    with pytest.raises(LeaseLost):
        copying.run_cycle(late)
    assert not stage.live() and not stage.store.journal.intents("c_1")


def test_a_shadow_tracker_records_orders_and_sends_none(stage: Stage) -> None:
    stage.follow(mode="shadow")
    stage.agent("deepseek", a_position())
    answer = stage.cycle()
    assert [(order["kind"], order["shadow"]) for order in answer["orders"]] == [("open", True)]
    assert not stage.live() and stage.holdings() == {"BTCUSDT": Decimal("0.01")}


def test_a_paused_credential_closes_but_does_not_open(stage: Stage) -> None:
    opened(stage)
    stage.store.credentials.set_state("c_1", CredentialState.PAUSED)
    stage.agent("deepseek", a_position("ETHUSDT", "1", "3000", oid="2001"))
    stage.agent("deepseek", a_position("ETHUSDT", "1", "3000", oid="2001"))
    answer = stage.cycle()
    assert not stage.live()
    assert {row["symbol"]: row["code"] for row in answer["verdicts"]}["ETHUSDT"] == "state_blocks_entries"


def test_a_refused_key_stops_entries_and_is_told(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    stage.control.post(
        "/sim/faults", path="/fapi/v1/order", method="POST", kind="reject", code=-2015, api_key=stage.key["api_key"]
    )
    with pytest.raises(CredentialRefused):
        stage.cycle()
    credential = stage.store.credentials.get("c_1")
    assert credential is not None and not credential.state.enters
    assert "credential_refused" in {event.kind for event in stage.store.chronicle.events()}


def test_in_hedge_mode_open_reduce_flip_and_close_arrive_too(hedge_stage: Stage) -> None:
    opened(hedge_stage, stop="57000")
    hedge_stage.agent("deepseek", a_position(quantity="0.05", stop="57000"))
    hedge_stage.cycle()
    assert hedge_stage.live() == {"BTCUSDT": Decimal("0.005")}
    hedge_stage.agent("deepseek", a_position(quantity="-0.1", oid="1002"))
    hedge_stage.cycle()
    assert hedge_stage.live() == {"BTCUSDT": Decimal("-0.01")} and not hedge_stage.resting()


def test_a_dry_run_shows_the_orders_and_writes_nothing(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    stage.sync()
    answer = copying.run_cycle(stage.ports(), dry_run=True)
    assert isinstance(answer["orders"], list) and len(answer["orders"]) == 1
    assert not stage.live() and not stage.store.journal.intents("c_1")


def test_within_the_interval_a_cycle_is_put_off_to_its_end(stage: Stage) -> None:
    stage.follow(interval="60")
    stage.agent("deepseek", a_position())
    assert copying.run_cycle(stage.ports())["orders"]
    stage.agent("deepseek", a_position(quantity="0.5"))
    assert copying.run_cycle(stage.ports())["orders"] == []
    credential = stage.store.credentials.get("c_1")
    assert credential is not None and credential.wake_at is not None and credential.last_cycle_at is not None
    assert timedelta(seconds=60) <= credential.wake_at - credential.last_cycle_at <= timedelta(seconds=66)


def test_a_last_cycle_later_than_now_keeps_no_close_waiting(stage: Stage) -> None:
    stage.skew = timedelta(minutes=5)
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    stage.skew = timedelta(0)
    copying.run_cycle(stage.ports())
    assert not stage.live() and not stage.holdings()
