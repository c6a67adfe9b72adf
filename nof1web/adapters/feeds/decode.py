"""A source's JSON with every fraction a Decimal, and its numbers as finite ones of sane length."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nof1web.errors import N_, FeedError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = Decimal("1e15")
FINEST = -60
"""the exponent of a number's last digit: a double's shortest form needs far fewer"""
LONGEST_NUMBER = 100
UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""what reading a row of another shape raises"""
_LONGEST_INTEGER = 40


def decoded(body: bytes | str, who: str) -> Any:
    """Return a JSON document (NaN stays a Decimal that is none); FeedError naming `who` sent it when it is none."""
    try:
        return json.loads(body, parse_float=_fraction, parse_int=_integer, parse_constant=Decimal)
    except (ValueError, RecursionError) as error:
        raise FeedError(N_("%(host)s sent an unreadable answer. Its signals are not used."), host=who) from error


def number(value: object) -> Decimal:
    """Return a JSON number as a finite Decimal; ValueError for anything else, and for what can't be true."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("not a number")
    return _sane(Decimal(value))


def text_number(value: object) -> Decimal:
    """Return a number written as a string; ValueError for anything else, and for what can't be true."""
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        raise ValueError("not a number in a string")
    return _sane(Decimal(value))


def moment(milliseconds: Decimal) -> datetime:
    """Return milliseconds since 1970 as a time; OverflowError beyond any calendar."""
    return EPOCH + timedelta(microseconds=int(milliseconds * 1000))


def _sane(found: Decimal) -> Decimal:
    if not found.is_finite() or abs(found) > LARGEST or int(found.as_tuple().exponent) < FINEST:
        raise ValueError("not a number that can be true")
    return found


def _fraction(text: str) -> Decimal:
    # One absurd number must not make the whole document unreadable: as NaN it is refused where it is read.
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")


def _integer(text: str) -> int | Decimal:
    # Python refuses integers of thousands of digits, and so the document they stand in.
    return int(text) if len(text) <= _LONGEST_INTEGER else _fraction(text)
