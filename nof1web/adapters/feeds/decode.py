"""A source's JSON with every fraction a Decimal, and its numbers as finite ones of sane length."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
MOST_PARTS = 2_000_000
"""values in one document: the largest true one has half as many in as many bytes as are read (nof1.md §1)"""
_MARKS = (",", "[", "{")
_LONGEST_INTEGER = 40
_UNREADABLE = N_("%(host)s sent an unreadable answer. Its signals are not used.")


def decoded(body: bytes | str, who: str) -> Any:
    """Return a JSON document (NaN stays a Decimal that is none); FeedError naming `who` sent it when it is none."""
    if _parts(body) > MOST_PARTS:
        raise FeedError(_UNREADABLE, host=who)
    try:
        return json.loads(body, parse_float=_fraction, parse_int=_integer, parse_constant=Decimal)
    except (ValueError, RecursionError) as error:
        raise FeedError(_UNREADABLE, host=who) from error


def elements(text: str, begin: int = 0) -> Iterator[tuple[Any, str]]:
    """Yield each element of the JSON list at a place, and its text to the letter; one of UNREADABLE when it is none."""
    decoder = json.JSONDecoder(parse_float=_fraction, parse_int=_integer, parse_constant=Decimal)
    if text[begin] != "[":
        raise ValueError("not a list")
    place = _skipped(text, begin + 1)
    while text[place] != "]":
        content, end = decoder.raw_decode(text, place)
        yield content, text[place:end]
        place = _skipped(text, end)


def shallow(content: object, levels: int) -> bool:
    """Whether a document's lists and objects are nested at most so deep."""
    inside = content.values() if isinstance(content, dict) else content if isinstance(content, list) else None
    return inside is None or (levels > 0 and all(shallow(each, levels - 1) for each in inside))


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


def _parts(body: bytes | str) -> int:
    """At least how many values a document has."""
    return sum(body.count(each) if isinstance(body, str) else body.count(each.encode()) for each in _MARKS)


def _sane(found: Decimal) -> Decimal:
    if not found.is_finite() or abs(found) > LARGEST or int(found.as_tuple().exponent) < FINEST:
        raise ValueError("not a number that can be true")
    return found


def _skipped(text: str, place: int) -> int:
    while text[place] in " \t\r\n,":
        place += 1
    return place


def _fraction(text: str) -> Decimal:
    # One absurd number must not make the whole document unreadable: as NaN it is refused where it is read.
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")


def _integer(text: str) -> int | Decimal:
    # Python refuses integers of thousands of digits, and so the document they stand in.
    return int(text) if len(text) <= _LONGEST_INTEGER else _fraction(text)
