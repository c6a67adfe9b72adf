"""A person asks for a flatten: checked, kept, and queued before anything that waits."""

from __future__ import annotations

from nof1web.core.flattening import Flatten
from nof1web.core.records import Credential, CredentialState, Event, Severity
from nof1web.errors import N_, InvalidInput, NotFound, Refused, Text
from nof1web.services.ids import new_id
from nof1web.services.ports import Ports
from nof1web.services.stores import TenantStore


def require_typed(credential: Credential, typed: str) -> None:
    """Raise InvalidInput unless a person typed the credential's name, which is what confirms a flatten."""
    if typed.strip() != credential.name:
        wrong = Text(N_("Type %(name)s to confirm."), {"name": credential.name})
        raise InvalidInput(wrong.template, fields={"confirm": wrong}, **wrong.numbers)


def ask_flatten(
    p: Ports,
    user_id: str,
    credential_id: str,
    *,
    by: str,
    tracker_id: str = "",
    symbol: str = "",
    everything: bool = False,
) -> Flatten:
    """Keep the wish to end a credential's holdings, of one tracker and in one symbol where those are named.

    Whoever asks again while the same is under way gets that one. Only the row counts: any cycle of the credential
    carries it out, `p.queue.flatten` makes one of them hurry. Refused when the key is locked, InvalidInput when the
    symbol is none that is held, waited for or on the account.
    """
    symbol = symbol.strip().upper()
    if everything and tracker_id:
        raise InvalidInput(N_("A tracker has only holdings: leave out the rest of the account."))
    with p.tenants(user_id) as store, store.transaction(durable=True):
        credential = store.credentials.get(credential_id)
        tracker = store.trackers.get(tracker_id) if tracker_id else None
        if credential is None or (tracker_id and (tracker is None or tracker.credential_id != credential.id)):
            raise NotFound(N_("There is no such credential or tracker."))
        if credential.state is CredentialState.LOCKED:
            raise Refused(N_("%(name)s is locked. Test its connection first."), name=credential.name)
        if symbol:
            _require_known(store, credential, tracker_id, symbol, everything=everything)
        wanted = Flatten(
            new_id("f"), credential.id, tracker.id if tracker else "", symbol, everything, by, p.clock()
        )
        kept = store.flattens.add(wanted)
        if kept is wanted:
            _tell(store, wanted, tracker.name if tracker else credential.name)
        newest = store.chronicle.last_event_id()
    p.bus.publish(user_id, newest)
    return kept


def _tell(store: TenantStore, asked: Flatten, whose: str) -> None:
    detail = {"of": whose, "symbol": asked.symbol, "everything": "yes" if asked.everything else "no"}
    store.chronicle.audit(asked.asked_at, asked.asked_by, "flatten", detail)
    text = Text(N_("%(name)s is being flattened: %(symbol)s."), {"name": whose, "symbol": asked.symbol})
    if not asked.symbol:
        text = Text(N_("%(name)s is being flattened: everything its trackers hold."), {"name": whose})
    if asked.everything and not asked.symbol:
        text = Text(N_("%(name)s is being flattened: the whole account."), {"name": whose})
    scope = (asked.credential_id, asked.tracker_id, asked.symbol)
    store.chronicle.add_event(Event("flatten", text, asked.asked_at, Severity.WARNING, *scope))


def cancel_flatten(
    p: Ports, user_id: str, credential_id: str, *, by: str, tracker_id: str = "", symbol: str = ""
) -> tuple[Flatten, ...]:
    """End the flattens of a credential that are under way, only a tracker's or a symbol's where those are named.

    No further order leaves for them; what was being closed is neither entered nor added to again. Return them;
    Refused when there are none.
    """
    symbol = symbol.strip().upper()
    with p.tenants(user_id) as store, store.transaction(durable=True):
        credential = store.credentials.get(credential_id)
        if credential is None:
            raise NotFound(N_("There is no such credential or tracker."))
        found = tuple(
            each
            for each in store.flattens.open(credential.id)
            if tracker_id in ("", each.tracker_id) and symbol in ("", each.symbol)
        )
        if not found:
            raise Refused(N_("Nothing of %(name)s is being flattened."), name=credential.name)
        text = Text(N_("The flatten of %(name)s was cancelled: what is left stays open."), {"name": credential.name})
        for each in found:
            store.flattens.cancel(each.id, p.clock())
            store.chronicle.audit(p.clock(), by, "flatten.cancel", {"of": credential.name, "symbol": each.symbol})
            event = Event(
                "flatten_cancelled", text, p.clock(), Severity.WARNING, credential.id, each.tracker_id, each.symbol
            )
            store.chronicle.add_event(event)
        newest = store.chronicle.last_event_id()
    p.bus.publish(user_id, newest)
    return found


def _require_known(
    store: TenantStore, credential: Credential, tracker_id: str, symbol: str, *, everything: bool
) -> None:
    """Raise InvalidInput, naming what there is, unless there can be something of a symbol to close."""
    snapshot = store.credentials.snapshot(credential.id)
    known = {each.symbol for each in store.trackers.epochs(credential.id) if tracker_id in ("", each.tracker_id)}
    known |= {each.symbol for each in store.journal.unresolved(credential.id)}
    known |= {each.symbol for each in store.flattens.open(credential.id)} - {""}
    known |= {each.symbol for each in snapshot[1] if each.quantity} if snapshot else set()
    if symbol in known or (everything and snapshot is None):
        return
    if not known:
        raise InvalidInput(N_("%(symbol)s is not held, and nothing else is."), symbol=symbol)
    there = ", ".join(sorted(known))
    raise InvalidInput(N_("%(symbol)s is not held. Choose one of these: %(there)s."), symbol=symbol, there=there)
