"""A lost exit beside a person's own share: what a reading shows of it already is not counted off once more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.trading import Side
from nof1web.services.explaining import believed
from nof1web.services.loading import credential_of, load
from nof1web.services.settling import settle_unresolved
from tests.services.backups import restored, saved
from tests.services.deaths import fault
from tests.services.stage import Stage, a_position, opened
from tests.services.test_explaining import quiet
from tests.services.test_trouble import by_hand

LONG = ("BTCUSDT", True)
SHARE = Decimal("0.05")
LEFT = {"0": Decimal(0), "0.05": Decimal("0.005")}
"""what is held after the exit, by the agent's quantity"""


def lost(stage: Stage, quantity: str) -> None:
    """An exit of 0.01 BTC or half of it, beside 0.05 of a person's own, leaves and gets no answer."""
    by_hand(stage, Side.BUY, "0.05")
    opened(stage)
    quiet(stage)
    stage.agent("deepseek", a_position(quantity=quantity))
    fault(stage, "lose_answer", "/fapi/v1/order")
    stage.cycle()


@pytest.mark.parametrize("quantity", LEFT)
def test_an_exit_settled_after_the_reading_that_shows_it_makes_no_growth(stage: Stage, quantity: str) -> None:
    lost(stage, quantity)
    stage.sync()
    settle_unresolved(stage.ports())
    assert believed(stage.ports()).earlier[LONG].quantity == SHARE + LEFT[quantity]
    assert load(stage.ports(), credential_of(stage.ports())).foreign == {LONG: SHARE}
    stage.sync()
    assert not stage.store.halts.reconcile_due("c_1")


@pytest.mark.parametrize("quantity", LEFT)
def test_an_exit_settled_after_a_reading_that_lacks_it_is_counted_off(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, quantity: str
) -> None:
    lost(stage, quantity)
    known = stage.store.credentials.snapshot("c_1")
    with monkeypatch.context() as lagging:
        lagging.setattr("nof1web.services.surveying._read", lambda *_, **__: known)
        stage.sync()
    settle_unresolved(stage.ports())
    assert believed(stage.ports()).earlier[LONG].quantity == SHARE + LEFT[quantity]
    assert load(stage.ports(), credential_of(stage.ports())).foreign == {LONG: SHARE}


@pytest.mark.parametrize("quantity", LEFT)
def test_an_adopted_exit_makes_no_growth_where_the_exchanges_door_is_behind_its_trades(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, quantity: str
) -> None:
    by_hand(stage, Side.BUY, "0.05")
    opened(stage)
    quiet(stage)
    copy = saved(stage)
    stage.agent("deepseek", a_position(quantity=quantity))
    stage.cycle()
    restored(stage, copy)
    right = stage.client.server_ms
    monkeypatch.setattr(stage.client, "server_ms", lambda: right() - 4000)
    stage.store.halts.ask_reconcile("c_1", stage.now())
    for _ in range(2):
        stage.sync()
        stage.skew += timedelta(seconds=2)
    assert believed(stage.ports()).earlier[LONG].quantity == SHARE + LEFT[quantity]
    assert load(stage.ports(), credential_of(stage.ports())).foreign == {LONG: SHARE}
    assert not stage.store.halts.reconcile_due("c_1")
