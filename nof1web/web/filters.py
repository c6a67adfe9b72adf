"""What a page's address asks for, as the id its fragments and its socket carry: only the names that are known."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from flask import request

from nof1web.services.stores import EventFilter, VerdictFilter

_EVENTS = {
    "credential": "credential_id", "tracker": "tracker_id", "code": "kind", "severity": "severity", "symbol": "symbol",
}
_VERDICTS = {
    "tracker": "tracker_id", "symbol": "symbol", "epoch": "epoch", "verdict": "verdict", "code": "code",
}
_LONGEST = 100


def asked() -> str:
    """Return this request's filters and place in the list as a query, in one order."""
    names = sorted({*_EVENTS, *_VERDICTS, "before"})
    return urlencode([(name, request.args[name][:_LONGEST]) for name in names if request.args.get(name)])


def events(id: str) -> EventFilter:
    """Return which events a page's id asks for."""
    return EventFilter(**_fields(id, _EVENTS))


def verdicts(id: str) -> VerdictFilter:
    """Return which verdicts a page's id asks for."""
    return VerdictFilter(**_fields(id, _VERDICTS))


def before(id: str) -> int:
    """Return the number before which a page's list begins, 0 for the newest."""
    text = dict(parse_qsl(id)).get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def without_place(id: str) -> str:
    """Return the filters alone, for a link to another place in the list."""
    return urlencode([(name, value) for name, value in parse_qsl(id) if name != "before"])


def _fields(id: str, known: Mapping[str, str]) -> dict[str, str]:
    return {known[name]: value for name, value in parse_qsl(id) if name in known}
