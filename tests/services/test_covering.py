"""How long holdings were protected is recorded with every cycle."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.services.stage import Stage, a_position, opened
from tests.services.test_trouble import fault


def share(stage: Stage) -> Decimal | None:
    cover = stage.store.covers.get("t_deepseek")
    return cover.share if cover else None


def again(stage: Stage, seconds: int, **more: str) -> None:
    stage.skew += timedelta(seconds=seconds)
    stage.agent("deepseek", a_position(**more))
    stage.cycle()


def test_a_holding_whose_stop_rests_is_protected_all_the_time(stage: Stage) -> None:
    opened(stage, stop="57000")
    again(stage, 100, stop="57000")
    found = share(stage)
    assert found is not None and found > 99


def test_while_the_stop_is_refused_the_time_counts_as_bare(stage: Stage) -> None:
    stage.follow()
    fault(stage, "/fapi/v1/algoOrder", "POST", "reject", code=-4131)
    stage.agent("deepseek", a_position(stop="57000"))
    stage.cycle()
    again(stage, 50, stop="57000")
    again(stage, 50, stop="57000")
    found = share(stage)
    assert found is not None and 45 < found < 55


def test_a_holding_that_wants_no_stop_is_not_counted(stage: Stage) -> None:
    opened(stage)
    again(stage, 60)
    assert share(stage) is None
