"""Public facts of one exchange host: rules and marks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from nof1web.adapters.binance.cache import HourCache
from nof1web.adapters.binance.http import Call, Throttle, Transport
from nof1web.adapters.binance.parsing import parse_instruments, parse_marks, parse_weight_limit, parsed
from nof1web.core.trading import Instrument

# an exit needs the step size, so the rules are as urgent as exits
RULES = Call("GET", "/fapi/v1/exchangeInfo", 1, "exit")
MARKS = Call("GET", "/fapi/v1/premiumIndex", 10, "read")

_rules: HourCache[Mapping[str, Instrument]] = HourCache()


class BinanceMarket:
    """MarketData of one host; needs no key. Raises Transient when the host doesn't answer."""

    def __init__(self, *, base_url: str, budget: Throttle, proxy: str | None = None) -> None:
        self._transport = Transport(base_url, throttle=budget, proxy=proxy)

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the rules by symbol, without brackets, cached per host for an hour (weight 1)."""
        return _rules.get(self._transport.base_url, self._load)

    def marks(self) -> Mapping[str, Decimal]:
        """Return all mark prices by symbol in USDT (weight 10)."""
        return parsed(parse_marks, self._transport.send(MARKS))

    def _load(self) -> Mapping[str, Instrument]:
        document = self._transport.send(RULES)
        found = parsed(parse_instruments, document)
        self._transport.throttle.learn(parsed(parse_weight_limit, document))
        return found
