"""Public facts of one exchange host: rules and marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from nof1web.adapters.binance.cache import HourCache
from nof1web.adapters.binance.calls import MARKS, RULES
from nof1web.adapters.binance.http import Throttle, Transport
from nof1web.adapters.binance.parsing import parsed
from nof1web.adapters.binance.parsing_rules import (
    parse_instruments,
    parse_marks,
    parse_order_limits,
    parse_weight_limit,
)
from nof1web.core.trading import Instrument

_rules: HourCache[Mapping[str, Instrument]] = HourCache()


class BinanceMarket:
    """MarketData of one host; needs no key. Raises Transient when the host doesn't answer."""

    def __init__(self, *, base_url: str, budget: Throttle, proxy: str | None = None) -> None:
        self._transport = Transport(base_url, throttle=budget, proxy=proxy)

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the rules by symbol, without brackets, cached per host for an hour (weight 1)."""
        return _rules.get(self._transport.base_url, self._load)

    def rules_age(self) -> timedelta | None:
        """Return how old the rules are that `instruments` would serve, None before the first reading; asks nobody.

        More than an hour means that reading them again fails.
        """
        age_ms = _rules.age_ms(self._transport.base_url)
        return None if age_ms is None else timedelta(milliseconds=age_ms)

    def marks(self) -> Mapping[str, Decimal]:
        """Return all mark prices by symbol in USDT (weight 10)."""
        return parsed(parse_marks, self._transport.send(MARKS))

    def _load(self) -> Mapping[str, Instrument]:
        document = self._transport.send(RULES)
        found = parsed(parse_instruments, document)
        limit = parse_weight_limit(document)
        if limit is not None:
            self._transport.throttle.learn(limit)
        orders = parse_order_limits(document)
        if orders is not None:
            self._transport.throttle.learn_orders(*orders)
        return found
