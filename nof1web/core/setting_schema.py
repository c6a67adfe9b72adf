"""How a setting is declared: once, with default, bounds, unit, label and help (DESIGN §7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from nof1web.errors import N_


class Group(StrEnum):
    """Where a form shows a setting."""

    SIZE = "size"
    ENTRY = "entry"
    EXIT = "exit"
    PROTECTION = "protection"
    LIMITS = "limits"


GROUP_LABELS = {
    Group.SIZE: N_("Size"),
    Group.ENTRY: N_("Entries"),
    Group.EXIT: N_("Exits"),
    Group.PROTECTION: N_("Stops and targets"),
    Group.LIMITS: N_("Limits"),
}


class Strictest(StrEnum):
    """Of a protection set at several levels, what holds: a level further in can't loosen it."""

    LEAST = "least"
    """the smallest number; empty is no limit"""
    MOST = "most"
    """the largest number"""
    ALL = "all"
    """every symbol that a level names"""
    COMMON = "common"
    """only what every level that says something names"""


@dataclass(frozen=True, slots=True)
class Spec:
    """A setting as forms, API and documents see it; bounds are inclusive, `unit` is for people.

    `optional` ones may be empty. With `strictest` user, credential and tracker count together, else the innermost.
    """

    name: str
    kind: str
    default: str
    label: str
    help: str
    group: Group
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    strictest: Strictest | None = None


def setting(
    default: Any,
    group: Group,
    label: str,
    help: str,
    *,
    low: object = None,
    high: object = None,
    unit: str = "",
    strictest: Strictest | None = None,
) -> Any:
    """Declare one setting; `label` and `help` are English sentences to be translated."""
    told = {"group": group, "label": label, "help": help, "low": low, "high": high, "unit": unit}
    return field(default=default, metadata={**told, "strictest": strictest})
