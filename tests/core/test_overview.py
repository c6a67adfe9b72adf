"""What a cheap reading of an account bears out of the last whole one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from nof1web.core import overview as numbers
from nof1web.core.leverages import Leverages
from nof1web.core.overview import Holding, Overview
from nof1web.core.trading import Position, PositionSide

D = Decimal
KNOWN = Position("BTCUSDT", PositionSide.BOTH, D("-0.5"), D(60000), D(60000), D(70000), D(0), D(3000))
NOW = Holding("BTCUSDT", PositionSide.BOTH, D("-0.5"), D("-29500"), D(500), D(2950), isolated=False)


def seen(*holdings: Holding) -> Overview:
    return Overview(D(1000), D(500), D(400), D(2950), D(500), holdings)


def test_the_same_position_at_another_mark_is_unchanged_and_brought_up() -> None:
    assert not numbers.changed(seen(NOW), [KNOWN])
    (fresh,) = numbers.brought_up(seen(NOW), [KNOWN])
    assert (fresh.mark, fresh.unrealised, fresh.initial_margin) == (D(59000), D(500), D(2950))
    assert (fresh.entry_price, fresh.liquidation) == (D(60000), D(70000))


@pytest.mark.parametrize(
    "change",
    [{"quantity": D("-0.4")}, {"unrealised": D(510)}, {"side": PositionSide.SHORT}, {"notional": D(0)}],
    ids=["quantity", "entry price", "side", "no notional told"],
)
def test_any_other_number_is_a_change(change: dict[str, object]) -> None:
    assert numbers.changed(seen(replace(NOW, **change)), [KNOWN]) == {"BTCUSDT"}  # type: ignore[arg-type]


def test_a_position_that_came_or_went_is_a_change() -> None:
    assert numbers.changed(seen(), [KNOWN]) == numbers.changed(seen(NOW), []) == {"BTCUSDT"}


def test_a_profit_may_be_rounded() -> None:
    assert not numbers.changed(seen(replace(NOW, unrealised=D("500.9"))), [KNOWN])


def test_leverages_are_written_by_their_exceptions() -> None:
    found = Leverages.of({"A": 20, "B": 20, "C": 5})
    assert found == Leverages(20, {"C": 5}) and Leverages.of({}) is None
    assert found is not None and [found.having("D", 7).at(each) for each in "ACDX"] == [20, 5, 7, 20]
