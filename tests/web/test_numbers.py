"""The same string everywhere, and lines that show gains instead of deposits."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from nof1web.services import figures
from nof1web.web.numbers import grouped
from nof1web.web.sparkline import spark

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("67012.456", "67012.46"), ("3.14159", "3.1416"), ("0.00001234567", "0.0000123457"), ("0", "0.00")],
)
def test_a_price_has_as_many_digits_as_it_needs(value: str, shown: str) -> None:
    assert figures.price(D(value)) == shown


def test_a_loss_too_small_to_show_is_no_loss() -> None:
    assert (figures.signed(D("-0.001")), figures.signed(D("0.004")), figures.money(D("-0.0"))) == (
        "0.00",
        "0.00",
        "0.00",
    )


def test_a_quantity_is_shown_without_exponent() -> None:
    assert (figures.quantity(D("1E+3")), figures.quantity(D("0.0100")), figures.quantity(D("-0"))) == (
        "1000",
        "0.01",
        "0",
    )


def test_thousands_stand_apart_without_changing_the_text() -> None:
    shown = grouped("-1234567.80")
    assert 'value="-1234567.80"' in shown and "-1<i>234</i><i>567</i>.80" in shown


def test_a_line_of_one_point_is_not_drawn() -> None:
    assert spark(((NOON, D(1)),)) is None
