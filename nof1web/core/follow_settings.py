"""Settings that say what is copied of an agent, when, and until when (DESIGN §5 rules 2 to 6)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.core.choices import Existing, OnNewEntry, Sides, Unprotected, WorkingType
from nof1web.core.setting_schema import Group, Strictest, setting
from nof1web.core.size_settings import LimitSettings, Rates
from nof1web.errors import N_


@dataclass(frozen=True, slots=True)
class EntrySettings(LimitSettings):
    """Which changes of the agent become entries."""

    price_tolerance: Decimal = setting(
        Decimal(1),
        Group.ENTRY,
        N_("Price tolerance"),
        N_("An entry is refused while the price is worse than the agent's by more than this."),
        low="0",
        high="20",
        unit="%",
    )
    symbol_tolerances: Rates = setting(
        (),
        Group.ENTRY,
        N_("Tolerances by symbol"),
        N_("Other price tolerances for some symbols, as in BTCUSDT:0.5,DOGEUSDT:2."),
        low="0",
        high="20",
        unit="%",
    )
    entry_slippage: Decimal | None = setting(
        None,
        Group.ENTRY,
        N_("Entry slippage cap"),
        N_("Empty means 0.5 percent for BTC and ETH, 1.5 percent for others."),
        low="0.05",
        high="10",
        unit="%",
    )
    max_signal_age: int = setting(
        300,
        Group.ENTRY,
        N_("Max signal age"),
        N_("An entry is only made this long after the agent's change was first seen."),
        low="5",
        high="86400",
        unit="s",
    )
    existing: Existing = setting(
        Existing.COPY_IF_BETTER,
        Group.ENTRY,
        N_("Positions held at the start"),
        N_("What to do with positions the agent already had when the tracker started."),
    )
    on_new_entry: OnNewEntry = setting(
        OnNewEntry.REBALANCE,
        Group.ENTRY,
        N_("New entry on the same side"),
        N_("Rebalance sends one order for the difference; reopen closes first and opens again."),
    )
    min_change: Decimal = setting(
        Decimal(5),
        Group.ENTRY,
        N_("Smallest change"),
        N_("Changes of the agent's quantity below this are carried until large enough."),
        low="0",
        high="50",
        unit="%",
    )
    sides: Sides = setting(
        Sides.BOTH,
        Group.ENTRY,
        N_("Sides"),
        N_("Copy long positions, short positions or both."),
        strictest=Strictest.COMMON,
    )
    reverse: bool = setting(
        False,
        Group.ENTRY,
        N_("Reverse"),
        N_("Do the opposite of the agent: its longs become shorts, its stop becomes the target."),
    )
    allow: tuple[str, ...] = setting(
        (),
        Group.ENTRY,
        N_("Only these symbols"),
        N_("Symbols separated by commas; empty allows every symbol."),
        strictest=Strictest.COMMON,
    )
    deny: tuple[str, ...] = setting(
        (),
        Group.ENTRY,
        N_("Never these symbols"),
        N_("Symbols separated by commas; closes still flow."),
        strictest=Strictest.ALL,
    )
    cooldown: int = setting(
        0,
        Group.ENTRY,
        N_("Cooldown"),
        N_("After a stop, a target or a close by hand nothing is entered in that symbol for this long."),
        low="0",
        high="604800",
        unit="s",
        strictest=Strictest.MOST,
    )
    interval: int = setting(
        5,
        Group.ENTRY,
        N_("Interval"),
        N_("The least time between two cycles; the first signal is acted on at once."),
        low="1",
        high="3600",
        unit="s",
    )


@dataclass(frozen=True, slots=True)
class TrackerSettings(EntrySettings):
    """What a person may choose about copying one agent with one credential (DESIGN §7)."""

    close_confirmations: int = setting(
        2,
        Group.EXIT,
        N_("Close confirmations"),
        N_("So many newer records must lack a symbol before it counts as closed."),
        low="1",
        high="10",
    )
    profit_target: Decimal | None = setting(
        None,
        Group.EXIT,
        N_("Profit target"),
        N_("Close a position once it has earned this much of its own margin; empty leaves that to the agent."),
        low="1",
        high="10000",
        unit="%",
    )
    auto_refollow: bool = setting(
        False,
        Group.EXIT,
        N_("Enter again after a profit target"),
        N_("After the cooldown the same position of the agent may be entered again."),
    )
    lifetime: Decimal | None = setting(
        None,
        Group.EXIT,
        N_("Longest holding"),
        N_("Close a position this long after it was opened; empty means no limit."),
        low="0.1",
        high="8760",
        unit="h",
        strictest=Strictest.LEAST,
    )
    copy_protection: bool = setting(
        True,
        Group.PROTECTION,
        N_("Copy stop and target"),
        N_("Rest the agent's stop-loss and take-profit on the exchange."),
    )
    own_stop: Decimal | None = setting(
        None,
        Group.PROTECTION,
        N_("Own stop"),
        N_("Rest a stop where this much of the position's margin is lost; the nearer one counts."),
        low="1",
        high="95",
        unit="%",
        strictest=Strictest.LEAST,
    )
    own_target: Decimal | None = setting(
        None,
        Group.PROTECTION,
        N_("Own target"),
        N_("Rest a target where this much of the position's margin is earned; the nearer one counts."),
        low="1",
        high="10000",
        unit="%",
    )
    unprotected: Unprotected = setting(
        Unprotected.ALARM,
        Group.PROTECTION,
        N_("When a stop cannot be placed"),
        N_("Alarm tells you and keeps trying; close ends the position."),
    )
    working_type: WorkingType = setting(
        WorkingType.MARK_PRICE,
        Group.PROTECTION,
        N_("Trigger price"),
        N_("Which price triggers stop and target on the exchange."),
    )


def slippage(settings: TrackerSettings, symbol: str) -> Decimal:
    """Return the entry slippage cap in % for a symbol."""
    if settings.entry_slippage is not None:
        return settings.entry_slippage
    return Decimal("0.5") if symbol.startswith(("BTC", "ETH")) else Decimal("1.5")


def tolerance(settings: TrackerSettings, symbol: str) -> Decimal:
    """Return the price tolerance in % for a symbol."""
    return dict(settings.symbol_tolerances).get(symbol, settings.price_tolerance)


def multiplier(settings: TrackerSettings, symbol: str) -> Decimal:
    """Return how many times its computed size a position in a symbol becomes."""
    return settings.multiplier * dict(settings.symbol_multipliers).get(symbol, Decimal(1))
