"""The settings of a tracker, each declared once with default, bounds, unit, label and help (DESIGN §7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from nof1web.core.choices import Existing, OnNewEntry, Sides, Sizing, WorkingType
from nof1web.core.records import Mode
from nof1web.core.trading import MarginMode
from nof1web.errors import N_


@dataclass(frozen=True, slots=True)
class Spec:
    """A setting as forms, API and documents see it; bounds are inclusive, `unit` is for people."""

    name: str
    kind: str
    default: str
    label: str
    help: str
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()


def setting(default: Any, label: str, help: str, *, low: object = None, high: object = None, unit: str = "") -> Any:
    """Declare one setting; `label` and `help` are English sentences to be translated."""
    return field(default=default, metadata={"label": label, "help": help, "low": low, "high": high, "unit": unit})


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """What a person may choose about copying one agent with one credential (DESIGN §7)."""

    mode: Mode = setting(
        Mode.SHADOW, N_("Mode"), N_("Shadow records what would be ordered; trade sends the orders to the exchange.")
    )
    sizing: Sizing = setting(
        Sizing.EQUITY_SHARE,
        N_("Sizing"),
        N_("Equity share puts the same share of the total margin into a position as the agent puts of its equity."),
    )
    total_margin: Decimal = setting(
        Decimal(100),
        N_("Total margin"),
        N_("The most margin all positions of this tracker may use together."),
        low="1",
        high="10000000",
        unit="USDT",
    )
    multiplier: Decimal = setting(
        Decimal(1),
        N_("Multiplier"),
        N_("Every position is this many times its computed size."),
        low="0.01",
        high="10",
        unit="x",
    )
    fixed_margin: Decimal = setting(
        Decimal(20),
        N_("Margin per position"),
        N_("Used by the sizing fixed margin."),
        low="1",
        high="1000000",
        unit="USDT",
    )
    fixed_notional: Decimal = setting(
        Decimal(100),
        N_("Notional per position"),
        N_("Used by the sizing fixed notional."),
        low="5",
        high="10000000",
        unit="USDT",
    )
    max_leverage: int = setting(
        20, N_("Max leverage"), N_("An agent's leverage is cut down to this."), low="1", high="125", unit="x"
    )
    margin_mode: MarginMode | None = setting(
        None, N_("Margin mode"), N_("Empty leaves the margin mode as the account has it.")
    )
    price_tolerance: Decimal = setting(
        Decimal(1),
        N_("Price tolerance"),
        N_("An entry is refused while the price is worse than the agent's by more than this."),
        low="0",
        high="20",
        unit="%",
    )
    max_signal_age: int = setting(
        300,
        N_("Max signal age"),
        N_("An entry is only made this long after the agent's change was first seen."),
        low="5",
        high="86400",
        unit="s",
    )
    existing: Existing = setting(
        Existing.COPY_IF_BETTER,
        N_("Positions held at the start"),
        N_("What to do with positions the agent already had when the tracker started."),
    )
    on_new_entry: OnNewEntry = setting(
        OnNewEntry.REBALANCE,
        N_("New entry on the same side"),
        N_("Rebalance sends one order for the difference; reopen closes first and opens again."),
    )
    min_change: Decimal = setting(
        Decimal(5),
        N_("Smallest change"),
        N_("Changes of the agent's quantity below this are carried until large enough."),
        low="0",
        high="50",
        unit="%",
    )
    close_confirmations: int = setting(
        2,
        N_("Close confirmations"),
        N_("So many newer records must lack a symbol before it counts as closed."),
        low="1",
        high="10",
    )
    sides: Sides = setting(Sides.BOTH, N_("Sides"), N_("Copy long positions, short positions or both."))
    allow: tuple[str, ...] = setting(
        (), N_("Only these symbols"), N_("Symbols separated by commas; empty allows every symbol.")
    )
    deny: tuple[str, ...] = setting(
        (), N_("Never these symbols"), N_("Symbols separated by commas; closes still flow.")
    )
    copy_protection: bool = setting(
        True, N_("Copy stop and target"), N_("Rest the agent's stop-loss and take-profit on the exchange.")
    )
    working_type: WorkingType = setting(
        WorkingType.MARK_PRICE, N_("Trigger price"), N_("Which price triggers stop and target on the exchange.")
    )
    entry_slippage: Decimal | None = setting(
        None,
        N_("Entry slippage cap"),
        N_("Empty means 0.5 percent for BTC and ETH, 1.5 percent for others."),
        low="0.05",
        high="10",
        unit="%",
    )
    interval: int = setting(
        5,
        N_("Interval"),
        N_("The least time between two cycles; the first signal is acted on at once."),
        low="1",
        high="3600",
        unit="s",
    )


def slippage(settings: TrackerSettings, symbol: str) -> Decimal:
    """Return the entry slippage cap in % for a symbol."""
    if settings.entry_slippage is not None:
        return settings.entry_slippage
    return Decimal("0.5") if symbol.startswith(("BTC", "ETH")) else Decimal("1.5")
