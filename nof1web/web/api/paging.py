"""Cursors: where a page of a list ended, as an opaque word in the address of the next."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from nof1web.errors import N_, InvalidInput, Text
from nof1web.web.api.models import Listing
from nof1web.web.api.models.asked import Paging
from nof1web.web.api.models.fields import Model

T = TypeVar("T")
M = TypeVar("M", bound=Model)
_BAD = N_("This is no cursor of this list: leave it out to begin anew.")
_LARGEST = 2**63 - 1


def encoded(place: Sequence[int | str] | None) -> str | None:
    """Return a place as a cursor, None at the end of the list."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(list(place)).encode()).decode().rstrip("=")


def numbers(cursor: str, *, count: int = 1) -> tuple[int, ...]:
    """Return the place of a cursor that was made of numbers, empty for the first page; InvalidInput for another."""
    if not cursor:
        return ()
    place = _decoded(cursor)
    if len(place) != count or not all(type(each) is int and abs(each) <= _LARGEST for each in place):
        raise _bad()
    return tuple(place)


def sliced(items: Iterable[T], key: Callable[[T], str], query: Paging, show: Callable[[T], M]) -> Listing[M]:
    """Return a page of a list that is at hand, in the order of its keys, which are unique."""
    after = ""
    if query.cursor:
        place = _decoded(query.cursor)
        if len(place) != 1 or not isinstance(place[0], str):
            raise _bad()
        after = place[0]
    rest = sorted((each for each in items if key(each) > after), key=key)
    page = rest[: query.limit]
    more = encoded([key(page[-1])]) if len(rest) > len(page) else None
    return Listing(items=[show(each) for each in page], next=more)


def _decoded(cursor: str) -> list[Any]:
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _bad() from error
    if not isinstance(place, list):
        raise _bad()
    return place


def _bad() -> InvalidInput:
    return InvalidInput(_BAD, fields={"cursor": Text(_BAD)})
