"""A backup was restored after the agent closed what was opened since: it is recognised by what the agent has closed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from nof1web.core.trades import Trade
from nof1web.services.claiming import first_claim
from tests.services.backups import restored, saved
from tests.services.stage import Stage, a_position
from tests.services.test_explaining import events, quiet
from tests.services.test_restored_backups import later
from tests.services.test_trouble import wake

D = Decimal


@pytest.fixture
def forgotten(stage: Stage) -> Stage:
    """What was opened since the backup is open, its agent is flat, and a worker claims the account."""
    stage.follow()
    stage.sync()
    copy = saved(stage)
    stage.agent("deepseek", a_position(stop="57000"))
    stage.cycle()
    quiet(stage)
    restored(stage, copy)
    stage.agent("deepseek")
    first_claim(stage.ports(), stage.now())
    return stage


def test_a_forgotten_holding_is_taken_over_and_closed_as_its_agent_did(forgotten: Stage) -> None:
    at = forgotten.now()
    closed = Trade("BTCUSDT", "1001", D("0.1"), D(60000), D(60000), 10, at - timedelta(minutes=1), at)
    forgotten.market.trades.put("nof1", "deepseek", {}, [closed])
    later(forgotten)
    forgotten.agent("deepseek")
    later(forgotten)
    assert not forgotten.live() and not forgotten.holdings() and not forgotten.resting()
    assert events(forgotten)[-1] == "adopted" and "filled_close" in events(forgotten)


def test_an_account_that_cannot_be_explained_is_looked_at_again_though_nothing_asks_for_it(
    forgotten: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten.agent("deepseek", a_position(oid="2002"))
    monkeypatch.setattr(forgotten.client, "trades", lambda symbol, since: ())
    forgotten.cycle()
    left = wake(forgotten)
    assert left is not None and left <= timedelta(seconds=10) and forgotten.live() == {"BTCUSDT": D("0.01")}
