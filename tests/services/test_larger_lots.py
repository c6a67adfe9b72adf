"""The exchange made its lots larger: what fills whole ones is closed, and the rest is told once and left."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from nof1web.core.records import EpochState
from nof1web.core.trading import Side
from nof1web.services import flattening
from nof1web.services.credentials import disable
from tests.services.site import Site
from tests.services.stage import USER, Stage, a_position, opened
from tests.services.test_flattening import ask, flatten, kinds, state
from tests.services.test_trouble import by_hand

REST = {"BTCUSDT": Decimal("0.002")}


@pytest.fixture
def larger(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Hold 0.01 BTC in lots of 0.004."""
    opened(stage, stop="57000")
    rules = dict(stage.client.instruments())
    rules["BTCUSDT"] = replace(rules["BTCUSDT"], step=Decimal("0.004"), min_quantity=Decimal("0.004"))
    monkeypatch.setattr(stage.client, "instruments", lambda: rules)
    return stage


def test_the_agents_close_leaves_less_than_a_lot_and_tells_it_once(larger: Stage) -> None:
    larger.agent("deepseek", a_position(quantity="0"))
    larger.cycle()
    assert larger.live() == REST and not larger.holdings() and not larger.resting()
    assert state(larger) is EpochState.CLOSED and kinds(larger).count("dust_left") == 1
    larger.sync()
    assert larger.cycle()["orders"] == [] and kinds(larger).count("dust_left") == 1
    disable(Site(larger), USER, "c_1")


def test_a_flatten_ends_and_reports_what_no_order_takes(larger: Stage) -> None:
    answer = flatten(larger)
    assert answer["finished"] and larger.live() == REST and not larger.holdings() and "flattened" in kinds(larger)
    (row,) = answer["residual"]  # type: ignore[misc]
    assert (row["code"], row["quantity"]) == ("dust", "0.002") and kinds(larger).count("dust_left") == 1


def test_a_flatten_of_everything_ends_beside_a_share_that_is_too_small(larger: Stage) -> None:
    by_hand(larger, Side.BUY, "0.002")
    answer = flattening.run(larger.ports(), ask(larger, everything=True))
    assert answer["finished"] and not larger.holdings() and sum(larger.live().values()) == Decimal("0.004")


def test_a_stop_rests_over_the_whole_lots(larger: Stage) -> None:
    larger.agent("deepseek", a_position(stop="58000"))
    larger.cycle()
    assert larger.legs() == [("STOP_MARKET", Decimal(58000), Decimal("0.008"))]
    larger.cycle()
    assert len(larger.resting()) == 1
