"""Several symbols and several trackers for one decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import TrackerView
from tests.core.scene import a_signal_position, an_instrument, d

BTC, ETH, SOL = "BTCUSDT", "ETHUSDT", "SOLUSDT"
MANY: dict[str, Any] = {
    "instruments": {name: an_instrument(name) for name in (BTC, ETH, SOL)},
    "marks": dict.fromkeys((BTC, ETH, SOL), d(1000)),
}


def book(*quantities: object) -> list[SignalPosition]:
    """Positions of an agent in BTC, ETH and SOL, each at 1,000 with 10x."""
    return [a_signal_position(each, symbol=name) for each, name in zip(quantities, (BTC, ETH, SOL), strict=False)]


def another(view: TrackerView, name: str = "t2") -> TrackerView:
    """The same as another tracker of the same credential."""
    return replace(view, tracker=replace(view.tracker, id=name, name=name))
