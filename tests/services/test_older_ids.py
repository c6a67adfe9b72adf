"""Orders and stops whose ids lack the symbol, as older ones do: they settle, and are recognised when they were lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.services import placing, sending
from nof1web.services.ids import client_order_id
from nof1web.services.settling import settle_unresolved
from tests.services.backups import restored, saved
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import quiet


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Sends under ids without a symbol until undone."""

    def without(code: str, *parts: object) -> str:
        return client_order_id(code, parts[0], *parts[2:])

    monkeypatch.setattr(sending, "client_order_id", without)
    monkeypatch.setattr(placing, "client_order_id", without)
    return monkeypatch


def test_an_order_without_an_answer_settles_by_the_id_it_was_journaled_under(
    stage: Stage, older: pytest.MonkeyPatch
) -> None:
    stage.follow()
    stage.agent("deepseek", a_position())
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()
    older.undo()
    assert settle_unresolved(stage.ports()) is None and stage.holdings() == stage.live() == {"BTCUSDT": Decimal("0.01")}


def test_a_lost_order_and_its_stop_are_recognised(stage: Stage, older: pytest.MonkeyPatch) -> None:
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(quantity="0.2", stop="57000"))
    stage.cycle()
    restored(stage, copy)
    older.undo()
    assert stage.sync()["adopted"] == 1 and stage.holdings() == stage.live() == {"BTCUSDT": Decimal("0.02")}
    stage.skew = timedelta(seconds=15)
    stage.cycle()
    assert stage.legs() == [("STOP_MARKET", 57000, Decimal("0.02"))]
    assert [each.client_algo_id for each in stage.store.journal.protections("c_1")] == [
        row["clientAlgoId"] for row in stage.resting()
    ]
