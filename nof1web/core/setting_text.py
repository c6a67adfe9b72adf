"""Settings as text: how a value is written, read and refused, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from nof1web.core.choices import BelowMinimum, Existing, OnNewEntry, Sides, Sizing, Unprotected, WorkingType
from nof1web.core.follow_settings import TrackerSettings
from nof1web.core.records import Mode
from nof1web.core.setting_schema import Spec
from nof1web.core.trading import MarginMode
from nof1web.errors import N_, InvalidSettings, Text

INHERITED = "inherited"
"""the value of a setting that is left to the level above"""
_NUMERALS = frozenset("0123456789+-.eE")
_DECIMALS = 8
_LONGEST = 40
_FARTHEST = 1000
_MOST_SYMBOLS = 500
_CHOICES: Mapping[str, type[StrEnum]] = {
    "mode": Mode,
    "sizing": Sizing,
    "margin_mode": MarginMode,
    "existing": Existing,
    "on_new_entry": OnNewEntry,
    "sides": Sides,
    "working_type": WorkingType,
    "below_minimum": BelowMinimum,
    "unprotected": Unprotected,
}


def as_text(value: object) -> str:
    """Write a setting's value the way `read` reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(each if isinstance(each, str) else f"{each[0]}:{as_text(each[1])}" for each in value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def specs() -> tuple[Spec, ...]:
    """Return every setting's declaration, in the order of the form."""
    out = []
    for item in fields(TrackerSettings):
        meta, choices, optional = item.metadata, _CHOICES.get(item.name), str(item.type).endswith("| None")
        out.append(
            Spec(
                name=item.name,
                kind=_kind(item.name, item.default, str(item.type)),
                default=as_text(item.default),
                label=meta["label"],
                help=meta["help"],
                group=meta["group"],
                low=None if meta["low"] is None else Decimal(meta["low"]),
                high=None if meta["high"] is None else Decimal(meta["high"]),
                unit=meta["unit"],
                choices=(("",) if optional else ()) + tuple(choices) if choices else (),
                optional=optional,
                strictest=meta["strictest"],
            )
        )
    return tuple(out)


def read(spec: Spec, text: str) -> object:
    """Read one setting's text; InvalidSettings says what is allowed."""
    text = text.strip()
    if spec.kind == "flag":
        if text.lower() not in ("on", "off", "true", "false"):
            raise _wrong(spec, N_("%(label)s must be on or off."))
        return text.lower() in ("on", "true")
    if spec.kind == "symbols":
        return _symbols(spec, text)
    if spec.kind == "rates":
        return _rates(spec, text)
    if text == "" and spec.optional:
        return None
    if spec.kind == "choice":
        if text not in spec.choices:
            allowed = ", ".join(choice for choice in spec.choices if choice)
            raise _wrong(spec, N_("%(label)s must be one of: %(choices)s."), choices=allowed)
        return _CHOICES[spec.name](text)
    return _number(spec, text)


def read_kept(spec: Spec, text: str) -> object:
    """Read a text that was accepted once, by whatever bounds held then: a number outside is the nearest inside.

    InvalidSettings when it means nothing any more.
    """
    value = _decimal(text.strip())
    if spec.kind not in ("whole", "decimal") or not value.is_finite() or spec.low is None or spec.high is None:
        return read(spec, text)
    bounded = min(max(value, spec.low), spec.high)
    return int(bounded) if spec.kind == "whole" else bounded


def _kind(name: str, default: object, annotation: str) -> str:
    if name in _CHOICES:
        return "choice"
    if isinstance(default, bool):
        return "flag"
    if isinstance(default, tuple):
        return "rates" if annotation == "Rates" else "symbols"
    return "whole" if annotation.startswith("int") else "decimal"


def _symbols(spec: Spec, text: str) -> tuple[str, ...]:
    found = {part.strip().upper() for part in text.split(",") if part.strip()}
    if len(found) > _MOST_SYMBOLS or not all(map(_is_symbol, found)):
        wanted = N_("%(label)s must be at most %(most)s symbols separated by commas, as in BTCUSDT,ETHUSDT.")
        raise _wrong(spec, wanted, most=str(_MOST_SYMBOLS))
    return tuple(sorted(found))


def _rates(spec: Spec, text: str) -> tuple[tuple[str, Decimal], ...]:
    found: dict[str, Decimal] = {}
    for part in (each for each in text.split(",") if each.strip()):
        name, _, number = part.partition(":")
        symbol, value = name.strip().upper(), _decimal(number.strip())
        # Of a symbol named twice it would be a guess which number is meant.
        if symbol in found or len(found) == _MOST_SYMBOLS or not _is_symbol(symbol) or not _within(spec, value):
            wanted = N_(
                "%(label)s must be symbols with numbers between %(low)s and %(high)s, as in BTCUSDT:0.5,ETHUSDT:2."
            )
            raise _wrong(spec, wanted, low=as_text(spec.low), high=as_text(spec.high))
        found[symbol] = _coarse(spec, value)
    return tuple(sorted(found.items()))


def _number(spec: Spec, text: str) -> Decimal | int:
    value = _decimal(text)
    whole = spec.kind == "whole"
    if not _within(spec, value) or (whole and value != value.to_integral_value()):
        template = (
            N_("%(label)s must be a whole number between %(low)s and %(high)s.")
            if whole
            else N_("%(label)s must be a number between %(low)s and %(high)s.")
        )
        raise _wrong(spec, template, low=as_text(spec.low), high=as_text(spec.high))
    return int(value) if whole else _coarse(spec, value)


def _decimal(text: str) -> Decimal:
    """Read a plain ASCII numeral; anything else is not a number."""
    nothing = Decimal("NaN")
    if len(text) > _LONGEST or not _NUMERALS.issuperset(text):
        return nothing
    try:
        value = Decimal(text)
    except InvalidOperation:
        return nothing
    # Written out, a far exponent would fill the memory.
    return value if abs(value.adjusted()) < _FARTHEST else nothing


def _is_symbol(name: str) -> bool:
    """Whether a name could be an exchange's; some of Binance's are Chinese."""
    return 0 < len(name) <= _LONGEST and name.replace("_", "0").isalnum()


def _coarse(spec: Spec, value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_DECIMALS:
        raise _wrong(spec, N_("%(label)s must have at most %(decimals)s decimals."), decimals=str(_DECIMALS))
    # -0 would be written as another text than 0.
    return abs(value)


def _within(spec: Spec, value: Decimal) -> bool:
    return value.is_finite() and (spec.low or 0) <= value <= (value if spec.high is None else spec.high)


def _wrong(spec: Spec, template: str, **numbers: str) -> InvalidSettings:
    return InvalidSettings({spec.name: Text(template, {"label": spec.label, **numbers})})
