"""Ending holdings because a person said so: kept in the database, resumed by any worker, until nothing is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nof1web.core.clocks import ahead, undated
from nof1web.core.exits import left
from nof1web.core.flattening import Ends, Flatten, Left, Residual, bounded, ended, plan
from nof1web.core.protection import breached
from nof1web.core.records import EpochState, Event, Intent, Severity
from nof1web.core.rounding import plain
from nof1web.core.snapshot import PlannedOrder
from nof1web.errors import N_, CredentialRefused, ExchangeError, NotFound, Refused, Text
from nof1web.services.changing import record_change
from nof1web.services.flatten_answers import Outcome, answer, sent
from nof1web.services.loading import credential_of, hedge_mode, load
from nof1web.services.ports import AccountPorts
from nof1web.services.protecting import held_symbols, remove_left_over
from nof1web.services.sending import send
from nof1web.services.sent_again import only_once
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
UNFINISHED = "flatten_unfinished"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def run(ports: AccountPorts, flatten_id: str) -> dict[str, object]:
    """Carry a flatten out as far as possible now; return {"flatten_id", "finished", "closed", "residual"}.

    What is left is gone on with by the account's cycles, at times they note. NotFound when nobody asked for it, Refused
    when it was cancelled.
    """
    flatten = ports.store.flattens.get(flatten_id)
    if flatten is None:
        raise NotFound(N_("This flatten does not exist any more."))
    outcome = Outcome((), {}, None) if flatten.finished_at else _go_on(ports, flatten)
    if _over(ports, flatten).cancelled:
        raise Refused(N_("This flatten was cancelled: what is left stays open."))
    if outcome.again_at is not None:
        ports.queue.wake(ports.user_id, ports.credential_id, outcome.again_at)
    return answer(ports, flatten, outcome)


def carry_on(ports: AccountPorts) -> datetime | None:
    """Go on with every flatten of the account that is not finished; return when to do so again, None when all are."""
    waits = [_go_on(ports, each).again_at for each in ports.store.flattens.open(ports.credential_id)]
    return min((at for at in waits if at is not None), default=None)


def _go_on(ports: AccountPorts, flatten: Flatten) -> Outcome:
    if ahead(flatten.asked_at, ports.clock()):
        # By a clock that was put right since: only what is read from here on tells of the account.
        flatten = replace(flatten, asked_at=ports.clock() - _FRESH)
    _end_epochs(ports, flatten)
    settle_at = settle_unresolved(ports)
    _read_account(ports, flatten)
    flatten = _bounded(ports, flatten)
    why, key_refused, dust = dict[str, Text](), None, dict[tuple[str, str], Residual]()
    for _ in range(_ROUNDS):
        ends = _ends(ports, flatten)
        dust |= {(each.tracker_id, each.symbol): each for each in ends.dust}
        _leave(ports, ends.dust)
        orders = [order for order in ends.orders if order.symbol not in why]
        if not orders:
            break
        for order in orders:
            if _over(ports, flatten).finished_at is not None:
                return Outcome((), {}, None)
            try:
                send(ports, _once(ports, flatten, order), hedge=hedge_mode(ports))
            except (Refused, ExchangeError) as error:
                why[order.symbol] = error.text
                key_refused = key_refused or (error if isinstance(error, CredentialRefused) else None)
    # Where something is held, an old leg may be all that protects it: its cycle cancels it once another rests.
    left_at = remove_left_over(ports, held_symbols(ports))
    waits = [ends.again_at, settle_at, left_at, _unsettled_at(ports, flatten)]
    times = [at for at in waits if at is not None]
    if ends.residual or times or not ends.known:
        outcome = Outcome((*ends.residual, *dust.values()), why, min(times, default=ports.clock() + _AGAIN))
        _tell_unfinished(ports, flatten, outcome)
        if key_refused is not None:
            raise key_refused
        return outcome
    _finish(ports, flatten)
    return Outcome(tuple(dust.values()), {}, None)


def _ends(ports: AccountPorts, flatten: Flatten) -> Ends:
    snapshot, epochs = load(ports, credential_of(ports)), ports.store.trackers.epochs(ports.credential_id)
    return plan(snapshot, flatten, epochs, _tries(ports), ports.store.flattens.closed(flatten.id))


def _once(ports: AccountPorts, flatten: Flatten, order: PlannedOrder) -> PlannedOrder:
    """Return an order as it is to be sent; Refused like `only_once`, but where a person's own share is ended, too."""
    return order if flatten.everything else only_once(ports, load(ports, credential_of(ports)), order)


def _leave(ports: AccountPorts, dust: tuple[Residual, ...]) -> None:
    """Leave holdings that no order takes to the account."""
    held = {(each.tracker_id, each.symbol) for each in dust if each.tracker_id}
    for epoch in ports.store.trackers.epochs(ports.credential_id):
        if epoch.quantity and (epoch.tracker_id, epoch.symbol) in held:
            record_change(ports, left(epoch.tracker_id, epoch, epoch.state))


def _over(ports: AccountPorts, flatten: Flatten) -> Flatten:
    """Return a flatten as it is kept now: a person may have cancelled it."""
    return ports.store.flattens.get(flatten.id) or flatten


def _bounded(ports: AccountPorts, flatten: Flatten) -> Flatten:
    """Keep how much of the foreign shares may be closed, as soon as the account was read for it."""
    snapshot = ports.store.credentials.snapshot(ports.credential_id)
    if not flatten.everything or snapshot is None or snapshot[0].read_at < flatten.asked_at:
        return flatten
    now = bounded(flatten, load(ports, credential_of(ports)), ports.store.flattens.closed(flatten.id))
    if now.found is not None and now.found != flatten.found:
        with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
            ports.store.flattens.set_found(flatten.id, now.found)
    return now


def _end_epochs(ports: AccountPorts, flatten: Flatten) -> None:
    """From here on nothing is entered or added in these epochs any more, whatever their agent does."""
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        for epoch in ended(flatten, ports.store.trackers.epochs(ports.credential_id, since=_EVER)):
            allocation = epoch.allocation if epoch.quantity else Decimal(0)
            over = replace(epoch, state=EpochState.DONE, closed_at=epoch.closed_at or ports.clock())
            ports.store.trackers.put_epoch(replace(over, allocation=allocation))


def _read_account(ports: AccountPorts, flatten: Flatten) -> None:
    """Read the account where that can help: to find the foreign share, and once orders had no effect.

    The first order for a holding doesn't wait for it, unless it could take a person's own share: beside one, and when
    a stop or target of ours may have fired since.
    """
    snapshot, now = ports.store.credentials.snapshot(ports.credential_id), ports.clock()
    read_at = snapshot[0].read_at if snapshot else None
    read_at = None if read_at is None or ahead(read_at, now) else read_at
    unseen = read_at is None or read_at < flatten.asked_at
    late = now - flatten.asked_at > _FRESH and (read_at is None or now - read_at > _FRESH)
    if not late and not (unseen and flatten.everything) and not _may_take_foreign(ports, flatten, unseen=unseen):
        return
    try:
        run_sync(ports)
    except CredentialRefused:
        raise
    except ExchangeError:
        return


def _may_take_foreign(ports: AccountPorts, flatten: Flatten, *, unseen: bool) -> bool:
    """Whether a holding of the scope may be gone by its stop or target, or lies beside a share not read since."""
    known = load(ports, credential_of(ports))
    epochs = ports.store.trackers.epochs(ports.credential_id)
    held = {each.symbol for each in epochs if each.quantity and flatten.covers(each.tracker_id, each.symbol)}
    legs = [each for each in ports.store.journal.protections(ports.credential_id) if each.symbol in held]
    crossed = any(each.symbol in known.marks and breached(each, known.marks[each.symbol]) for each in legs)
    return crossed or (unseen and any(known.shares(symbol) for symbol in held))


def _tries(ports: AccountPorts) -> dict[tuple[str, str, str], Intent]:
    tries: dict[tuple[str, str, str], Intent] = {}
    for intent in ports.store.journal.intents(ports.credential_id, limit=_NEWEST):
        key = (intent.tracker_id, intent.symbol, intent.epoch)
        tries.setdefault(key, undated(intent, ports.clock()))
    return tries


def _unsettled_at(ports: AccountPorts, flatten: Flatten) -> datetime | None:
    """Return when to look again while an order of the scope, an entry too, may still fill."""
    waiting = ports.store.journal.unresolved(ports.credential_id)
    mine = (each for each in waiting if flatten.covers(each.tracker_id, each.symbol))
    return ports.clock() + _SOON if any(mine) else None


def _finish(ports: AccountPorts, flatten: Flatten) -> None:
    word = N_("Flattened: every position of the trackers is closed.")
    if not any(each.executed for each in sent(ports, flatten)):
        word = N_("Nothing was flattened: nothing was held.")
        if flatten.symbol:
            word = N_("Nothing was flattened: %(symbol)s was not held.")
    elif flatten.symbol:
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
        if _over(ports, flatten).finished_at is not None:
            return
        ports.store.flattens.finish(flatten.id, ports.clock())
        event_id = ports.store.chronicle.add_event(event)
    ports.bus.publish(ports.user_id, event_id)
    # What the account shows by now is read, so that no page shows what is gone.
    ports.queue.sync(ports.user_id, ports.credential_id)
    ports.queue.cycle(ports.user_id, ports.credential_id)


def _tell_unfinished(ports: AccountPorts, flatten: Flatten, outcome: Outcome) -> None:
    """Raise an alarm for what an order could not close, and again every few minutes until it is gone."""
    now = ports.clock()
    stuck = [each for each in outcome.residual if each.why not in (Left.WAITING, Left.DUST)]
    newest = ports.store.chronicle.events(limit=100, credential_id=ports.credential_id)
    told = any(each.kind == UNFINISHED and each.at > max(now - _REPEAT, flatten.asked_at) for each in newest)
    if not stuck or told:
        return
    left = ", ".join(f"{plain(each.quantity)} {each.symbol}" for each in stuck)
    text = Text(N_("Could not flatten everything yet. Still open: %(left)s. It is tried again."), {"left": left})
    tell(ports, UNFINISHED, text, severity=Severity.ALARM, tracker_id=flatten.tracker_id, symbol=flatten.symbol)
