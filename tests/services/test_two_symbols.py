"""Two symbols that an agent entered under one id are two epochs."""

from __future__ import annotations

from decimal import Decimal

from tests.services.stage import Stage, a_position

D = Decimal


def test_two_symbols_under_one_entry_of_the_agent_are_both_entered_and_protected(stage: Stage) -> None:
    stage.follow()
    ether = a_position("ETHUSDT", "1", "3000", oid="0", stop="2900")
    stage.agent("deepseek", a_position(oid="0", stop="57000"), ether)
    stage.cycle()
    assert stage.live() == stage.holdings() == {"BTCUSDT": D("0.01"), "ETHUSDT": D("0.1")}
    assert sorted(trigger for _, trigger, _ in stage.legs()) == [2900, 57000]
