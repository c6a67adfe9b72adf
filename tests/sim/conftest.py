"""Traders for the tests of the built-in exchange."""

from __future__ import annotations

import pytest

from tests.sim.face import Trader, trader


@pytest.fixture
def btc() -> Trader:
    """A one-way account with 1000 USDT; BTC stands at 60000."""
    return trader()


@pytest.fixture
def hedged() -> Trader:
    """A hedge-mode account with 1000 USDT; BTC stands at 60000."""
    return trader(hedge=True)
