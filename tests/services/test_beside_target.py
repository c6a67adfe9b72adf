"""A stop that is moved beside a person's own share, after the target fired unseen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.trading import Side
from nof1web.errors import N_, Transient
from tests.services.stage import Stage, a_position, opened
from tests.services.test_beside import PERSONS, goes_on
from tests.services.test_late_fills import told
from tests.services.test_trouble import by_hand


def guarded(stage: Stage) -> None:
    """0.01 BTC of a person's own and 0.01 copied, with a stop at 58000 and a target at 62000; the account was read."""
    by_hand(stage, Side.BUY, "0.01")
    opened(stage, stop="58000", target="62000")
    stage.skew = timedelta(seconds=15)
    stage.sync()
    stage.skew = timedelta(seconds=35)


@pytest.mark.parametrize("moved", [{"target": "62000"}, {"target": "63000"}])
def test_a_stop_moved_after_the_target_fired_unseen_does_not_rest_over_a_persons_share(
    stage: Stage, moved: dict[str, str]
) -> None:
    guarded(stage)
    stage.control.prices(BTCUSDT="62100")
    stage.control.prices(BTCUSDT="60000")
    stage.agent("deepseek", a_position(stop="59000", **moved))
    stage.cycle()
    assert not stage.legs() and not stage.holdings() and "target_fired" in told(stage)
    stage.control.prices(BTCUSDT="58900")
    assert stage.live() == PERSONS


def test_a_target_added_after_the_stop_fired_unseen_does_not_rest_over_a_persons_share(stage: Stage) -> None:
    by_hand(stage, Side.BUY, "0.01")
    opened(stage, stop="58000")
    stage.skew = timedelta(seconds=15)
    stage.sync()
    stage.control.prices(BTCUSDT="57900")
    stage.control.prices(BTCUSDT="60000")
    stage.skew = timedelta(seconds=35)
    stage.agent("deepseek", a_position(stop="59000", target="62000"))
    stage.cycle()
    assert not stage.legs() and stage.live() == PERSONS and not stage.holdings()


def test_a_stop_is_moved_once_it_can_be_told_that_the_target_rests(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded(stage)
    stage.agent("deepseek", a_position(stop="59000", target="62000"))

    def away(client_algo_id: str) -> None:
        raise Transient(N_("The exchange does not answer."))

    with monkeypatch.context() as silent:
        silent.setattr(stage.client, "protection", away)
        stage.cycle()
    assert {trigger for _, trigger, _ in stage.legs()} == {Decimal(58000), Decimal(62000)}
    stage.queue.asked.append("sync")
    goes_on(stage)
    assert {trigger for _, trigger, _ in stage.legs()} == {Decimal(59000), Decimal(62000)}
