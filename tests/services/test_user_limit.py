"""A limit over all accounts holds between two of them that work at the same time, and margin modes are as read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from nof1web.core.plan import decide
from nof1web.core.records import Epoch, EpochState
from nof1web.core.trading import Environment, MarginMode
from nof1web.services import copying
from nof1web.services.loading import load, others_notional
from nof1web.services.sending import LimitTaken, send
from tests.core.scene import an_epoch
from tests.services.stage import Stage, a_position, opened


def other_account(stage: Stage) -> Callable[[str], Epoch]:
    """Return how a second account of the user comes to hold so much notional (USDT)."""
    stage.follow()
    mine, tracker = stage.store.credentials.get("c_1"), stage.store.trackers.get("t_deepseek")
    assert mine is not None and tracker is not None
    stage.store.credentials.add(replace(mine, id="c_2", name="Second", environment=Environment.PAPER))
    stage.store.trackers.add(replace(tracker, id="t_2", name="second", credential_id="c_2"))

    def enters(notional: str) -> Epoch:
        epoch = an_epoch(0, tracker_id="t_2", state=EpochState.PENDING, allocation=Decimal(notional) / 10)
        stage.store.trackers.put_epoch(epoch)
        return epoch

    return enters


def test_an_entry_does_not_leave_once_another_account_took_its_room(stage: Stage) -> None:
    enters = other_account(stage)
    stage.store.trackers.put_defaults("", {"user_cap": "1000"})
    stage.agent("deepseek", a_position())
    stage.sync()
    ports = stage.ports()
    credential = stage.store.credentials.get("c_1")
    assert credential is not None
    (order,) = decide(load(ports, credential)).orders  # 600 USDT
    enters("401")
    with pytest.raises(LimitTaken):
        send(ports, order, hedge=False)
    assert not stage.store.journal.intents("c_1") and not stage.live()
    enters("400")
    assert send(ports, order, hedge=False).executed == Decimal("0.01")


def test_what_another_account_takes_meanwhile_is_a_verdict(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    enters = other_account(stage)
    stage.store.trackers.put_defaults("", {"user_cap": "1000"})
    stage.agent("deepseek", a_position())
    monkeypatch.setattr(copying, "prepare", lambda *_: enters("1000"))
    answer = stage.cycle()
    assert answer["orders"] == [] and [row["code"] for row in answer["verdicts"]] == ["user_cap"]


def test_what_waits_beside_a_holding_of_another_account_counts(stage: Stage) -> None:
    opened(stage)
    held = next(each for each in stage.store.trackers.epochs("c_1") if each.quantity)
    stage.store.trackers.put_epoch(replace(held, allocation=held.allocation + 50))
    assert round(others_notional(stage.store, "c_2")) == 600
    intent = stage.store.journal.intents("c_1")[0]
    stage.store.journal.update(replace(intent, status=type(intent.status).UNKNOWN))
    assert round(others_notional(stage.store, "c_2")) == 1100


def test_a_sync_reads_which_symbols_are_isolated(stage: Stage) -> None:
    stage.client.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)
    stage.sync()
    found = stage.store.credentials.snapshot("c_1")
    assert found is not None and found[0].isolated == frozenset({"BTCUSDT"})


def test_a_margin_mode_changed_since_the_reading_is_known_once_a_position_shows_it(stage: Stage) -> None:
    stage.sync()
    stage.follow()
    stage.client.set_margin_mode("BTCUSDT", MarginMode.ISOLATED)
    stage.agent("deepseek", a_position())
    assert stage.cycle()["orders"] and "sync" in stage.queue.asked and stage.live()
    stage.sync()
    stage.sync()
    found = stage.store.credentials.snapshot("c_1")
    assert found is not None and found[0].isolated == frozenset({"BTCUSDT"})


def test_an_entrys_price_stays_within_what_the_exchange_takes(stage: Stage) -> None:
    rules = stage.client.instruments()["BTCUSDT"]
    assert (rules.price_up, rules.price_down) == (Decimal("1.05"), Decimal("0.95"))
    stage.follow(entry_slippage="10")
    stage.agent("deepseek", a_position())
    stage.cycle()
    assert stage.store.journal.intents("c_1")[0].limit == Decimal(63000) and stage.live()


def test_what_filled_since_the_reading_is_told_by_tracker(stage: Stage) -> None:
    stage.sync()
    opened(stage)
    credential = stage.store.credentials.get("c_1")
    assert credential is not None
    found = load(stage.ports(), credential)
    assert round(found.filled_since["t_deepseek"]) == 60 and found.under_way == {}
    stage.sync()
    assert load(stage.ports(), credential).filled_since == {}
