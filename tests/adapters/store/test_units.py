"""Numbers, times and sentences come back as they went in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1web.adapters.store import units
from nof1web.errors import InvalidInput, Text

LARGEST = Decimal(2**63 - 1) / 10**8


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_an_amount_of_eight_decimals_comes_back_exactly(amount):
    exact = units.from_units(amount)
    assert units.to_units(exact) == amount


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_quantity_comes_back_with_every_digit(quantity):
    back = Decimal(units.to_exact(quantity))
    assert back.as_tuple() == quantity.as_tuple()


@pytest.mark.parametrize(("amount", "kept"), [("0.000000005", 0), ("0.000000015", 2), ("-0.000000025", -2)])
def test_half_a_unit_goes_to_the_even_neighbour(amount, kept):
    assert units.to_units(Decimal(amount)) == kept


@pytest.mark.parametrize("amount", [LARGEST + Decimal("0.00000001"), -LARGEST - 1, Decimal("1E+999999")])
def test_an_amount_beyond_63_bits_is_refused(amount):
    with pytest.raises(InvalidInput):
        units.to_units(amount)


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_refused_as_amount_and_as_quantity(number):
    for write in (units.to_units, units.to_exact):
        with pytest.raises(InvalidInput):
            write(Decimal(number))


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5))])))
def test_a_time_comes_back_to_the_microsecond_as_utc(at):
    if at.astimezone(UTC).year > 1:
        back = units.from_micros(units.to_micros(at))
        assert back == at
        assert back.tzinfo is UTC


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        units.to_micros(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_sentence_keeps_its_decimals_and_times():
    text = Text("%(a)s", {"a": Decimal("1.10"), "b": datetime(2026, 1, 1, tzinfo=UTC), "c": 3, "d": "x", "e": None})
    assert units.text_from_json(units.text_to_json(text)) == text
