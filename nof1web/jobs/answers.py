"""What a job leaves behind for whoever waits: a result that JSON can carry, or the failure as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from nof1web.errors import N_, InvalidInput, Nof1Error, Text

UNEXPECTED = N_("Something unexpected went wrong (%(kind)s). The server's log has the details.")


def plain(value: Any) -> Any:
    """Return the value as JSON carries it: amounts as decimal strings, times as ISO 8601, sentences in English."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Text):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    return value


def failure(error: Exception) -> dict[str, Any]:
    """Return a failure as JSON carries it; one that is no Nof1Error is not told in detail."""
    text = sentence(error)
    written = {"code": error.code if isinstance(error, Nof1Error) else "failed", **_text(text)}
    if isinstance(error, InvalidInput):
        written["fields"] = {name: _text(each) for name, each in error.fields.items()}
    return written


def sentence(error: Exception) -> Text:
    """Return what a person is told about a failure."""
    return error.text if isinstance(error, Nof1Error) else Text(UNEXPECTED, {"kind": type(error).__name__})


def revive(written: Mapping[str, Any]) -> Nof1Error:
    """Return the failure that `failure` wrote, of the class with the same code."""
    kinds = {kind.code: kind for kind in _kinds(Nof1Error)}
    kind = kinds.get(written["code"], Nof1Error)
    if issubclass(kind, InvalidInput):
        fields = {name: Text(each["template"], each["numbers"]) for name, each in written.get("fields", {}).items()}
        return InvalidInput(written["template"], fields=fields, **written["numbers"])
    return kind(written["template"], **written["numbers"])


def _text(text: Text) -> dict[str, Any]:
    return {"template": text.template, "numbers": plain(text.numbers)}


def _kinds(kind: type[Nof1Error]) -> Iterator[type[Nof1Error]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)
