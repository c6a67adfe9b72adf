"""Statistics of agents against a fixture worked out by hand (and with a pocket calculator) to 1e-8."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nof1web.core.statistics import statistics
from nof1web.core.trades import Trade

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NEAR = Decimal("1e-8")


def hourly(*equities: object) -> list[tuple[datetime, Decimal]]:
    """One equity an hour."""
    return [(NOW + timedelta(hours=hour), Decimal(str(equity))) for hour, equity in enumerate(equities)]


EQUITIES = hourly(10000, 11000, 9900, 10395)
"""returns +10 %, -10 %, +5 %: mean 1/60, squared deviations 1/144, 49/3600, 1/900, variance 13/1200"""


def a_trade(symbol: str, quantity: int, entry: int, left: int, *, leverage: int, hours: int) -> Trade:
    closed_at = NOW + timedelta(hours=hours)
    return Trade(symbol, "1", Decimal(quantity), Decimal(entry), Decimal(left), leverage, NOW, closed_at)


TRADES = [
    a_trade("BTCUSDT", 2, 100, 104, leverage=10, hours=1),
    a_trade("BTCUSDT", -2, 100, 104, leverage=20, hours=2),
    a_trade("ETHUSDT", -5, 50, 40, leverage=6, hours=6),
]


def near(found: Decimal | None, wanted: str) -> bool:
    return found is not None and abs(found - Decimal(wanted)) <= NEAR


def test_the_fixture_worked_out_by_hand() -> None:
    found = statistics(EQUITIES, TRADES, [("SOLUSDT", 4)])
    assert near(found.gain, "3.95") and near(found.fall, "10")
    # (1/60) ÷ √(13/1200) × √8760 = √(73·120) ÷ (60·√(13/1200)) = √(8760·1200/(3600·13)) = √(2920/13)
    assert near(found.sharpe, "14.98717400")
    assert near(found.wins, "66.66666667") and near(found.leverage, "10")
    assert (found.hold, found.trades) == (timedelta(hours=3), 3)
    assert found.symbols == ("BTCUSDT", "ETHUSDT", "SOLUSDT")


def test_the_largest_fall_is_from_the_highest_before() -> None:
    found = statistics(hourly(100, 80, 120, 90, 130), [])
    assert near(found.fall, "25")


def test_too_little_tells_nothing() -> None:
    found = statistics(hourly(100), [])
    assert (found.gain, found.fall, found.sharpe, found.wins, found.hold, found.leverage) == (None,) * 6


def test_an_equity_that_never_moves_has_no_sharpe_ratio() -> None:
    assert statistics(hourly(*[100] * 5), []).sharpe is None


def test_an_account_that_is_ruined_is_survived() -> None:
    found = statistics(hourly(100, 0, 0, -5), [])
    assert near(found.gain, "-105") and near(found.fall, "105")


def test_a_change_over_a_gap_is_no_hourly_return() -> None:
    later = [(at + timedelta(hours=5), 3 * equity) for at, equity in EQUITIES]
    gapped = statistics([*EQUITIES, *later], []).sharpe
    assert gapped is not None
    returns = [Decimal("0.1"), Decimal("-0.1"), Decimal("0.05")] * 2
    mean = sum(returns) / 6
    deviation = (sum((each - mean) ** 2 for each in returns) / 5).sqrt()
    assert abs(gapped - mean / deviation * Decimal(8760).sqrt()) <= NEAR


@pytest.mark.parametrize(
    ("equities", "gain"),
    [((0, 100, 60), "-40"), ((100, 0, 50, 60), "20"), ((100, 50, 0, 0), "-100"), ((0, 100), None), ((0, 0), None)],
)
def test_a_gain_is_counted_from_when_there_was_something_last(equities: tuple[int, ...], gain: str | None) -> None:
    found = statistics(hourly(*equities), [])
    assert found.gain is None if gain is None else near(found.gain, gain)


def test_a_ruin_is_a_fall_whatever_came_after() -> None:
    assert near(statistics(hourly(0, 100, 60), []).fall, "40") and near(statistics(hourly(9, 0, 5, 6), []).fall, "100")
