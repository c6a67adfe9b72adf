"""A symbol the exchange refuses to tell anything of, as of a delisted one: it holds up nothing but itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nof1web.core.flattening import Flatten
from nof1web.core.records import IntentStatus
from nof1web.core.trading import Side
from nof1web.errors import N_, Rejected
from nof1web.services import flattening
from nof1web.services.unreadable import KIND
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import events, quiet
from tests.services.test_late_fills import ETH
from tests.services.test_settling import past_its_deadline
from tests.services.test_trouble import by_hand


def refused(stage: Stage, monkeypatch: pytest.MonkeyPatch, *queries: str) -> None:
    """Let queries for BTC be refused from here on."""
    for name in queries:
        monkeypatch.setattr(stage.client, name, _refusing(getattr(stage.client, name)))


def _refusing(real: Callable[..., Any]) -> Callable[..., Any]:
    def asked(symbol: str, *more: Any) -> Any:
        if symbol == "BTCUSDT":
            raise Rejected(N_("Invalid symbol."), exchange_code=-1121)
        return real(symbol, *more)

    return asked


def waits(stage: Stage, seconds: int) -> None:
    stage.skew += timedelta(seconds=seconds)
    stage.agent("deepseek", a_position(stop="57000"), ETH)
    stage.sync()
    stage.cycle()


def entering(stage: Stage, kind: str) -> None:
    """An entry whose answer is lost, with or without effect."""
    stage.follow(max_signal_age="9000")
    stage.sync()
    stage.agent("deepseek", a_position(stop="57000"))
    fault(stage, kind, "/fapi/v1/order")
    stage.cycle()


def test_an_order_the_exchange_refuses_to_tell_of_keeps_entries_out_of_its_symbol_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    entering(stage, "lose_answer")
    refused(stage, monkeypatch, "order", "trades", "orders")
    for _ in range(3):
        waits(stage, 20)
    assert "ETHUSDT" in stage.live() and not stage.store.halts.reconcile_due("c_1")
    assert "BTCUSDT" in stage.store.halts.stopped_symbols("c_1") and events(stage).count(KIND) == 1


def test_such_an_order_is_over_once_the_account_has_no_more_than_is_held(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    entering(stage, "lose_answer")
    refused(stage, monkeypatch, "order", "trades", "orders")
    past_its_deadline(stage, monkeypatch)
    for _ in range(3):
        waits(stage, 40)
    assert [each.symbol for each in stage.store.journal.unresolved("c_1")] == ["BTCUSDT"]
    sold = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.01"}
    stage.control.post("/sim/orders", account_id=stage.account_id, place=sold)
    waits(stage, 40)
    assert not stage.store.journal.unresolved("c_1") and "BTCUSDT" not in stage.live()


def test_an_exit_the_exchange_refuses_to_tell_of_is_over_after_a_minute_and_a_flatten_ends(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(stage)
    quiet(stage)
    stage.agent("deepseek", a_position(quantity="0"))
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    refused(stage, monkeypatch, "order", "trades", "orders")
    past_its_deadline(stage, monkeypatch)
    stage.store.flattens.add(Flatten("f_1", "c_1", "", "", False, "me", stage.now()))
    for _ in range(6):
        stage.skew += timedelta(seconds=31)
        answer = flattening.run(stage.ports(), "f_1")
    assert answer["finished"] and not stage.holdings() and not stage.store.journal.unresolved("c_1")
    assert stage.store.journal.intents("c_1", limit=1)[0].status is not IntentStatus.UNKNOWN


@pytest.mark.parametrize("queries", [("trades",), ("orders",), ("trades", "orders")])
def test_where_no_trade_is_shown_two_readings_that_agree_decide(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, queries: tuple[str, ...]
) -> None:
    opened(stage)
    quiet(stage)
    by_hand(stage, Side.SELL, "0.01")
    refused(stage, monkeypatch, *queries)
    stage.skew = timedelta(seconds=20)
    stage.sync()
    assert stage.holdings(), "one reading proves nothing"
    stage.skew = timedelta(seconds=40)
    stage.sync()
    assert not stage.holdings() and {"position_gone", "closed_by_hand"} & set(events(stage))
