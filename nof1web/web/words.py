"""The words for states and choices, each with its icon and tone: never a colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask

from nof1web.errors import N_
from nof1web.services.exchange_codes import advice
from nof1web.web.words_reasons import FIGURES, REASONS, answers


@dataclass(frozen=True, slots=True)
class Chip:
    """A word with an icon's name (templates/_icons.html) and a tone (static/css/app.css)."""

    label: str
    icon: str
    tone: str
    help: str = ""


STATES: Mapping[str, Chip] = {
    "running": Chip(N_("Running"), "play", "good", N_("Entries, increases and closes flow.")),
    "paused": Chip(N_("Paused"), "pause", "warn", N_("No new entries; the agent's reductions and closes still flow.")),
    "close_only": Chip(N_("Close only"), "exit", "warn", N_("No new entries; the agent's closes still flow.")),
    "halted": Chip(N_("Halted"), "stop", "bad", N_("Stopped by a limit; a person must resume.")),
    "stopped": Chip(
        N_("Stopped"), "stop", "calm", N_("Polling is off; resting stops and targets stay on the exchange.")
    ),
    "locked": Chip(N_("Locked"), "lock", "bad", N_("The key was refused; test it again or add a new one.")),
    "disabled": Chip(N_("Disabled"), "off", "calm", N_("Switched off; enable it to use it again.")),
}
ENVIRONMENTS: Mapping[str, Chip] = {
    "paper": Chip(N_("Paper"), "paper", "calm", N_("Simulated here; nothing reaches an exchange.")),
    "testnet": Chip(N_("Testnet"), "flask", "info", N_("The exchange's test network: play money.")),
    "live": Chip(N_("Live"), "bolt", "live", N_("Real money.")),
}
MODES: Mapping[str, Chip] = {
    "shadow": Chip(N_("Shadow"), "eye", "calm", N_("Records what would be ordered; sends nothing.")),
    "trade": Chip(N_("Trade"), "bolt", "info", N_("Sends orders to the exchange.")),
}
TRACKING: Mapping[bool, Chip] = {
    True: Chip(N_("Following"), "play", "good"),
    False: Chip(N_("Not following"), "stop", "calm"),
}
SIDES: Mapping[bool, Chip] = {True: Chip(N_("Long"), "up", "up"), False: Chip(N_("Short"), "down", "down")}
ORDER_SIDES: Mapping[str, Chip] = {"BUY": Chip(N_("Buy"), "up", "up"), "SELL": Chip(N_("Sell"), "down", "down")}
OWNERS: Mapping[str, Chip] = {
    "hand": Chip(N_("Foreign"), "user", "calm", N_("Placed by hand or by another program; it is left alone.")),
    "other_installation": Chip(
        N_("Another installation"), "warning", "warn", N_("Another installation of this app placed it.")
    ),
    "ours": Chip(
        N_("Unknown here"), "warning", "warn", N_("It has this installation's mark, but nothing here explains it.")
    ),
    "exchange": Chip(N_("The exchange"), "info", "calm", N_("The exchange itself placed it.")),
}
ORDER_TYPES: Mapping[str, str] = {
    "LIMIT": N_("Limit order"),
    "MARKET": N_("Market order"),
    "STOP": N_("Stop, limit"),
    "STOP_MARKET": N_("Stop, at market"),
    "TAKE_PROFIT": N_("Take-profit, limit"),
    "TAKE_PROFIT_MARKET": N_("Take-profit, at market"),
    "TRAILING_STOP_MARKET": N_("Trailing stop"),
}
HEALTH: Mapping[str, Chip] = {
    "good": Chip(N_("Good"), "check", "good"),
    "stale": Chip(N_("Stale"), "clock", "warn", N_("No recent record: nothing is opened or closed because of it.")),
    "missing": Chip(N_("Missing"), "warning", "warn", N_("The agent is missing from the newest answer.")),
}
SOURCE_HEALTH: Mapping[str, Chip] = {
    "live": Chip(N_("Up to date"), "check", "good"),
    "late": Chip(N_("Late"), "clock", "info", N_("Older than usual, but still copied.")),
    "stale": HEALTH["stale"],
    "ended": Chip(N_("Ended"), "stop", "calm", N_("No new record for a day: nothing is opened or closed.")),
    "degraded": Chip(N_("Degraded"), "warning", "warn", N_("Its answers can't be used: nothing is opened or closed.")),
    "unreachable": Chip(N_("Unreachable"), "warning", "bad", N_("It does not answer: nothing is opened or closed.")),
}
KINDS: Mapping[str, str] = {
    "open": N_("Open"),
    "increase": N_("Increase"),
    "reduce": N_("Reduce"),
    "close": N_("Close"),
}
STATUSES: Mapping[str, Chip] = {
    "written": Chip(N_("Sending"), "clock", "info"),
    "unknown": Chip(N_("Being settled"), "clock", "warn", N_("The answer was lost; the order is being looked up.")),
    "filled": Chip(N_("Filled"), "check", "good"),
    "partial": Chip(N_("Partly filled"), "half", "info"),
    "empty": Chip(N_("Ended unfilled"), "off", "calm"),
    "rejected": Chip(N_("Rejected"), "warning", "bad"),
    "absent": Chip(N_("Never arrived"), "off", "calm"),
}
EPOCHS: Mapping[str, Chip] = {
    "pending": Chip(N_("Opening"), "clock", "info"),
    "live": Chip(N_("Holding now"), "play", "good"),
    "done": Chip(N_("Done"), "check", "calm", N_("No further entry; what is left still follows the agent's exits.")),
    "stopped": Chip(N_("Stopped out"), "stop", "warn", N_("The own stop or target fired; no entry again.")),
    "closed": Chip(N_("Closed"), "check", "calm"),
    "missed": Chip(N_("Missed"), "off", "calm", N_("Refused until its time was over.")),
    "ignored": Chip(N_("Ignored"), "off", "calm", N_("Held by the agent before the start, and not wanted.")),
    "took_profit": Chip(
        N_("Took profit"), "check", "good", N_("The profit target was reached; what is left is closed.")
    ),
    "expired": Chip(N_("Expired"), "clock", "calm", N_("Held as long as allowed; what is left is closed.")),
    "rounded": Chip(
        N_("Rounded away"), "half", "calm", N_("Too small to hold a part of it; entered again once the agent adds.")
    ),
}
VERDICTS: Mapping[str, Chip] = {
    "order": Chip(N_("Order"), "bolt", "info"),
    "hold": Chip(N_("Hold"), "check", "calm"),
    "refused": Chip(N_("Refused"), "off", "warn"),
}
SEVERITIES: Mapping[str, Chip] = {
    "info": Chip(N_("Info"), "info", "calm"),
    "warning": Chip(N_("Warning"), "warning", "warn"),
    "alarm": Chip(N_("Alarm"), "warning", "bad"),
}
LABELS: Mapping[str, str] = {
    "": N_("not said"),
    "main": N_("Main account"),
    "sub": N_("Sub-account"),
}
CHOICES: Mapping[str, str] = {
    "": N_("as the account has it"),
    "shadow": N_("Shadow – record only"),
    "trade": N_("Trade – send orders"),
    "equity_share": N_("Equity share"),
    "margin_share": N_("Margin share"),
    "fixed_margin": N_("Fixed margin per position"),
    "fixed_notional": N_("Fixed notional per position"),
    "equity_ratio": N_("Same size relative to equity"),
    "risk_at_stop": N_("Fixed risk at the agent's stop"),
    "skip": N_("Skip it"),
    "raise": N_("Raise it to the minimum"),
    "accumulate": N_("Wait until it is large enough"),
    "alarm": N_("Alarm and keep trying"),
    "close": N_("Close the position"),
    "CROSSED": N_("Cross"),
    "ISOLATED": N_("Isolated"),
    "ignore": N_("Ignore them"),
    "copy": N_("Copy them now"),
    "copy_if_better": N_("Copy when the price is no worse"),
    "rebalance": N_("Rebalance – one order"),
    "reopen": N_("Reopen – close, then open"),
    "both": N_("Long and short"),
    "long": N_("Long only"),
    "short": N_("Short only"),
    "MARK_PRICE": N_("Mark price"),
    "CONTRACT_PRICE": N_("Last price"),
}


LANES: Mapping[str, str] = {
    "exit": N_("closing"),
    "protection": N_("stops and targets"),
    "entry": N_("opening"),
    "sync": N_("reading accounts"),
    "read": N_("other reading"),
}


def install(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.globals["words"] = {
        "states": STATES,
        "environments": ENVIRONMENTS,
        "modes": MODES,
        "tracking": TRACKING,
        "sides": SIDES,
        "order_sides": ORDER_SIDES,
        "order_types": ORDER_TYPES,
        "owners": OWNERS,
        "health": HEALTH,
        "source_health": SOURCE_HEALTH,
        "kinds": KINDS,
        "statuses": STATUSES,
        "epochs": EPOCHS,
        "verdicts": VERDICTS,
        "severities": SEVERITIES,
        "choices": CHOICES,
        "labels": LABELS,
        "reasons": REASONS,
        "figures": FIGURES,
        "answers": answers,
        "lanes": LANES,
        "advice": advice,
    }
