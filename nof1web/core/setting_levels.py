"""Settings of several levels laid over each other: of a protection the strictest holds, of the rest the innermost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nof1web.core.choices import Sides
from nof1web.core.setting_schema import Spec, Strictest
from nof1web.errors import N_, Text

NOTHING = ("NONE",)
"""the allowed symbols while levels leave none to enter: no exchange has a symbol of this name"""

Values = Mapping[str, Any]


def combined(spec: Spec, values: Sequence[Any]) -> Any:
    """Return what a setting comes to that these levels set, from the outermost to the innermost; at least one does."""
    if len(values) == 1:
        return values[0]
    match spec.strictest:
        case Strictest.LEAST:
            return min((value for value in values if value is not None), default=None)
        case Strictest.MOST:
            return max(values)
        case Strictest.ALL:
            return tuple(sorted(set().union(*values)))
        case Strictest.COMMON:
            said = [value for value in values if value not in ((), Sides.BOTH)]
            if spec.name == "sides":
                return said[0] if said else Sides.BOTH
            return tuple(sorted(set(said[0]).intersection(*said[1:]))) or NOTHING if said else ()
    return values[-1]


def clashes(levels: Sequence[Values]) -> dict[str, Text]:
    """Return the settings whose levels leave nothing to enter, with what the outer one says."""
    found: dict[str, Text] = {}
    sides = [each["sides"] for each in levels if each.get("sides", Sides.BOTH) is not Sides.BOTH]
    if len(set(sides)) > 1:
        found["sides"] = Text(
            N_("A level above copies only %(sides)s positions: choose the same side, or both."),
            {"sides": str(sides[0])},
        )
    lists = [each["allow"] for each in levels if each.get("allow")]
    if lists and not set(lists[0]).intersection(*lists[1:]):
        found["allow"] = Text(
            N_("A level above allows only %(symbols)s: choose among these."), {"symbols": ", ".join(lists[0])}
        )
    return found


def trimmed(values: Values, levels: Sequence[Values], *, nothing: bool) -> dict[str, Any]:
    """Return the values without allowed symbols that another level denies, which is no contradiction of anybody's.

    With `nothing` no symbol is allowed at all. What one level allows and denies itself is left for `conflicts`.
    """
    if nothing:
        return {**values, "allow": NOTHING}
    if not (values.get("allow") and values.get("deny")):
        return dict(values)
    own = set[str]().union(*(set(each.get("allow", ())) & set(each.get("deny", ())) for each in levels))
    left = set(values["allow"]) - (set(values["deny"]) - own)
    return {**values, "allow": tuple(sorted(left)) or NOTHING}
