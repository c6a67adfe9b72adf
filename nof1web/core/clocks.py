"""Times noted here while the clock was ahead: they lie in the future once it was put right."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from nof1web.core.records import Intent

_APART = timedelta(seconds=10)
"""how far the clocks of one installation's machines may be apart"""


def ahead(at: datetime, now: datetime) -> bool:
    """Whether a moment that was noted as past lies later than now: when it really was can't be told any more."""
    return at > now + _APART


def undated(intent: Intent, now: datetime) -> Intent:
    """Return an intent without the time of its end where that is ahead: it counts as long ago."""
    if intent.settled_at is None or not ahead(intent.settled_at, now):
        return intent
    return replace(intent, settled_at=None)
