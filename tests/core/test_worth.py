"""What an agent made of its equity, apart from deposits and withdrawals, worked out by hand to 1e-8."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.core.signals import MOST_EQUITY, AgentRecord, Stake
from nof1web.core.statistics import statistics
from nof1web.core.worth import Funds, followed, paid_in

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NEAR = Decimal("1e-8")
SECOND = 1 / 3600
"""in hours"""


def a_stake(quantity: object, entry: object, mark: object, coin: str = "BTC") -> Stake:
    return Stake(coin, *(Decimal(str(each)) for each in (quantity, entry, mark)))


def a_record(hour: float, equity: object, *stakes: Stake) -> AgentRecord:
    return AgentRecord("0x1", NOW + timedelta(hours=hour), Decimal(str(equity)), (), stakes=stakes)


def worths(*records: AgentRecord) -> list[tuple[datetime, Decimal]]:
    """What each record's equity is worth, by time."""
    found, funds = [], None
    for record in records:
        funds = followed(funds, record)
        if funds is not None:
            found.append((funds.at, funds.worth))
    return found


def near(found: Decimal | None, wanted: str) -> bool:
    return found is not None and abs(found - Decimal(wanted)) <= NEAR


def test_without_deposits_it_is_the_equity_itself_fees_and_funding_included() -> None:
    # 2 BTC at 100; the mark goes 100, 110, 99; 0.09 of fees and funding that no mark explains.
    equities = [1000, "1019.91", "997.91"]
    found = worths(*(a_record(hour, equities[hour], a_stake(2, 100, (100, 110, 99)[hour])) for hour in range(3)))
    assert [worth.quantize(NEAR) for _, worth in found] == [Decimal(each) for each in equities]


def test_a_deposit_and_a_withdrawal_worked_out_by_hand() -> None:
    """+10 % on 1000, then 900 paid in beside +5 % of what was there, then -4 % with 1000 drawn out.

    1000 → 1100. Then 1 BTC gains 100 while 900 come: 100 ÷ (1100 + 900) = +5 %. Then it loses 84 while 1000 go:
    -84 ÷ 2100 = -4 %. 1.1 · 1.05 · 0.96 = 1.1088; the largest fall is 4 %.
    """
    marks, equities = [1000, 1100, 1200, 1116], [1000, 1100, 2100, 1016]
    records = [a_record(hour, equities[hour], a_stake(1, 1000, marks[hour])) for hour in range(4)]
    found = statistics(worths(*records), [])
    assert near(found.gain, "10.88") and near(found.fall, "4")
    # mean of 0.1, 0.05, -0.04 = 11/300; squared deviations 361/90000 + 16/90000 + 529/90000 = 906/90000, half of it is
    # the variance: (11/300) ÷ √(453/90000) × √8760 = 11 × √(8760/453)
    assert near(found.sharpe, "48.37217743")


@pytest.mark.parametrize(("before", "after"), [(1000, 5000), (5000, 1000), (1000, 0), (0.5, 10_000)])
def test_what_is_paid_in_or_out_of_an_empty_book_is_no_gain(before: float, after: float) -> None:
    found = statistics(worths(a_record(0, before), a_record(1, after), a_record(2, after)), [])
    assert (found.gain, found.fall) == (0, 0)


@pytest.mark.parametrize(
    ("old", "new", "gain"),
    [
        (None, a_stake(2, 100, 103), "6"),
        (a_stake(2, 90, 103), None, "0"),
        (a_stake(2, 90, 100), a_stake(1, 90, 103), "6"),
        (a_stake(2, 90, 100), a_stake(-1, 105, 103), "8"),
        (a_stake(2, 100, 102), a_stake(3, 101, 104), "5"),
        (a_stake(-2, 90, 100), a_stake(-2, 90, 97), "6"),
    ],
    ids=["opened", "closed", "reduced", "turned", "increased", "held short"],
)
def test_what_a_book_explains_is_not_taken_for_a_deposit(old: Stake | None, new: Stake | None, gain: str) -> None:
    """A deposit of 500 besides is found to the last cent: by marks, and by the entry of what was added."""
    before = Funds(NOW, Decimal(1000), tuple(each for each in (old,) if each), Decimal(1000))
    record = a_record(1, Decimal(1500) + Decimal(gain), *(each for each in (new,) if each))
    assert paid_in(before, record) == 500


@pytest.mark.parametrize(
    ("equity", "quantity", "mark", "left", "after"),
    [
        (304, 100, 93, 0, ()),
        (1000, 100, 100, 750, ()),
        (1000, -30, 100, 760, ()),
        (1000, 100, 100, 700, (a_stake(10, 100, 100),)),
        (1000, 10, 100, 500, (a_stake(-2, 100, 100),)),
    ],
    ids=["liquidated", "stopped out 2.5 % off the mark", "closed 8 % worse", "reduced", "turned"],
)
def test_what_is_lost_in_a_close_that_nobody_saw_is_a_loss(
    equity: int, quantity: int, mark: int, left: int, after: tuple[Stake, ...]
) -> None:
    before = a_record(0, equity, a_stake(quantity, 100, mark))
    assert worths(before, a_record(SECOND, left, *after))[-1][1] == left


@pytest.mark.parametrize(("left", "gone"), [(9000, 0), (8998, -1002)])
def test_more_than_what_was_closed_can_have_lost_was_paid_out(left: int, gone: int) -> None:
    before = Funds(NOW, Decimal(10_000), (a_stake(10, 100, 100),), Decimal(10_000))
    assert paid_in(before, a_record(SECOND, left)) == gone


@pytest.mark.parametrize(("seconds", "came"), [(5, 240), (300, 0)])
def test_the_longer_nobody_looked_the_more_a_close_may_have_gained(seconds: int, came: int) -> None:
    """30 at 100, closed 8 % higher: within 5 seconds that was paid in, within 5 minutes it can be the market."""
    before = Funds(NOW, Decimal(1000), (a_stake(30, 100, 100),), Decimal(1000))
    assert paid_in(before, a_record(seconds * SECOND, 1240)) == came


def test_what_is_paid_in_beside_a_new_position_is_no_gain_however_long_nobody_looked() -> None:
    before = Funds(NOW, Decimal(1000), (), Decimal(1000))
    assert paid_in(before, a_record(24, 1300, a_stake(40, 100, 100))) == 300


def test_a_ruined_account_begins_anew_an_hour_later_with_what_was_paid_in() -> None:
    """100 % is lost; 900 come at once and gain 10 %: its fall remains to be seen."""
    ruined = [a_record(0, 100, a_stake(10, 100, 100)), a_record(SECOND, 0), a_record(0.5, 900), a_record(0.9, 900)]
    anew = [a_record(1.5, 900, a_stake(9, 100, 100)), a_record(2.5, 990, a_stake(9, 100, 110))]
    assert [worth for _, worth in worths(*ruined)] == [100, 0, 0, 0] and statistics(worths(*ruined), []).gain == -100
    found = statistics(worths(*ruined, *anew), [])
    assert (found.gain, found.fall) == (10, 100)


def test_what_is_left_of_a_ruin_too_small_to_be_told_is_nothing() -> None:
    found = worths(a_record(0, 100, a_stake(10, 100, 100)), a_record(SECOND, "0.00001"))
    assert found[-1][1] == 0


def test_an_address_without_anything_begins_when_there_is_something() -> None:
    assert [worth for _, worth in worths(a_record(0, 0), a_record(1, 50), a_record(2, 50))] == [50, 50]


def test_neither_an_older_record_nor_one_without_values_moves_it() -> None:
    funds = followed(None, a_record(1, 100))
    unknown = AgentRecord("0x1", NOW + timedelta(hours=2), Decimal(7), ())
    assert funds is followed(funds, a_record(1, 90)) is followed(funds, unknown)


@given(
    st.lists(st.tuples(*[st.decimals(-99, 99, places=2)] * 2, st.decimals("0.01", 99, places=2)), max_size=6),
    st.lists(st.decimals(0, MOST_EQUITY, places=2), min_size=6, max_size=6),
)
def test_it_is_always_an_amount_that_can_be_kept(
    stakes: list[tuple[Decimal, Decimal, Decimal]], equities: list[Decimal]
) -> None:
    records = [a_record(hour, equities[hour], a_stake(*each)) for hour, each in enumerate(stakes)]
    assert all(0 <= worth <= MOST_EQUITY for _, worth in worths(*records))
