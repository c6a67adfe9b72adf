"""Settings that say how large positions become, and their limits (DESIGN §5 rule 10)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from nof1web.core.choices import BelowMinimum, Sizing
from nof1web.core.records import Mode
from nof1web.core.setting_schema import Group, Strictest, setting
from nof1web.core.trading import MarginMode
from nof1web.errors import N_

Rates = tuple[tuple[str, Decimal], ...]
"""numbers by symbol, sorted"""


@dataclass(frozen=True, slots=True)
class SizeSettings:
    """How large a position becomes."""

    mode: Mode = setting(
        Mode.SHADOW,
        Group.SIZE,
        N_("Mode"),
        N_("Shadow records what would be ordered; trade sends the orders to the exchange."),
    )
    sizing: Sizing = setting(
        Sizing.EQUITY_SHARE,
        Group.SIZE,
        N_("Sizing"),
        N_("Equity share puts the same share of the total margin into a position as the agent puts of its equity."),
    )
    total_margin: Decimal = setting(
        Decimal(100),
        Group.SIZE,
        N_("Total margin"),
        N_("The most margin all positions of this tracker may use together."),
        low="1",
        high="10000000",
        unit="USDT",
    )
    multiplier: Decimal = setting(
        Decimal(1),
        Group.SIZE,
        N_("Multiplier"),
        N_("Every position is this many times its computed size."),
        low="0.01",
        high="10",
        unit="x",
    )
    symbol_multipliers: Rates = setting(
        (),
        Group.SIZE,
        N_("Multipliers by symbol"),
        N_("Further multipliers, as in BTCUSDT:0.5,ETHUSDT:2."),
        low="0.01",
        high="10",
        unit="x",
    )
    fixed_margin: Decimal = setting(
        Decimal(20),
        Group.SIZE,
        N_("Margin per position"),
        N_("Used by the sizing fixed margin."),
        low="1",
        high="1000000",
        unit="USDT",
    )
    fixed_notional: Decimal = setting(
        Decimal(100),
        Group.SIZE,
        N_("Notional per position"),
        N_("Used by the sizing fixed notional."),
        low="5",
        high="10000000",
        unit="USDT",
    )
    risk_percent: Decimal = setting(
        Decimal(1),
        Group.SIZE,
        N_("Risk per position"),
        N_("Used by the sizing risk at stop: the share of your equity that the agent's stop may cost, fees included."),
        low="0.05",
        high="20",
        unit="%",
    )
    below_minimum: BelowMinimum = setting(
        BelowMinimum.SKIP,
        Group.SIZE,
        N_("Below the exchange's minimum"),
        N_("Skip such a position, raise it to the minimum, or wait until the agent adds enough."),
    )
    max_leverage: int = setting(
        20,
        Group.SIZE,
        N_("Max leverage"),
        N_("An agent's leverage is cut down to this."),
        low="1",
        high="125",
        unit="x",
        strictest=Strictest.LEAST,
    )
    fixed_leverage: int | None = setting(
        None,
        Group.SIZE,
        N_("Fixed leverage"),
        N_("Empty follows the agent's leverage; a number is used instead of it."),
        low="1",
        high="125",
        unit="x",
    )
    margin_mode: MarginMode | None = setting(
        None, Group.SIZE, N_("Margin mode"), N_("Empty leaves the margin mode as the account has it.")
    )


@dataclass(frozen=True, slots=True)
class LimitSettings(SizeSettings):
    """What no position or account may pass; empty means no limit. Amounts cut, counts refuse."""

    order_cap: Decimal | None = setting(
        None,
        Group.LIMITS,
        N_("Largest order"),
        N_("The most notional of a single entry order; empty means no limit."),
        low="5",
        high="100000000",
        unit="USDT",
        strictest=Strictest.LEAST,
    )
    symbol_cap: Decimal | None = setting(
        None,
        Group.LIMITS,
        N_("Largest position"),
        N_("The most notional of this tracker in one symbol; empty means no limit."),
        low="5",
        high="100000000",
        unit="USDT",
        strictest=Strictest.LEAST,
    )
    tracker_cap: Decimal | None = setting(
        None,
        Group.LIMITS,
        N_("Tracker's limit"),
        N_("The most notional of all positions of this tracker; empty means no limit."),
        low="5",
        high="100000000",
        unit="USDT",
        strictest=Strictest.LEAST,
    )
    credential_cap: Decimal | None = setting(
        None,
        Group.LIMITS,
        N_("Account's limit"),
        N_("The most notional of all trackers of this credential; empty means no limit."),
        low="5",
        high="100000000",
        unit="USDT",
        strictest=Strictest.LEAST,
    )
    user_cap: Decimal | None = setting(
        None,
        Group.LIMITS,
        N_("Limit over all accounts"),
        N_("The most notional of all your credentials together; empty means no limit."),
        low="5",
        high="100000000",
        unit="USDT",
        strictest=Strictest.LEAST,
    )
    max_positions: int | None = setting(
        None,
        Group.LIMITS,
        N_("Most positions"),
        N_("The most symbols this tracker holds at the same time; empty means no limit."),
        low="1",
        high="500",
        strictest=Strictest.LEAST,
    )
    max_entries_per_hour: int | None = setting(
        None,
        Group.LIMITS,
        N_("Most entries per hour"),
        N_("The most orders within 60 minutes that open or add; empty means no limit."),
        low="1",
        high="1000",
        strictest=Strictest.LEAST,
    )
