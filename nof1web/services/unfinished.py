"""What is still owed where nothing follows an agent any more: missing answers, stops, flattens (DESIGN §5 States).

That is a credential that doesn't poll, or a stopped tracker of one that does.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from nof1web.core import protection as rules
from nof1web.core.records import CredentialState, Epoch, Protection, ProtectionStatus
from nof1web.core.snapshot import Snapshot, TrackerView
from nof1web.services import flattening
from nof1web.services.loading import credential_of, load
from nof1web.services.ports import AccountPorts
from nof1web.services.protecting import held_symbols, protect, remove_left_over
from nof1web.services.settling import settle_unresolved


def go_on(ports: AccountPorts) -> datetime | None:
    """Settle what was sent before the stop, end what a person wants flat, and bring what rests into line with it.

    Return when to go on, None when nothing is left to do. A locked credential only goes on with its flattens.
    """
    if credential_of(ports).state is CredentialState.LOCKED:
        return flattening.carry_on(ports)
    waiting = len(ports.store.journal.unresolved(ports.credential_id))
    settle_at = settle_unresolved(ports)
    waits = [settle_at, flattening.carry_on(ports), _protect_still(ports)]
    if len(ports.store.journal.unresolved(ports.credential_id)) < waiting:
        # The fills' prices, and what the account shows by now.
        ports.queue.sync_at(ports.host, ports.user_id, ports.credential_id, ports.clock())
    return min((at for at in waits if at is not None), default=None)


def to_protect(ports: AccountPorts, decided: Snapshot | None = None) -> Snapshot:
    """Return a snapshot to protect from: the trackers that follow, and those that don't as far as they need it.

    What rests for the latter stays where it is, whatever their agents do: only a leg that lacks, or isn't of the
    holding's size, is seen to. What was just `decided` from, with nothing done since, serves where only trackers that
    follow hold anything.
    """
    if decided is None or decided.elsewhere:
        decided = load(ports, credential_of(ports), idle=True)
    snapshot = decided
    views = []
    for view in snapshot.trackers:
        if snapshot.state.polls and view.tracker.started:
            views.append(view)
            continue
        still = _still(ports, snapshot, view)
        if any(_needs(ports, snapshot, still, epoch) for epoch in _held(still)):
            views.append(still)
    return replace(snapshot, trackers=tuple(views))


def _protect_still(ports: AccountPorts) -> datetime | None:
    """Place stops and targets that lack, resize those of another size, and cancel those of what is gone."""
    legs = ports.store.journal.protections(ports.credential_id)
    if not legs and not held_symbols(ports):
        return None
    snapshot = to_protect(ports)
    if snapshot.trackers or any(each.status is ProtectionStatus.WRITTEN for each in legs):
        return protect(ports, snapshot)
    return remove_left_over(ports)


def _still(ports: AccountPorts, snapshot: Snapshot, view: TrackerView) -> TrackerView:
    """Return a view whose agent tells nothing but of holdings that lack a leg."""
    bare = {epoch.symbol for epoch in _held(view) if _bare(ports, snapshot, view, epoch)}
    if view.signal is None:
        return view
    told = tuple(each for each in view.signal.positions if each.symbol in bare)
    return replace(view, signal=replace(view.signal, positions=told))


def _held(view: TrackerView) -> list[Epoch]:
    return [epoch for epoch in view.epochs if epoch.quantity and not epoch.shadow]


def _bare(ports: AccountPorts, snapshot: Snapshot, view: TrackerView, epoch: Epoch) -> bool:
    """Whether a stop or target that the holding should have doesn't rest."""
    wanted, present = _legs(ports, snapshot, view, epoch)
    resting = {each.leg for each in present if each.status is ProtectionStatus.RESTING}
    return bool({each.leg for each in wanted} - resting)


def _needs(ports: AccountPorts, snapshot: Snapshot, view: TrackerView, epoch: Epoch) -> bool:
    """Whether anything is to be placed or cancelled; without any rules that can't be told: it is tried again."""
    steps = rules.steps(*_legs(ports, snapshot, view, epoch))
    return bool(steps.place or steps.cancel or not snapshot.instruments)


def _legs(
    ports: AccountPorts, snapshot: Snapshot, view: TrackerView, epoch: Epoch
) -> tuple[tuple[rules.Wanted, ...], tuple[Protection, ...]]:
    """Return the legs a holding should have, and those that may rest; none of either where its rules are unknown."""
    instrument = snapshot.instruments.get(epoch.symbol)
    if instrument is None:
        return (), ()
    mine = ports.store.journal.protections_of(view.tracker.id, epoch.symbol, epoch.epoch)
    present = tuple(each for each in mine if each.status.open)
    return rules.wanted(epoch, view.shown(epoch.symbol), view.settings, instrument, present), present
