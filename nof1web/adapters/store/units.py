"""How amounts, quantities, times and sentences are written in SQLite and read back exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from nof1web.errors import N_, InvalidInput, Text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DECIMALS = 8
_LARGEST = 2**63 - 1
# Wide enough for any amount that fits, so that rounding happens once and only at the eighth decimal.
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


def to_units(amount: Decimal) -> int:
    """Return an amount of USDT (or of a fee's asset) in 1e-8 units, rounded half to even.

    Raises InvalidInput when it is not a number or doesn't fit 63 bits (about 92 billion).
    """
    if not amount.is_finite():
        raise InvalidInput(N_("%(amount)s is not an amount."), amount=str(amount))
    # Checked first: scaling an absurd exponent would overflow before the comparison below.
    if amount and amount.adjusted() > len(str(_LARGEST)):
        raise _too_large(amount)
    units = int(amount.scaleb(_DECIMALS, _WIDE).to_integral_value(context=_WIDE))
    if abs(units) > _LARGEST:
        raise _too_large(amount)
    return units


def from_units(units: int) -> Decimal:
    """Return the amount that `to_units` wrote; it has eight decimals."""
    return Decimal(units).scaleb(-_DECIMALS, _WIDE)


def to_exact(number: Decimal) -> str:
    """Return a quantity, price or ratio as text; InvalidInput when it is not a number."""
    if not number.is_finite():
        raise InvalidInput(N_("%(number)s is not a quantity or price."), number=str(number))
    return str(number)


def to_micros(at: datetime) -> int:
    """Return an aware time in microseconds since 1970 UTC; ValueError when it has no time zone."""
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone can't be stored: {at!r}")
    return (at - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC time that `to_micros` wrote."""
    return _EPOCH + timedelta(microseconds=micros)


def to_json(value: object) -> str:
    """Return plain lists, mappings, text and whole numbers as compact JSON with sorted keys."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def from_json(text: str) -> Any:
    """Return what `to_json` wrote."""
    return json.loads(text)


def text_to_json(text: Text) -> str:
    """Return a sentence with its numbers as JSON; Decimals and times are tagged so that they come back as such."""
    numbers = {name: _tagged(value) for name, value in text.numbers.items()}
    return to_json({"template": text.template, "numbers": numbers})


def text_from_json(text: str) -> Text:
    """Return the sentence that `text_to_json` wrote."""
    stored = from_json(text)
    return Text(stored["template"], {name: _untagged(value) for name, value in stored["numbers"].items()})


def strings(mapping: Mapping[str, str]) -> str:
    """Return names and texts as one JSON object."""
    return to_json(dict(mapping))


def _too_large(amount: Decimal) -> InvalidInput:
    sentence = N_("The amount %(amount)s is too large to be kept: use one below 92 billion.")
    return InvalidInput(sentence, amount=str(amount))


def _tagged(value: object) -> object:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"at": to_micros(value)}
    if value is None or isinstance(value, (str, int)):
        return value
    return str(value)


def _untagged(value: Any) -> object:
    if not isinstance(value, dict):
        return value
    return Decimal(value["decimal"]) if "decimal" in value else from_micros(value["at"])
