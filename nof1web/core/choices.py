"""The choices a setting may offer."""

from __future__ import annotations

from enum import StrEnum


class Sizing(StrEnum):
    """Where a new epoch's ratio comes from (rule 10)."""

    EQUITY_SHARE = "equity_share"
    MARGIN_SHARE = "margin_share"
    FIXED_MARGIN = "fixed_margin"
    FIXED_NOTIONAL = "fixed_notional"
    EQUITY_RATIO = "equity_ratio"
    RISK_AT_STOP = "risk_at_stop"


class Existing(StrEnum):
    """What to do with positions the agent had before the tracker started (rule 3)."""

    IGNORE = "ignore"
    COPY = "copy"
    COPY_IF_BETTER = "copy_if_better"


class OnNewEntry(StrEnum):
    """What a new epoch on the same side does to the holding (rule 5)."""

    REBALANCE = "rebalance"
    REOPEN = "reopen"


class Sides(StrEnum):
    """Which directions are copied."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class WorkingType(StrEnum):
    """Which price triggers stops and targets; the exchange's own spelling."""

    MARK_PRICE = "MARK_PRICE"
    CONTRACT_PRICE = "CONTRACT_PRICE"


class BelowMinimum(StrEnum):
    """What becomes of an entry below the exchange's minimum (rule 10)."""

    SKIP = "skip"
    RAISE = "raise"
    ACCUMULATE = "accumulate"


class Unprotected(StrEnum):
    """What to do with a holding whose stop can't be placed (DESIGN §5 Protection)."""

    ALARM = "alarm"
    CLOSE = "close"
