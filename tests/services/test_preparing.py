"""Before an entry: what is known of the account's modes is trusted or set again; a change is found out by a refusal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1web.adapters.binance.http import Call
from nof1web.core.trading import MarginMode
from nof1web.errors import LeaseLost
from nof1web.services import copying
from tests.exchange_process import ExchangeProcess
from tests.services.deaths import fault, fills
from tests.services.stage import HeldLease, Stage, a_position, opened

D = Decimal
SIZE = D("0.01")


def owner_sets(stage: Stage, path: str, **params: str) -> None:
    """The account's owner changes a mode with a client of their own."""
    stage.client._host.send(Call("POST", path, 1, "exit"), params)


def sent(stage: Stage, since: int, path: str) -> list[dict[str, Any]]:
    rows = stage.control.log()[since:]
    return [row for row in rows if row["method"] == "POST" and row["path"] == path]


def kinds(stage: Stage) -> list[str]:
    return [event.kind for event in stage.store.chronicle.events(limit=200)]


@pytest.mark.parametrize("hedge", [True, False])
def test_a_position_mode_changed_in_mid_run_is_told_and_the_order_is_sent_in_the_new_one(
    exchange: ExchangeProcess, tmp_path: Path, hedge: bool
) -> None:
    play = Stage(exchange, tmp_path, hedge=not hedge)
    opened(play)
    play.agent("deepseek", a_position(quantity="0"))
    play.cycle()
    owner_sets(play, "/fapi/v1/positionSide/dual", dualSidePosition=str(hedge).lower())
    play.agent("deepseek", a_position(quantity="-0.1", oid="1002", stop="63000"))
    play.cycle()
    play.skew += timedelta(seconds=2)
    play.cycle()
    assert play.live() == play.holdings() == {"BTCUSDT": -SIZE} and len(play.resting()) == 1
    assert kinds(play).count("position_mode_changed") == 1 and kinds(play).count("order_refused") == 1
    play.agent("deepseek", a_position(quantity="0", oid="1002", stop="63000"))
    play.cycle()
    assert fills(play) == [SIZE, -SIZE, -SIZE, SIZE] and not play.resting() and kinds(play).count("order_refused") == 1


def test_a_position_mode_that_stays_is_told_nothing_about(stage: Stage) -> None:
    opened(stage)
    assert "position_mode_changed" not in kinds(stage)


def test_a_leverage_that_was_just_set_is_not_set_again(stage: Stage) -> None:
    stage.follow()
    stage.sync()
    for number in range(2):
        before = len(stage.control.log())
        stage.agent("deepseek", a_position(leverage=7, oid=str(number)))
        stage.cycle()
        assert len(sent(stage, before, "/fapi/v1/leverage")) == 1 - number
        stage.agent("deepseek", a_position(quantity="0", oid=str(number)))
        stage.cycle()


def test_an_order_refused_for_another_mode_is_sent_in_the_right_one_after_a_sync(stage: Stage) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "reject", "/fapi/v1/order", code=-4061)
    stage.cycle()
    before = len(stage.control.log())
    stage.skew += timedelta(seconds=3)
    stage.cycle()
    paths = [row["path"] for row in stage.control.log()[before:]]
    assert paths.index("/fapi/v3/account") < paths.index("/fapi/v1/order") and stage.live() == {"BTCUSDT": SIZE}


def test_isolated_margin_in_multi_assets_mode_is_refused_in_words_before_anything_is_sent(stage: Stage) -> None:
    owner_sets(stage, "/fapi/v1/multiAssetsMargin", multiAssetsMargin="true")
    stage.follow(margin_mode="ISOLATED")
    stage.agent("deepseek", a_position())
    before = len(stage.control.log())
    answer = stage.cycle()
    assert [row["code"] for row in answer["verdicts"]] == ["multi_assets_isolated"]
    assert not [row for row in stage.control.log()[before:] if row["method"] != "GET"]


def test_a_margin_mode_is_set_once_and_then_left_alone(stage: Stage) -> None:
    stage.follow(margin_mode="ISOLATED")
    for number in range(2):
        before = len(stage.control.log())
        stage.agent("deepseek", a_position(oid=str(number)))
        stage.cycle()
        assert len(sent(stage, before, "/fapi/v1/marginType")) == 1 - number
        stage.agent("deepseek", a_position(quantity="0", oid=str(number)))
        stage.cycle()
    assert stage.client.symbol_config("BTCUSDT").margin_mode is MarginMode.ISOLATED and len(fills(stage)) == 4


def test_a_margin_mode_that_is_so_already_is_fine(stage: Stage) -> None:
    stage.follow(margin_mode="ISOLATED")
    stage.agent("deepseek", a_position())
    fault(stage, "reject", "/fapi/v1/marginType", code=-4046)
    stage.cycle()
    assert stage.live() == {"BTCUSDT": SIZE}


def test_an_entry_waits_while_the_owners_orders_keep_the_margin_mode(stage: Stage) -> None:
    resting = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    placed = stage.control.post("/sim/orders", account_id=stage.account_id, place={**resting, "price": "58500"})
    stage.follow(margin_mode="ISOLATED")
    stage.agent("deepseek", a_position())
    stage.cycle()
    stage.cycle()
    assert not stage.live() and kinds(stage).count("margin_mode_deferred") == 1
    stage.control.post("/sim/orders", account_id=stage.account_id, cancel=placed["orderId"])
    stage.cycle()
    assert stage.live() == {"BTCUSDT": SIZE}


def test_beside_the_owners_position_margin_mode_and_leverage_stay(stage: Stage) -> None:
    place = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.05"}
    stage.control.post("/sim/orders", account_id=stage.account_id, place=place)
    stage.follow(margin_mode="ISOLATED")
    stage.agent("deepseek", a_position())
    before = len(stage.control.log())
    stage.cycle()
    assert stage.live() == {"BTCUSDT": D("0.06")} and stage.holdings() == {"BTCUSDT": SIZE}
    assert not sent(stage, before, "/fapi/v1/marginType") and not sent(stage, before, "/fapi/v1/leverage")


def test_a_worker_whose_credential_was_taken_over_sets_neither_leverage_nor_margin_mode(stage: Stage) -> None:
    stage.follow(margin_mode="ISOLATED")
    stage.sync()
    stage.agent("deepseek", a_position(leverage=7))
    stale, before = stage.ports(), stage.client.symbol_config("BTCUSDT")
    stage.ports()
    with pytest.raises(LeaseLost):
        copying.run_cycle(stale, forced=True)
    assert stage.client.symbol_config("BTCUSDT") == before


@pytest.mark.parametrize("path", ["/fapi/v1/leverage", "/fapi/v1/marginType"])
def test_without_enough_of_the_lease_left_neither_is_set(
    stage: Stage, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow(margin_mode="CROSSED" if path.endswith("leverage") else "ISOLATED")
    stage.sync()
    stage.agent("deepseek", a_position(leverage=7))
    since = len(stage.control.log())
    monkeypatch.setattr(HeldLease, "require", ended)
    with pytest.raises(LeaseLost):
        stage.cycle()
    assert not sent(stage, since, path)


def ended(lease: HeldLease, seconds: Decimal) -> None:
    assert seconds == 7
    raise LeaseLost("The lease ends before the request may.")
