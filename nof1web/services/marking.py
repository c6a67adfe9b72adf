"""Marks are read once per host for everybody: who needs them takes what was published, else reads and publishes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from nof1web.core.trading import Instrument
from nof1web.services.ports import Bus, MarketData


class SharedMarks:
    """A host's MarketData whose marks come from the bus while they are fresh."""

    def __init__(self, market: MarketData, bus: Bus, host: str) -> None:
        self._market, self._bus, self._host = market, bus, host

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the rules by symbol, cached per host for an hour."""
        return self._market.instruments()

    def marks(self) -> Mapping[str, Decimal]:
        """Return all mark prices by symbol, at most 15 s old; Transient when there are none."""
        return published(self._market, self._bus, self._host)


def published(market: MarketData, bus: Bus, host: str) -> Mapping[str, Decimal]:
    """Return the published marks of a host, else read them once and publish them."""
    marks = bus.marks(host)
    if not marks:
        marks = market.marks()
        bus.publish_marks(host, marks)
    return marks
