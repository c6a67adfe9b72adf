"""Settings that contradict each other: the one place that knows."""

from __future__ import annotations

from dataclasses import replace

from nof1web.core.choices import BelowMinimum, Sizing, Unprotected
from nof1web.core.follow_settings import TrackerSettings
from nof1web.core.rounding import plain
from nof1web.errors import N_, Text


def conflicts(settings: TrackerSettings) -> dict[str, Text]:
    """Return what contradicts, by the setting that should be changed; empty when all fits together."""
    found: dict[str, Text] = {}
    if settings.sizing is Sizing.FIXED_MARGIN and settings.fixed_margin > settings.total_margin:
        numbers = {"total": plain(settings.total_margin)}
        found["fixed_margin"] = Text(
            N_("Margin per position must not be more than the total margin of %(total)s USDT."), numbers
        )
    if settings.sizing is Sizing.RISK_AT_STOP and settings.below_minimum is BelowMinimum.RAISE:
        found["below_minimum"] = Text(
            N_("Raising to the minimum would risk more than the sizing risk at stop allows: choose skip or accumulate.")
        )
    if settings.sizing is Sizing.RISK_AT_STOP:
        more = N_("The sizing risk at stop never risks more than its percentage: choose a multiplier of at most 1.")
        if settings.multiplier > 1:
            found["multiplier"] = Text(more)
        elif any(settings.multiplier * each > 1 for _, each in settings.symbol_multipliers):
            found["symbol_multipliers"] = Text(more)
    if settings.fixed_leverage is not None and settings.fixed_leverage > settings.max_leverage:
        numbers = {"most": str(settings.max_leverage)}
        found["fixed_leverage"] = Text(
            N_("Fixed leverage must not be more than the max leverage of %(most)sx."), numbers
        )
    if both := sorted(set(settings.allow) & set(settings.deny)):
        found["deny"] = Text(
            N_("%(symbols)s cannot be allowed and denied at the same time: take it from one list."),
            {"symbols": ", ".join(both)},
        )
    if settings.auto_refollow and settings.profit_target is None:
        found["auto_refollow"] = Text(N_("Entering again needs a profit target: set one or turn this off."))
    elif settings.auto_refollow and not settings.cooldown:
        found["auto_refollow"] = Text(
            N_("Entering again at once would go in and out without end: set a cooldown or turn this off.")
        )
    if settings.unprotected is Unprotected.CLOSE and not settings.copy_protection and settings.own_stop is None:
        found["unprotected"] = Text(
            N_("There is no stop whose failure could close a position: copy the agent's or set an own stop.")
        )
    if settings.interval > settings.max_signal_age:
        found["interval"] = Text(
            N_("Interval must not be longer than the max signal age of %(age)s s: entries would always come too late."),
            {"age": str(settings.max_signal_age)},
        )
    return found


def harmless(settings: TrackerSettings) -> TrackerSettings:
    """Return settings whose contradictions are read as the smaller risk.

    They are refused where they are made; what was kept before a bound or rule changed must still be followed.
    """
    if settings.fixed_leverage is not None and settings.fixed_leverage > settings.max_leverage:
        settings = replace(settings, fixed_leverage=settings.max_leverage)
    if settings.sizing is Sizing.RISK_AT_STOP and settings.below_minimum is BelowMinimum.RAISE:
        settings = replace(settings, below_minimum=BelowMinimum.SKIP)
    if settings.auto_refollow and not settings.cooldown:
        settings = replace(settings, auto_refollow=False)
    return settings
