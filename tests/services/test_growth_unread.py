"""A position that grew while the trades could not be read: it is not taken for explained once they can be."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, repeat

import pytest

from nof1web.core.trading import Fill, Side
from nof1web.errors import N_, Transient
from tests.services.stage import Stage, a_position
from tests.services.test_reconciling import sent
from tests.services.test_trouble import by_hand


def test_what_grew_while_the_trades_could_not_be_read_still_has_to_be_explained(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow()
    stage.sync()
    by_hand(stage, Side.BUY, "0.01")
    stage.agent("deepseek", a_position())
    with stage.store.transaction():
        stage.store.halts.ask_reconcile("c_1", stage.now())
    fails = chain([Transient(N_("Not now."))], repeat(None))

    def trades(symbol: str, since: datetime) -> tuple[Fill, ...]:
        # By clocks that differ, they are asked for from later on than they were.
        if (error := next(fails)) is not None:
            raise error
        return ()

    monkeypatch.setattr(stage.client, "trades", trades)
    orders = sent(stage)
    stage.cycle()
    stage.cycle()
    assert sent(stage) == orders and stage.store.halts.reconcile_due("c_1")
