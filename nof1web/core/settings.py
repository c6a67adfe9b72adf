"""Every setting of a tracker: form, API, command line, database and documents derive from here.

Settings inherit user → credential → tracker: each level is a mapping of texts, `inherited` or an absent name leaves
the setting to the level above, the last of which are the defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from nof1web.core.choices import BelowMinimum, Existing, OnNewEntry, Sides, Sizing, Unprotected, WorkingType
from nof1web.core.follow_settings import TrackerSettings, multiplier, slippage, tolerance
from nof1web.core.records import Tracker
from nof1web.core.setting_conflicts import conflicts, harmless
from nof1web.core.setting_levels import clashes, combined, trimmed
from nof1web.core.setting_schema import GROUP_LABELS, Group, Spec
from nof1web.core.setting_text import INHERITED, as_text, read, read_kept, specs
from nof1web.errors import N_, InvalidSettings, Text

__all__ = [
    "GROUP_LABELS",
    "INHERITED",
    "LEVELS",
    "SPECS",
    "BelowMinimum",
    "Existing",
    "Group",
    "OnNewEntry",
    "Resolved",
    "Sides",
    "Sizing",
    "Spec",
    "TrackerSettings",
    "Unprotected",
    "WorkingType",
    "as_text",
    "conflicts",
    "contradictions",
    "harmless",
    "known",
    "laid",
    "least",
    "multiplier",
    "of",
    "own",
    "parse",
    "read",
    "resolve",
    "slippage",
    "specs",
    "texts",
    "tolerance",
]

LEVELS = ("user", "credential", "tracker")
SPECS: Mapping[str, Spec] = {spec.name: spec for spec in specs()}


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings that hold, and which level each comes from: user, credential, tracker or default."""

    settings: TrackerSettings
    origin: Mapping[str, str]


def parse(raw: Mapping[str, str]) -> TrackerSettings:
    """Return the settings with `raw` laid over the defaults.

    InvalidSettings names every wrong or unknown one, and every pair that contradicts.
    """
    return resolve((raw,)).settings


def resolve(levels: Sequence[Mapping[str, str]]) -> Resolved:
    """Return what holds for a tracker; `levels` from the outermost (user) to the innermost (tracker).

    The innermost level that sets a name decides, but a protection can only be made stricter further in.
    InvalidSettings names every wrong or unknown one of any level, and every pair that contradicts or leaves nothing
    to enter.
    """
    errors: dict[str, Text] = {}
    found, clashing = _laid(levels, read, errors)
    if errors or (errors := clashing | conflicts(found.settings)):
        raise InvalidSettings(errors)
    return found


def of(tracker: Tracker) -> TrackerSettings:
    """Return the settings that hold for a tracker, as the smaller risk where they contradict each other.

    Never raises: bounds and contradictions are judged where a setting is changed. What can't be read any more is left
    to the level above; where the levels leave nothing to enter, no symbol is allowed.
    """
    return laid((*tracker.above, tracker.settings))


def laid(levels: Sequence[Mapping[str, str]]) -> TrackerSettings:
    """Return what kept levels come to, from the outermost to the innermost; never raises, as `of`."""
    return _laid_once(tuple(tuple(sorted((name, str(text)) for name, text in raw.items())) for raw in levels))


@lru_cache(maxsize=4096)
def _laid_once(levels: tuple[tuple[tuple[str, str], ...], ...]) -> TrackerSettings:
    """Every snapshot asks for the same few levels again, and reading them takes longer than deciding."""
    return harmless(_kept([dict(raw) for raw in levels])[0].settings)


def contradictions(tracker: Tracker) -> dict[str, Text]:
    """Return what contradicts in a tracker's kept settings, by the setting that should be changed."""
    found, clashing = _kept((*tracker.above, tracker.settings))
    return clashing | conflicts(found.settings)


def least(name: str, found: Iterable[str]) -> Decimal | None:
    """Return the smallest of a limit's kept texts, None when none of them is a number; never raises."""
    kept = (value for text in found for _, value in _read_all(own({name: text}), read_kept, {}))
    return min((Decimal(value) for value in kept if isinstance(value, (Decimal, int))), default=None)


def texts(settings: TrackerSettings) -> dict[str, str]:
    """Return every setting as text, by name."""
    return {name: as_text(getattr(settings, name)) for name in SPECS}


def own(raw: Mapping[str, str]) -> dict[str, str]:
    """Return what a level sets itself: everything but what it leaves to the level above. Unknown names stay."""
    return {name: text for name, text in raw.items() if str(text).strip() != INHERITED or name not in SPECS}


def known(raw: Mapping[str, str]) -> dict[str, str]:
    """Return kept texts without the names that are no settings any more."""
    return {name: text for name, text in raw.items() if name in SPECS}


def _kept(levels: Sequence[Mapping[str, str]]) -> tuple[Resolved, dict[str, Text]]:
    return _laid([known(raw) for raw in levels], read_kept, {})


def _laid(
    levels: Sequence[Mapping[str, str]], reader: Callable[[Spec, str], object], errors: dict[str, Text]
) -> tuple[Resolved, dict[str, Text]]:
    """Lay the levels over the defaults; return also which of them leave nothing to enter.

    What the reader refuses goes into `errors` and is passed over.
    """
    found = [dict(_read_all(own(raw), reader, errors)) for raw in levels]
    names = LEVELS[-len(levels) :]
    values: dict[str, Any] = {}
    origin = dict.fromkeys(SPECS, "default")
    for name in dict.fromkeys(name for each in found for name in each):
        set_by = [(level, each[name]) for level, each in zip(names, found, strict=True) if name in each]
        for count, (level, _value) in enumerate(set_by, start=1):
            before, values[name] = values.get(name), combined(SPECS[name], [value for _, value in set_by[:count]])
            if count == 1 or values[name] != before or not SPECS[name].strictest:
                origin[name] = level
    clashing = clashes(found)
    return Resolved(TrackerSettings(**trimmed(values, found, nothing=bool(clashing))), origin), clashing


def _read_all(
    raw: Mapping[str, str], reader: Callable[[Spec, str], object], errors: dict[str, Text]
) -> Iterable[tuple[str, object]]:
    for name, text in raw.items():
        if name not in SPECS:
            errors[name] = Text(N_("There is no setting called %(name)s."), {"name": name})
            continue
        try:
            yield name, reader(SPECS[name], str(text))
        except InvalidSettings as error:
            errors.update(error.fields)
