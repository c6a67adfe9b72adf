"""Every setting of a tracker: form, API, command line, database and documents derive from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from nof1web.core.choices import Existing, OnNewEntry, Sides, Sizing, WorkingType
from nof1web.core.records import Mode
from nof1web.core.setting_schema import Spec, TrackerSettings, slippage
from nof1web.core.trading import MarginMode
from nof1web.errors import N_, InvalidSettings, Text

__all__ = [
    "SPECS",
    "Existing",
    "OnNewEntry",
    "Sides",
    "Sizing",
    "Spec",
    "TrackerSettings",
    "WorkingType",
    "as_text",
    "parse",
    "slippage",
    "specs",
]

_CHOICES: Mapping[str, type[StrEnum]] = {
    "mode": Mode,
    "sizing": Sizing,
    "margin_mode": MarginMode,
    "existing": Existing,
    "on_new_entry": OnNewEntry,
    "sides": Sides,
    "working_type": WorkingType,
}
_OPTIONAL = frozenset({"margin_mode", "entry_slippage"})


def _kind(name: str, default: object, annotation: str) -> str:
    if name in _CHOICES:
        return "choice"
    if isinstance(default, bool):
        return "flag"
    if isinstance(default, tuple):
        return "symbols"
    return "whole" if annotation == "int" else "decimal"


def as_text(value: object) -> str:
    """Write a setting's value the way parse reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def specs() -> tuple[Spec, ...]:
    """Return every setting's declaration, in the order of the form."""
    out = []
    for item in fields(TrackerSettings):
        meta, choices = item.metadata, _CHOICES.get(item.name)
        out.append(
            Spec(
                name=item.name,
                kind=_kind(item.name, item.default, str(item.type)),
                default=as_text(item.default),
                label=meta["label"],
                help=meta["help"],
                low=None if meta["low"] is None else Decimal(meta["low"]),
                high=None if meta["high"] is None else Decimal(meta["high"]),
                unit=meta["unit"],
                choices=(("",) if item.name in _OPTIONAL else ()) + tuple(choices) if choices else (),
            )
        )
    return tuple(out)


SPECS: Mapping[str, Spec] = {spec.name: spec for spec in specs()}


def _number(spec: Spec, text: str) -> Decimal | int:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    whole = spec.kind == "whole"
    finite = value.is_finite()
    if (
        not finite
        or (whole and value != value.to_integral_value())
        or not (spec.low or 0) <= value <= (spec.high or value)
    ):
        template = (
            N_("%(label)s must be a whole number between %(low)s and %(high)s.")
            if whole
            else N_("%(label)s must be a number between %(low)s and %(high)s.")
        )
        raise InvalidSettings(
            {spec.name: Text(template, {"label": spec.label, "low": as_text(spec.low), "high": as_text(spec.high)})}
        )
    return int(value) if whole else value


def _value(spec: Spec, text: str) -> object:
    """Read one setting's text; InvalidSettings says what is allowed."""
    text = text.strip()
    if spec.kind == "flag":
        if text.lower() not in ("on", "off", "true", "false"):
            raise InvalidSettings({spec.name: Text(N_("%(label)s must be on or off."), {"label": spec.label})})
        return text.lower() in ("on", "true")
    if spec.kind == "symbols":
        return tuple(sorted({part.strip().upper() for part in text.split(",") if part.strip()}))
    if text == "" and spec.name in _OPTIONAL:
        return None
    if spec.kind == "choice":
        if text not in spec.choices:
            allowed = ", ".join(choice for choice in spec.choices if choice)
            raise InvalidSettings(
                {
                    spec.name: Text(
                        N_("%(label)s must be one of: %(choices)s."), {"label": spec.label, "choices": allowed}
                    )
                }
            )
        return _CHOICES[spec.name](text)
    return _number(spec, text)


def parse(raw: Mapping[str, str]) -> TrackerSettings:
    """Return the settings with `raw` laid over the defaults; InvalidSettings names every wrong or unknown one."""
    values: dict[str, Any] = {}
    errors: dict[str, Text] = {}
    for name, text in raw.items():
        if name not in SPECS:
            errors[name] = Text(N_("There is no setting called %(name)s."), {"name": name})
            continue
        try:
            values[name] = _value(SPECS[name], text)
        except InvalidSettings as error:
            errors.update(error.fields)
    if errors:
        raise InvalidSettings(errors)
    return TrackerSettings(**values)
