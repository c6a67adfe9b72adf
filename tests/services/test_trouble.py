"""When something goes wrong in a cycle: every exit is still sent, nothing is forgotten, nothing loops."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.records import EpochState, IntentStatus
from nof1web.core.trading import OrderReport, OrderRequest, PositionSide, Side
from nof1web.errors import N_, CredentialRefused
from nof1web.services import halting
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position, opened

BTC = {"BTCUSDT": Decimal("0.01")}


def fault(stage: Stage, path: str, method: str, kind: str, **more: object) -> None:
    stage.control.post("/sim/faults", path=path, method=method, kind=kind, api_key=stage.key["api_key"], **more)


def by_hand(stage: Stage, side: Side, quantity: str, symbol: str = "BTCUSDT") -> None:
    now = stage.client.server_ms()
    request = OrderRequest(f"hand{now}", symbol, side, PositionSide.BOTH, Decimal(quantity), False, now)
    stage.client.place(request)


def wake(stage: Stage) -> timedelta | None:
    credential = stage.store.credentials.get("c_1")
    assert credential is not None
    return None if credential.wake_at is None else credential.wake_at - stage.now()


def test_one_refused_exit_does_not_stop_the_others(stage: Stage) -> None:
    stage.follow()
    coins = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    sizes = {"BTCUSDT": ("0.1", "60000"), "ETHUSDT": ("2", "3000"), "SOLUSDT": ("40", "150")}
    stage.agent("deepseek", *(a_position(coin, *sizes[coin], oid=coin) for coin in coins))
    stage.cycle()
    assert len(stage.live()) == 3
    stage.agent("deepseek", *(a_position(coin, "0", sizes[coin][1], oid=coin) for coin in coins))
    fault(stage, "/fapi/v1/order", "POST", "reject", code=-2015)
    with pytest.raises(CredentialRefused):
        stage.cycle()
    assert len(stage.live()) == 1
    left = wake(stage)
    assert left is not None and left < timedelta(seconds=5)


def test_a_symbol_that_cannot_be_prepared_is_tried_again_soon(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "/fapi/v1/symbolConfig", "GET", "reject", code=-1001)
    stage.cycle()
    left = wake(stage)
    assert not stage.live() and left is not None and left <= timedelta(seconds=5)
    stage.cycle()
    assert stage.live() == BTC


def test_simulated_holdings_end_with_shadow_mode_and_real_ones_start_afresh(stage: Stage) -> None:
    tracker = stage.follow(mode="shadow")
    stage.agent("deepseek", a_position())
    stage.cycle()
    stage.store.trackers.put_settings(tracker.id, {**tracker.settings, "mode": "trade"})
    stage.agent("deepseek", a_position(quantity="0.2", stop="57000"))
    stage.cycle()
    real = {epoch.symbol: epoch.quantity for epoch in stage.store.trackers.epochs("c_1") if not epoch.shadow}
    assert stage.live() == {symbol: quantity for symbol, quantity in real.items() if quantity}


def test_an_epoch_stopped_long_ago_is_not_entered_again(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.control.prices(BTCUSDT="56900")
    stage.sync()
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    assert epoch is not None and epoch.state is EpochState.STOPPED
    stage.store.trackers.put_epoch(replace(epoch, opened_at=stage.now() - timedelta(days=9)))
    stage.control.prices(BTCUSDT="60000")
    stage.agent("deepseek", a_position(quantity="0.3"))
    assert stage.cycle()["orders"] == [] and not stage.live()


def test_protection_of_a_holding_opened_long_ago_goes_with_it(stage: Stage) -> None:
    opened(stage, stop="57000", target="66000")
    epoch = stage.store.trackers.epoch("t_deepseek", "BTCUSDT", "1001")
    assert epoch is not None
    stage.store.trackers.put_epoch(replace(epoch, opened_at=stage.now() - timedelta(days=9)))
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    assert not stage.live() and not stage.resting()


def test_a_stop_stays_while_the_close_has_not_gone_through(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "/fapi/v1/order", "POST", "reject", code=-1001)
    stage.cycle()
    assert stage.live() == BTC and len(stage.resting()) == 1


def test_a_takeover_never_leaves_the_holding_bare(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.agent("deepseek", a_position(oid="1002", stop="57500"))
    fault(stage, "/fapi/v1/algoOrder", "POST", "reject", code=-1001)
    stage.cycle()
    assert len(stage.resting()) == 1
    stage.skew = timedelta(seconds=6)
    stage.cycle()
    assert [trigger for _, trigger, _ in stage.legs()] == [57500]


def test_a_cancel_that_failed_is_tried_again(stage: Stage) -> None:
    opened(stage, stop="57000")
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "/fapi/v1/algoOrder", "DELETE", "reject", code=-1001)
    stage.cycle()
    assert len(stage.resting()) == 1 and wake(stage) is not None
    stage.cycle()
    assert not stage.resting()


def test_protection_goes_when_a_stopped_trackers_holding_was_closed_by_hand(stage: Stage) -> None:
    opened(stage, stop="57000")
    _settled_long_ago(stage)
    stage.store.trackers.set_started("t_deepseek", None)
    by_hand(stage, Side.SELL, "0.01")
    stage.sync()
    stage.cycle()
    assert not stage.resting()


def test_a_close_of_what_somebody_closed_by_hand_ends_after_one_refusal(stage: Stage) -> None:
    opened(stage)
    _settled_long_ago(stage)
    by_hand(stage, Side.SELL, "0.01")
    stage.agent("deepseek", a_position(quantity="0"))
    stage.cycle()
    stage.cycle()
    assert not stage.holdings()
    by_hand(stage, Side.BUY, "0.01")
    stage.skew = timedelta(seconds=30)
    stage.cycle()
    assert stage.live() == BTC, "what the person bought is theirs"


def test_a_close_of_unknown_outcome_does_not_wait_for_ever_on_later_trades(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "/fapi/v1/order", "POST", "reset_before")
    stage.cycle()
    assert [intent.status for intent in stage.store.journal.unresolved("c_1")] == [IntentStatus.UNKNOWN]
    past_the_deadline = stage.client.server_ms() + 10_000
    with monkeypatch.context() as later:
        later.setattr(stage.client, "server_ms", lambda: past_the_deadline)
        stage.cycle()
        stage.skew = timedelta(seconds=3)
        stage.cycle()
    stage.skew = timedelta(seconds=20)
    stage.cycle()
    assert not stage.live() and not stage.store.journal.unresolved("c_1")


def test_another_tracker_does_not_enter_what_a_stopped_one_still_holds(stage: Stage) -> None:
    opened(stage)
    stage.store.trackers.set_started("t_deepseek", None)
    stage.follow("grok")
    stage.agent("grok", a_position(quantity="-0.2", oid="2001"))
    answer = stage.cycle()
    assert [row["code"] for row in answer["verdicts"] if row["tracker"] == "grok"] == ["symbol_taken"]
    assert stage.live() == BTC


def test_a_pending_epoch_frees_its_budget_once_the_agent_has_moved_on(stage: Stage) -> None:
    stage.follow(total_margin="100", multiplier="1")
    stage.agent("deepseek", a_position(quantity="1.2"))
    fault(stage, "/fapi/v1/order", "POST", "reject", code=-2019)
    stage.cycle()
    stage.agent("deepseek", a_position(quantity="1.2", oid="1002"))
    stage.cycle()
    assert stage.live() == {"BTCUSDT": Decimal("0.012")}


def _settled_long_ago(stage: Stage) -> None:
    for intent in stage.store.journal.intents("c_1"):
        stage.store.journal.update(replace(intent, settled_at=stage.now() - timedelta(seconds=30)))
    stage.store.journal._file.change("UPDATE intents SET timestamp_ms = timestamp_ms - 30000")  # type: ignore[attr-defined]


@pytest.mark.parametrize("verb", ["stop", "halt", "close_only"])
def test_a_refused_key_leaves_what_a_person_pressed_meanwhile(stage: Stage, verb: str) -> None:
    opened(stage)
    stage.agent("deepseek", a_position(quantity="0"))

    def place(request: OrderRequest) -> OrderReport:
        halting.change(Site(stage), USER, "c_1", verb)
        raise CredentialRefused(N_("Refused."))

    stage.client.place = place  # type: ignore[method-assign]
    with pytest.raises(CredentialRefused):
        stage.cycle()
    credential = stage.store.credentials.get("c_1")
    assert credential is not None and credential.state is halting.VERBS[verb].then
