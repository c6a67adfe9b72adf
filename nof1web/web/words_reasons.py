"""The words for the numbers behind an order or verdict: a name for each, and its answers where they are no numbers."""

from __future__ import annotations

from collections.abc import Mapping

from nof1web.errors import N_

REASONS: Mapping[str, str] = {
    "reason": N_("Why"),
    "sizing": N_("Sizing"),
    "total_margin": N_("Total margin in USDT"),
    "fixed_margin": N_("Margin per position in USDT"),
    "fixed_notional": N_("Notional per position in USDT"),
    "risk_percent": N_("Risk per position in percent"),
    "multiplier": N_("Multiplier"),
    "equity": N_("Own equity in USDT"),
    "agent_equity": N_("Agent's equity in USD"),
    "agent_margin": N_("Agent's margin in this position in USD"),
    "agent_margins": N_("Agent's margin in all its positions in USD"),
    "agent_leverage": N_("Agent's leverage"),
    "agent_quantity": N_("Agent's quantity"),
    "agent_entry": N_("Agent's entry"),
    "mark": N_("Mark price"),
    "stop": N_("Stop"),
    "fee_percent": N_("Fee reckoned with in percent"),
    "slippage_percent": N_("Slippage reckoned with in percent"),
    "leverage": N_("Leverage"),
    "leverage_by": N_("Leverage decided by"),
    "asked": N_("Quantity wanted"),
    "rounded": N_("Rounded down to the step"),
    "step": N_("Smallest step of the quantity"),
    "ratio": N_("Own quantity for one of the agent's"),
    "holding": N_("Holding before"),
    "target": N_("Holding wanted"),
    "cut": N_("Cut by"),
    "limit": N_("Limit in USDT"),
    "raised": N_("Raised"),
    "rest": N_("Left for a further order"),
    "order": N_("Quantity ordered"),
    "notional": N_("Notional in USDT"),
    "trigger": N_("Trigger price"),
    "error": N_("Answer of the exchange"),
    "final": N_("Not tried again"),
    "told": N_("You were told"),
    "quantity": N_("Quantity"),
    "budget": N_("Budget in USDT"),
}
"""names of the numbers behind an order, in about the order in which they make it"""

FIGURES: Mapping[str, str] = {
    **REASONS,
    "entry": N_("Entry price"),
    "target": N_("Target"),
    "agent": N_("Agent's leverage"),
    "minimum": N_("Exchange's minimum in USDT"),
    "needed": N_("Total margin that would do in USDT"),
    "worse": N_("Worse than the agent's price by percent"),
    "tolerance": N_("Price tolerance in percent"),
    "change": N_("Change of the agent's quantity in percent"),
    "window": N_("Time to enter in s"),
    "seconds": N_("Cooldown left in s"),
    "age": N_("Age of the agent's record in s"),
    "most": N_("Allowed at most"),
    "foreign": N_("Held on the account beside the tracker"),
    "symbol": N_("Symbol"),
    "state": N_("State of the credential"),
    "sides": N_("Sides"),
}
"""names of the numbers in a verdict"""

_CUTS: Mapping[str, str] = {
    "order_cap": N_("Largest order"),
    "symbol_cap": N_("Largest position"),
    "tracker_cap": N_("Tracker's limit"),
    "credential_cap": N_("Account's limit"),
    "user_cap": N_("Limit over all accounts"),
    "bracket_cap": N_("Most the exchange allows at this leverage"),
    "risk_cap": N_("Risk per position"),
    "budget_short": N_("Budget"),
}
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "cut": _CUTS,
    "leverage_by": {
        "agent": N_("the agent's"),
        "max_leverage": N_("max leverage"),
        "fixed_leverage": N_("fixed leverage"),
        "account": N_("what the account has set, beside a position of its own"),
        "holding": N_("what the holding has"),
        "stop": N_("the stop, which must come before liquidation"),
        "bracket": N_("what the exchange allows at this size"),
    },
    "raised": {"minimum": N_("to the exchange's minimum")},
    "reason": {
        "flatten": N_("a person closed it"),
        "adopted": N_("it was found on the exchange and taken over"),
        "close": N_("the agent closed"),
        "flip_closes_first": N_("the agent changed sides"),
        "reopen_closes_first": N_("the agent opened anew"),
        "profit_target": N_("the profit target was reached"),
        "lifetime_over": N_("it was held as long as allowed"),
        "stop_breached": N_("the price was already beyond the stop"),
        "target_breached": N_("the price was already beyond the target"),
        "unprotected": N_("its stop could not be placed"),
    },
    "sizing": {
        "equity_share": N_("Equity share"),
        "margin_share": N_("Margin share"),
        "fixed_margin": N_("Fixed margin per position"),
        "fixed_notional": N_("Fixed notional per position"),
        "equity_ratio": N_("Same size relative to equity"),
        "risk_at_stop": N_("Fixed risk at the agent's stop"),
    },
    "state": {
        "running": N_("Running"),
        "paused": N_("Paused"),
        "close_only": N_("Close only"),
        "halted": N_("Halted"),
        "stopped": N_("Stopped"),
        "locked": N_("Locked"),
    },
    "sides": {"long": N_("Long only"), "short": N_("Short only")},
    "final": {"yes": N_("yes")},
    "told": {"yes": N_("yes")},
}
"""what stands for a text that programs read, by the number's name"""


def answers(name: str, value: str) -> tuple[str, ...]:
    """Return what a number's value says to people, to be translated each; of several codes one each."""
    known = ANSWERS.get(name, {})
    return tuple(known.get(part, part) for part in value.split(",")) if name in ANSWERS else (value,)
