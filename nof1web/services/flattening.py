"""Ending holdings because a person said so: kept in the database, resumed by any worker, until nothing is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nof1web.core.flattening import REASON, Flatten, Left, Residual, ended, plan
from nof1web.core.records import EpochState, Event, Intent, Severity
from nof1web.core.rounding import plain
from nof1web.errors import N_, CredentialRefused, ExchangeError, NotFound, Refused, Text
from nof1web.services.loading import credential_of, hedge_mode, load
from nof1web.services.ports import AccountPorts
from nof1web.services.protecting import remove_left_over
from nof1web.services.sending import send
from nof1web.services.settling import settle_unresolved
from nof1web.services.syncing import run_sync
from nof1web.services.telling import tell

_ROUNDS = 30
_SOON = timedelta(seconds=1)
_AGAIN = timedelta(seconds=5)
_FRESH = timedelta(seconds=5)
_REPEAT = timedelta(minutes=5)
"""how often it is told that something still can't be closed"""
_NEWEST = 200
_WORDS = {
    Left.WAITING: N_("The answer to an order that was already sent is missing; it is being looked up."),
    Left.RETRYING: N_("The last order had no effect; the next one follows in a few seconds."),
    Left.NOTHING_LIVE: N_("The account shows nothing to close; it is being found out why."),
    Left.UNDER_WAY: N_("It could not be closed yet; it is tried again in a few seconds."),
}
UNFINISHED = "flatten_unfinished"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one go left of a flatten, the sentences of what went wrong by symbol, and when to go on (None: done)."""

    residual: tuple[Residual, ...]
    why: Mapping[str, Text]
    again_at: datetime | None


def run(ports: AccountPorts, flatten_id: str) -> dict[str, object]:
    """Carry a flatten out as far as possible now; return {"flatten_id", "finished", "closed", "residual"}.

    What is left is gone on with by the account's cycles, at times they note. NotFound when nobody asked for it.
    """
    flatten = ports.store.flattens.get(flatten_id)
    if flatten is None:
        raise NotFound(N_("This flatten does not exist any more."))
    outcome = _Outcome((), {}, None) if flatten.finished_at else _go_on(ports, flatten)
    if outcome.again_at is not None:
        ports.queue.wake(ports.user_id, ports.credential_id, outcome.again_at)
    return _answer(ports, flatten, outcome)


def carry_on(ports: AccountPorts) -> datetime | None:
    """Go on with every flatten of the account that is not finished; return when to do so again, None when all are."""
    waits = [_go_on(ports, each).again_at for each in ports.store.flattens.open(ports.credential_id)]
    return min((at for at in waits if at is not None), default=None)


def _go_on(ports: AccountPorts, flatten: Flatten) -> _Outcome:
    _end_epochs(ports, flatten)
    settle_at = settle_unresolved(ports)
    _read_account(ports, flatten)
    why, key_refused = dict[str, Text](), None
    for _ in range(_ROUNDS):
        ends = plan(
            load(ports, credential_of(ports)), flatten, ports.store.trackers.epochs(ports.credential_id), _tries(ports)
        )
        orders = [order for order in ends.orders if order.symbol not in why]
        if not orders:
            break
        for order in orders:
            try:
                send(ports, order, hedge=hedge_mode(ports))
            except (Refused, ExchangeError) as error:
                why[order.symbol] = error.text
                key_refused = key_refused or (error if isinstance(error, CredentialRefused) else None)
    waits = [ends.again_at, settle_at, remove_left_over(ports), _unsettled_at(ports, flatten)]
    times = [at for at in waits if at is not None]
    if ends.residual or times or not ends.known:
        outcome = _Outcome(ends.residual, why, min(times, default=ports.clock() + _AGAIN))
        _tell_unfinished(ports, flatten, outcome)
        if key_refused is not None:
            raise key_refused
        return outcome
    _finish(ports, flatten)
    return _Outcome((), {}, None)


def _end_epochs(ports: AccountPorts, flatten: Flatten) -> None:
    """From here on nothing is entered or added in these epochs any more, whatever their agent does."""
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        for epoch in ended(flatten, ports.store.trackers.epochs(ports.credential_id, since=flatten.asked_at)):
            allocation = epoch.allocation if epoch.quantity else Decimal(0)
            over = replace(epoch, state=EpochState.DONE, closed_at=epoch.closed_at or ports.clock())
            ports.store.trackers.put_epoch(replace(over, allocation=allocation))


def _read_account(ports: AccountPorts, flatten: Flatten) -> None:
    """Read the account where that can help: to find the foreign share, and once orders had no effect.

    The first order for a holding doesn't wait for it: reduce-only orders can't close too much.
    """
    snapshot, now = ports.store.credentials.snapshot(ports.credential_id), ports.clock()
    read_at = snapshot[0].read_at if snapshot else None
    unseen = flatten.everything and (read_at is None or read_at < flatten.asked_at)
    late = now - flatten.asked_at > _FRESH and (read_at is None or now - read_at > _FRESH)
    if not unseen and not late:
        return
    try:
        run_sync(ports)
    except CredentialRefused:
        raise
    except ExchangeError:
        return


def _tries(ports: AccountPorts) -> dict[tuple[str, str, str], Intent]:
    tries: dict[tuple[str, str, str], Intent] = {}
    for intent in ports.store.journal.intents(ports.credential_id, limit=_NEWEST):
        tries.setdefault((intent.tracker_id, intent.symbol, intent.epoch), intent)
    return tries


def _unsettled_at(ports: AccountPorts, flatten: Flatten) -> datetime | None:
    """Return when to look again while an order of the scope, an entry too, may still fill."""
    waiting = ports.store.journal.unresolved(ports.credential_id)
    mine = (each for each in waiting if flatten.covers(each.tracker_id, each.symbol))
    return ports.clock() + _SOON if any(mine) else None


def _finish(ports: AccountPorts, flatten: Flatten) -> None:
    word = N_("Flattened: every position of the trackers is closed.")
    if flatten.symbol:
        word = N_("Flattened: %(symbol)s is closed.")
    event = Event(
        "flattened",
        Text(word, {"symbol": flatten.symbol}),
        ports.clock(),
        Severity.INFO,
        flatten.credential_id,
        flatten.tracker_id,
        flatten.symbol,
    )
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.flattens.finish(flatten.id, ports.clock())
        event_id = ports.store.chronicle.add_event(event)
    ports.bus.publish(ports.user_id, event_id)
    # What the account shows by now is read, so that no page shows what is gone.
    ports.queue.sync(ports.user_id, ports.credential_id)
    ports.queue.cycle(ports.user_id, ports.credential_id)


def _tell_unfinished(ports: AccountPorts, flatten: Flatten, outcome: _Outcome) -> None:
    """Raise an alarm for what an order could not close, and again every few minutes until it is gone."""
    now = ports.clock()
    stuck = [each for each in outcome.residual if each.why is not Left.WAITING]
    newest = ports.store.chronicle.events(limit=100, credential_id=ports.credential_id)
    told = any(each.kind == UNFINISHED and each.at > max(now - _REPEAT, flatten.asked_at) for each in newest)
    if not stuck or told:
        return
    left = ", ".join(f"{plain(each.quantity)} {each.symbol}" for each in stuck)
    text = Text(N_("Could not flatten everything yet. Still open: %(left)s. It is tried again."), {"left": left})
    tell(ports, UNFINISHED, text, severity=Severity.ALARM, tracker_id=flatten.tracker_id, symbol=flatten.symbol)


def _answer(ports: AccountPorts, flatten: Flatten, outcome: _Outcome) -> dict[str, object]:
    names = {each.id: each.name for each in ports.store.trackers.all(ports.credential_id)}
    closed: dict[tuple[str, str], Decimal] = {}
    for intent in _sent(ports, flatten):
        key = (intent.tracker_id, intent.symbol)
        closed[key] = closed.get(key, Decimal(0)) + intent.executed
    return {
        "flatten_id": flatten.id,
        "finished": outcome.again_at is None,
        "closed": [
            {"tracker": names.get(tracker_id, ""), "symbol": symbol, "quantity": plain(quantity)}
            for (tracker_id, symbol), quantity in closed.items()
            if quantity
        ],
        "residual": [
            {
                "tracker": names.get(each.tracker_id, ""),
                "symbol": each.symbol,
                "quantity": plain(each.quantity),
                "code": str(each.why),
                "reason": str(outcome.why.get(each.symbol) or Text(_WORDS[each.why])),
            }
            for each in outcome.residual
        ],
    }


def _sent(ports: AccountPorts, flatten: Flatten) -> Iterable[Intent]:
    newest = ports.store.journal.intents(ports.credential_id, limit=_NEWEST)
    for intent in reversed(newest):
        mine = intent.explanation.get("reason") == REASON and intent.created_at >= flatten.asked_at
        if mine and (flatten.covers(intent.tracker_id, intent.symbol) or intent.epoch.startswith(f"{flatten.id}:")):
            yield intent
