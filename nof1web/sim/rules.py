"""What an instrument is, and those the built-in exchange lists: filters and brackets (binance.md §4.1, demo-like)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from itertools import pairwise
from types import MappingProxyType

TAKER_FEE = Decimal("0.0005")
MAKER_FEE = Decimal("0.0002")
LIQUIDATION_FEE = Decimal("0.0125")
PERCENT_UP = Decimal("1.0500")
PERCENT_DOWN = Decimal("0.9500")
TAKE_BOUND = Decimal("0.05")
TRIGGER_PROTECT = Decimal("0.0500")
MAX_OPEN_ORDERS = 200
MAX_OPEN_ALGO_ORDERS = 200
DEFAULT_LEVERAGE = 20
FUNDING_INTERVAL_MS = 8 * 3600 * 1000
# Margin assets and the share of their value that counts as collateral in multi-assets mode.
ASSETS: Mapping[str, Decimal] = MappingProxyType(
    {
        "USDT": Decimal("0.9999"),
        "USDC": Decimal("0.9999"),
        "BTC": Decimal("0.95"),
        "ETH": Decimal("0.95"),
        "BNB": Decimal("0.95"),
    }
)


@dataclass(frozen=True, slots=True)
class Bracket:
    """One step of the leverage ladder; floor and cap are notionals in USDT."""

    number: int
    leverage: int
    floor: Decimal
    cap: Decimal
    maintenance_ratio: Decimal
    cum: Decimal


@dataclass(frozen=True, slots=True)
class Instrument:
    """What may be traded; `depth` is the notional (USDT) at the best price, `volatility` per square-root second."""

    symbol: str
    base: str
    tick: Decimal
    step: Decimal
    min_notional: Decimal
    max_quantity: Decimal
    market_max_quantity: Decimal
    price_precision: int
    quantity_precision: int
    min_price: Decimal
    max_price: Decimal
    start_price: Decimal
    depth: Decimal
    volatility: Decimal
    brackets: tuple[Bracket, ...]

    @property
    def max_leverage(self) -> int:
        """The highest leverage anyone may set."""
        return self.brackets[0].leverage

    def bracket_for(self, notional: Decimal) -> Bracket:
        """The bracket a position of that notional (USDT) falls into; beyond the last cap, the last."""
        return next((b for b in self.brackets if notional <= b.cap), self.brackets[-1])

    def notional_cap(self, leverage: int) -> Decimal:
        """The largest notional (USDT) allowed at a leverage."""
        return max(b.cap for b in self.brackets if b.leverage >= leverage)

    def floor_quantity(self, quantity: Decimal) -> Decimal:
        """A quantity cut towards zero to a multiple of the lot step."""
        return (quantity / self.step).to_integral_value(ROUND_DOWN) * self.step

    def round_price(self, price: Decimal, *, up: bool) -> Decimal:
        """A price moved to the next tick above or below."""
        return (price / self.tick).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR) * self.tick


Instruments = Mapping[str, Instrument]

_MAJOR = (
    (125, "300000", "0.004"), (100, "800000", "0.005"), (75, "3000000", "0.0065"), (50, "12000000", "0.01"),
    (25, "70000000", "0.02"), (20, "100000000", "0.025"), (10, "230000000", "0.05"), (5, "480000000", "0.1"),
    (4, "600000000", "0.125"), (3, "800000000", "0.15"), (2, "1200000000", "0.25"), (1, "1800000000", "0.5"),
)  # fmt: skip
_MINOR = (
    (75, "50000", "0.0065"), (50, "250000", "0.01"), (25, "2000000", "0.02"), (20, "4000000", "0.025"),
    (10, "20000000", "0.05"), (5, "40000000", "0.1"), (4, "50000000", "0.125"), (2, "100000000", "0.25"),
    (1, "200000000", "0.5"),
)  # fmt: skip


def _brackets(ladder: tuple[tuple[int, str, str], ...]) -> tuple[Bracket, ...]:
    caps = [Decimal(0), *(Decimal(cap) for _, cap, _ in ladder)]
    ratios = [Decimal(0), *(Decimal(ratio) for _, _, ratio in ladder)]
    cums: list[Decimal] = []
    for floor, (before, ratio) in zip(caps, pairwise(ratios), strict=False):
        cums.append((cums[-1] if cums else Decimal(0)) + (floor * (ratio - before) if floor else Decimal(0)))
    rungs = zip(ladder, pairwise(caps), cums, strict=True)
    return tuple(
        Bracket(number, leverage, floor, cap, Decimal(ratio), cum)
        for number, ((leverage, _, ratio), (floor, cap), cum) in enumerate(rungs, start=1)
    )


def _instrument(base: str, row: str, ladder: tuple[tuple[int, str, str], ...]) -> Instrument:
    tick, step, notional, most, market_most, places, start, depth, volatility = row.split()
    price_places, quantity_places = places.split("/")
    return Instrument(
        symbol=f"{base}USDT",
        base=base,
        tick=Decimal(tick),
        step=Decimal(step),
        min_notional=Decimal(notional),
        max_quantity=Decimal(most),
        market_max_quantity=Decimal(market_most),
        price_precision=int(price_places),
        quantity_precision=int(quantity_places),
        min_price=Decimal(tick) * 10,
        max_price=Decimal(start) * 50,
        start_price=Decimal(start),
        depth=Decimal(depth),
        volatility=Decimal(volatility),
        brackets=_brackets(ladder),
    )


# Precisions are deliberately wider than tick and step for BTC and SOL, as on the real exchange: only filters count.
_ROWS = {
    "BTC": ("0.10 0.0001 50 1000 120 2/4 91200 200000 0.00018", _MAJOR),
    "ETH": ("0.01 0.001 20 10000 2000 2/3 3050 150000 0.00024", _MAJOR),
    "SOL": ("0.01 0.01 5 1000000 20000 4/3 138 80000 0.00028", _MINOR),
    "BNB": ("0.010 0.01 5 100000 2000 3/2 880 80000 0.00022", _MINOR),
    "XRP": ("0.0001 0.1 5 10000000 2000000 4/1 2.15 60000 0.00027", _MINOR),
    "DOGE": ("0.00001 1 5 50000000 30000000 6/0 0.152 60000 0.00030", _MINOR),
}

INSTRUMENTS: Instruments = MappingProxyType({f"{base}USDT": _instrument(base, *row) for base, row in _ROWS.items()})
