"""Why nothing, or something smaller, was ordered: codes and their sentences (rule 11)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from nof1web.errors import N_, Text


class Code(StrEnum):
    """What became of a signal. The value is what programs read; `words` is what people read."""

    OPENED = "open"
    INCREASED = "increase"
    REDUCED = "reduce"
    CLOSED = "close"
    CLOSES_REST = "closes_rest"
    ON_TARGET = "on_target"
    PENDING = "pending"
    CLOSE_UNCONFIRMED = "close_unconfirmed"
    FLIP_CLOSES_FIRST = "flip_closes_first"
    CHANGE_CARRIED = "change_carried"
    REFERENCE_MOVED = "reference_moved"
    TAKEN_OVER = "taken_over"
    RETRY_LATER = "retry_later"
    EPOCH_DONE = "epoch_done"
    EPOCH_CLOSED = "epoch_closed"
    ROUNDED_AWAY = "rounded_away"
    ENTRY_REFUSED = "entry_refused"
    INCREASE_REFUSED = "increase_refused"
    EPOCH_STOPPED = "epoch_stopped"
    EXISTING_IGNORED = "existing_ignored"
    MISSED = "missed"
    AGENT_FLAT = "agent_flat"
    SOURCE_MISSING = "source_missing"
    SOURCE_STALE = "source_stale"
    UNMAPPED = "unmapped"
    NOT_LISTED = "not_listed"
    PRICE_MISSING = "price_missing"
    PRICE_MOVED = "price_moved"
    STOP_ALREADY_PASSED = "stop_already_passed"
    TARGET_ALREADY_PASSED = "target_already_passed"
    SIDE_NOT_ALLOWED = "side_not_allowed"
    SYMBOL_DENIED = "symbol_denied"
    SYMBOL_TAKEN = "symbol_taken"
    FOREIGN_OPPOSITE = "foreign_opposite"
    BELOW_MINIMUM = "below_minimum"
    SIZE_BELOW_MINIMUM = "size_below_minimum"
    BUDGET_EXHAUSTED = "budget_exhausted"
    STOP_BEYOND_LIQUIDATION = "stop_beyond_liquidation"
    NO_STOP = "no_stop"
    REOPEN_CLOSES_FIRST = "reopen_closes_first"
    PROFIT_TARGET = "profit_target"
    TOOK_PROFIT = "took_profit"
    LIFETIME_OVER = "lifetime_over"
    LEVERAGE_CHANGED = "leverage_changed"
    INCREASE_CARRIED = "increase_carried"
    ACCUMULATING = "accumulating"
    WAITS_TO_GROW = "waits_to_grow"
    NOTHING_LIVE = "nothing_live"
    TOO_SMALL_TO_CLOSE = "too_small_to_close"
    COOLDOWN = "cooldown"
    MAX_POSITIONS = "max_positions"
    ENTRIES_PER_HOUR = "entries_per_hour"
    ENTRY_QUOTA = "entry_quota"
    ORDER_CAP = "order_cap"
    SYMBOL_CAP = "symbol_cap"
    TRACKER_CAP = "tracker_cap"
    CREDENTIAL_CAP = "credential_cap"
    USER_CAP = "user_cap"
    BRACKET_CAP = "bracket_cap"
    RISK_CAP = "risk_cap"
    BUDGET_SHORT = "budget_short"
    STATE_STOPS_ALL = "state_stops_all"
    STATE_BLOCKS_ENTRIES = "state_blocks_entries"
    FLATTENING = "flattening"
    SYMBOL_STOPPED = "symbol_stopped"
    ACCOUNT_UNKNOWN = "account_unknown"
    MULTI_ASSETS_ISOLATED = "multi_assets_isolated"


_WORDS: Mapping[Code, str] = {
    Code.OPENED: N_("Opening %(quantity)s at about %(mark)s with %(leverage)sx."),
    Code.INCREASED: N_("Adding %(quantity)s at about %(mark)s."),
    Code.REDUCED: N_("Reducing by %(quantity)s as the agent did."),
    Code.CLOSED: N_("Closing %(quantity)s: the agent closed."),
    Code.CLOSES_REST: N_("Closing %(quantity)s: the agent reduced to less than can be held here."),
    Code.ON_TARGET: N_("Holding %(quantity)s, as planned."),
    Code.PENDING: N_("Waiting for the answer to an order that was already sent."),
    Code.CLOSE_UNCONFIRMED: N_("The agent's position is missing from its newest record; waiting for confirmation."),
    Code.FLIP_CLOSES_FIRST: N_("The agent changed sides: closing %(quantity)s first, then opening the other way."),
    Code.CHANGE_CARRIED: N_(
        "The agent's change of %(change)s %% is too small; it is carried until it is large enough."
    ),
    Code.REFERENCE_MOVED: N_("The window for this change is over; later reductions stay proportional to what is held."),
    Code.TAKEN_OVER: N_("The agent reopened on the same side; the holding moves to the new entry."),
    Code.RETRY_LATER: N_("The last try had no effect; trying again shortly."),
    Code.EPOCH_DONE: N_("This position was ended by hand; it is not entered again until the agent opens a new one."),
    Code.EPOCH_CLOSED: N_(
        "This position is closed, as the agent's was; it is entered again once the agent opens a new one."
    ),
    Code.ROUNDED_AWAY: N_(
        "The agent reduced to less than can be held here; it is entered again once the agent has more than before."
    ),
    Code.ENTRY_REFUSED: N_(
        "The exchange refused this entry for good; waiting for the agent's next position. It said: %(reason)s"
    ),
    Code.INCREASE_REFUSED: N_(
        "The exchange refused to add to this position; it stays as it is until the agent changes it again."
    ),
    Code.EPOCH_STOPPED: N_(
        "The stop or target of this position was hit; it is not entered again until the agent opens a new one."
    ),
    Code.EXISTING_IGNORED: N_("The agent held this before the tracker started; it is ignored as set."),
    Code.MISSED: N_("The time to enter (%(window)s s) is over; waiting for the agent's next position."),
    Code.AGENT_FLAT: N_("The agent holds nothing here."),
    Code.SOURCE_MISSING: N_(
        "The source does not show this agent at present; nothing is opened or closed because of that."
    ),
    Code.SOURCE_STALE: N_("The agent's newest record is %(age)s s old; nothing is opened or closed until it is fresh."),
    Code.UNMAPPED: N_("%(symbol)s has no counterpart on the exchange."),
    Code.NOT_LISTED: N_("%(symbol)s can't be traded on this exchange at present."),
    Code.PRICE_MISSING: N_("There is no current price for %(symbol)s; the entry waits for one."),
    Code.PRICE_MOVED: N_(
        "The price %(mark)s is %(worse)s %% worse than the agent's entry %(entry)s; %(tolerance)s %% is allowed."
    ),
    Code.STOP_ALREADY_PASSED: N_("The price %(mark)s is already past the agent's stop %(stop)s."),
    Code.TARGET_ALREADY_PASSED: N_("The price %(mark)s is already past the agent's target %(target)s."),
    Code.SIDE_NOT_ALLOWED: N_("This tracker copies only %(sides)s positions."),
    Code.SYMBOL_DENIED: N_("%(symbol)s is not allowed by this tracker's settings."),
    Code.SYMBOL_TAKEN: N_("Another tracker of this credential already holds %(symbol)s."),
    Code.FOREIGN_OPPOSITE: N_(
        "The account holds %(foreign)s of its own on the other side; entering would cancel it out."
    ),
    Code.BELOW_MINIMUM: N_(
        "The order would be %(notional)s USDT, the minimum is %(minimum)s. A total margin of %(needed)s USDT would do."
    ),
    Code.SIZE_BELOW_MINIMUM: N_(
        "The order would be %(notional)s USDT with the size chosen; the minimum is %(minimum)s USDT."
    ),
    Code.BUDGET_EXHAUSTED: N_("All of the budget of %(budget)s USDT is in use."),
    Code.STOP_BEYOND_LIQUIDATION: N_("The stop %(stop)s lies too close to or beyond the estimated liquidation price."),
    Code.NO_STOP: N_("The agent has set no stop: the sizing risk at stop needs one."),
    Code.REOPEN_CLOSES_FIRST: N_("The agent opened anew: closing %(quantity)s first, then opening again."),
    Code.PROFIT_TARGET: N_("Closing %(quantity)s: the profit target is reached."),
    Code.TOOK_PROFIT: N_("The profit target was reached; this position of the agent is over for this tracker."),
    Code.LIFETIME_OVER: N_("This position was held as long as allowed; it is over for this tracker."),
    Code.LEVERAGE_CHANGED: N_(
        "The agent changed its leverage to %(agent)sx; the holding keeps its %(leverage)sx until it is opened anew."
    ),
    Code.INCREASE_CARRIED: N_(
        "The increase of %(notional)s USDT is below the minimum of %(minimum)s USDT; it waits until it is enough."
    ),
    Code.ACCUMULATING: N_(
        "The position would be %(notional)s USDT, the minimum is %(minimum)s; it is entered once the agent adds enough."
    ),
    Code.WAITS_TO_GROW: N_("It was too small to be entered in time; it is entered once the agent adds to it."),
    Code.NOTHING_LIVE: N_("The account holds none of the %(quantity)s any more; what became of it is being looked up."),
    Code.TOO_SMALL_TO_CLOSE: N_(
        "The %(quantity)s that are left are less than any order takes; they stay on the account."
    ),
    Code.COOLDOWN: N_("The last position here was ended early; nothing is entered for another %(seconds)s s."),
    Code.MAX_POSITIONS: N_("This tracker already holds %(most)s positions, as many as allowed."),
    Code.ENTRIES_PER_HOUR: N_("This tracker already made %(most)s entries within the hour, as many as allowed."),
    Code.ENTRY_QUOTA: N_(
        "This installation allows you %(most)s entries within an hour over all accounts, and you have made them."
    ),
    Code.ORDER_CAP: N_(
        "The limit of %(limit)s USDT for one order is below the exchange's minimum of %(minimum)s USDT."
    ),
    Code.SYMBOL_CAP: N_(
        "The limit of %(limit)s USDT for one position leaves %(notional)s USDT; the minimum is %(minimum)s USDT."
    ),
    Code.TRACKER_CAP: N_(
        "The tracker's limit of %(limit)s USDT leaves %(notional)s USDT; the minimum is %(minimum)s USDT."
    ),
    Code.CREDENTIAL_CAP: N_(
        "The account's limit of %(limit)s USDT leaves %(notional)s USDT; the minimum is %(minimum)s USDT."
    ),
    Code.USER_CAP: N_(
        "Your limit of %(limit)s USDT over all accounts leaves %(notional)s USDT; the minimum is %(minimum)s USDT."
    ),
    Code.BRACKET_CAP: N_(
        "The exchange allows %(limit)s USDT at this leverage, which leaves %(notional)s; the minimum is %(minimum)s."
    ),
    Code.RISK_CAP: N_(
        "The %(limit)s USDT that may be lost at the stop leave %(notional)s USDT; the minimum is %(minimum)s USDT."
    ),
    Code.BUDGET_SHORT: N_(
        "The budget of %(budget)s USDT leaves %(notional)s USDT for this; the minimum is %(minimum)s USDT."
    ),
    Code.STATE_STOPS_ALL: N_("The credential is %(state)s: nothing is opened or closed."),
    Code.STATE_BLOCKS_ENTRIES: N_("The credential is %(state)s: no entries; closes still flow."),
    Code.FLATTENING: N_("%(symbol)s is being flattened: nothing is entered until that is over."),
    Code.SYMBOL_STOPPED: N_(
        "Entries in %(symbol)s are stopped because of orders found on the exchange: see the activity, then resume."
    ),
    Code.ACCOUNT_UNKNOWN: N_("The account could not be read; entries wait until it can."),
    Code.MULTI_ASSETS_ISOLATED: N_(
        "The account is in multi-assets mode, which does not allow isolated margin; choose cross margin."
    ),
}


def words(code: str, numbers: Mapping[str, str]) -> Text:
    """Return the sentence of a verdict's code; an unknown code (of a newer version) is shown as it is."""
    try:
        template = _WORDS[Code(code)]
        str(Text(template, dict(numbers)))
    except (ValueError, KeyError):
        return Text(N_("%(code)s"), {"code": code})
    return Text(template, dict(numbers))
