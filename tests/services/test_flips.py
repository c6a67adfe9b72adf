"""What a close frees is there for the entry that follows it in the same cycle, before the account is read again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.exchange_process import ExchangeProcess
from tests.services.stage import Stage, a_position


@pytest.mark.parametrize("quantity", ["1.3", "1.55"])
def test_a_flip_is_as_large_as_what_it_closes_though_most_of_the_account_was_in_it(
    exchange: ExchangeProcess, tmp_path: Path, quantity: str
) -> None:
    stage = Stage(exchange, tmp_path, balance="1000")
    stage.follow()
    stage.agent("deepseek", a_position(quantity=quantity))
    stage.cycle()
    stage.sync()
    stage.agent("deepseek", a_position(quantity=f"-{quantity}", oid="1002"))
    stage.cycle()
    assert stage.holdings() == stage.live() == {"BTCUSDT": -Decimal(quantity) / 10}
    stage.stack.close()
