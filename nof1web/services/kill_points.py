"""Where a process may die or be stopped between two effects: each place has a name, so that tests can be there."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class KillPoint(StrEnum):
    """A place between two effects of sending, settling, placing, protecting or copying.

    Whatever dies at one of them, the next cycle brings exactly one effect per decision (DESIGN §5 Sending). The place
    between a request and its answer is not here: the exchange's own process is.
    """

    JOURNAL_COMMITTED = "journal_committed"
    LEASE_CHECKED = "lease_checked"
    ANSWER_RECEIVED = "answer_received"
    SETTLED_BEFORE_COMMIT = "settled_before_commit"
    HOLDING_MOVED = "holding_moved"
    REFUSAL_RECORDED = "refusal_recorded"
    ABSENCE_COUNTED = "absence_counted"
    MARGIN_MODE_SET = "margin_mode_set"
    LEVERAGE_SET = "leverage_set"
    CHANGE_RECORDED = "change_recorded"
    PROTECTION_WRITTEN = "protection_written"
    PROTECTION_SENT = "protection_sent"
    PROTECTION_RESTING = "protection_resting"
    OLD_PROTECTION_CANCELLED = "old_protection_cancelled"
    CYCLE_NOTED = "cycle_noted"


Hook = Callable[[KillPoint], None]
_hooks: list[Hook] = []


def reached(point: KillPoint) -> None:
    """Say that a point is reached; nobody listens unless a test's own process asked to."""
    for hook in _hooks:
        hook(point)


def listen(hook: Hook) -> None:
    """Call `hook` with every point this process reaches from now on."""
    _hooks.append(hook)
