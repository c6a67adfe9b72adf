"""An epoch that is over for its tracker: what is said of it, and whether it is entered once more (rules 3, 4 and 6)."""

from __future__ import annotations

from nof1web.core.choices import Existing
from nof1web.core.records import Epoch, EpochState, Intent, IntentStatus
from nof1web.core.refusals import Code
from nof1web.core.signals import SignalPosition
from nof1web.core.snapshot import Draft, TrackerView

ENDED = {
    EpochState.DONE: Code.EPOCH_DONE,
    EpochState.STOPPED: Code.EPOCH_STOPPED,
    EpochState.CLOSED: Code.EPOCH_CLOSED,
    EpochState.MISSED: Code.MISSED,
    EpochState.IGNORED: Code.EXISTING_IGNORED,
    EpochState.TOOK_PROFIT: Code.TOOK_PROFIT,
    EpochState.EXPIRED: Code.LIFETIME_OVER,
    EpochState.ROUNDED: Code.ROUNDED_AWAY,
}


def dealt_with(view: TrackerView, position: SignalPosition) -> Epoch | None:
    """Return what a tracker recorded of an agent's epoch, None when it is as if it had never been seen.

    Each start after a stop is a new start: what was never entered before it is judged anew, unless what the agent
    already has is to be ignored (rule 3).
    """
    row, started_at = view.epoch(position.symbol, position.epoch), view.tracker.started_at
    if row is None or started_at is None or view.settings.existing is Existing.IGNORE:
        return row
    unentered = row.state in (EpochState.MISSED, EpochState.IGNORED) or never_held(row)
    before = (row.closed_at or row.opened_at) < started_at
    return None if unentered and before and not row.quantity else row


def never_held(row: Epoch) -> bool:
    """Whether an epoch was too small to enter until its window ended: it waits for the agent to add to it."""
    return row.state is EpochState.ROUNDED and not row.step


def again(view: TrackerView, row: Epoch, position: SignalPosition) -> bool:
    """Whether an epoch that is over may be entered once more: after its profit, or when the agent adds to its rest.

    A rest rounded away needs more than the agent had while something was held, by what counts as a change: a holding
    of a single step must not follow each small change out and in again.
    """
    if row.state is EpochState.ROUNDED:
        before, present = abs(row.reference_quantity), abs(position.quantity)
        least = before if never_held(row) else before * (1 + view.settings.min_change / 100)
        return present > before and present >= least
    return row.state is EpochState.TOOK_PROFIT and view.settings.auto_refollow and row.closed_at is not None


def say(draft: Draft, view: TrackerView, position: SignalPosition, row: Epoch) -> None:
    """Leave the verdict of an epoch that is over and not entered again."""
    refused = refusal_of(view, position)
    if row.state is EpochState.MISSED and refused is not None:
        draft.say(view.tracker.id, position, "hold", Code.ENTRY_REFUSED, reason=reason(refused))
        return
    draft.say(view.tracker.id, position, "hold", ENDED[row.state], window=view.settings.max_signal_age)


def refusal_of(view: TrackerView, position: SignalPosition) -> Intent | None:
    """Return the entry or increase of this epoch to which the exchange has last said no for good."""
    last = view.tries.get((position.symbol, position.epoch))
    return last if last is not None and refused_for_good(last) else None


def reason(refused: Intent) -> str:
    """Return the exchange's own sentence for a refusal."""
    return refused.explanation.get("error", "")


def refused_for_good(last: Intent) -> bool:
    """Whether the exchange has said no to an entry or increase for good."""
    return not last.kind.exits and last.status is IntentStatus.REJECTED and last.explanation.get("final") == "yes"
