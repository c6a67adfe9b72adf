"""A person asks for a flatten: checked, kept, and queued before anything that waits."""

from __future__ import annotations

from nof1web.core.flattening import Flatten
from nof1web.core.records import Credential, CredentialState, Event, Severity
from nof1web.errors import N_, InvalidInput, NotFound, Refused, Text
from nof1web.services.ids import new_id
from nof1web.services.ports import Ports


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
    carries it out, `p.queue.flatten` makes one of them hurry. Refused when the key is locked.
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
        wanted = Flatten(
            new_id("f"), credential.id, tracker.id if tracker else "", symbol, everything, by, p.clock()
        )
        kept = store.flattens.add(wanted)
        if kept is wanted:
            whose = tracker.name if tracker else credential.name
            detail = {"of": whose, "symbol": symbol, "everything": "yes" if everything else "no"}
            store.chronicle.audit(p.clock(), by, "flatten", detail)
            text = Text(N_("%(name)s is being flattened: %(symbol)s."), {"name": whose, "symbol": symbol})
            if not symbol:
                text = Text(N_("%(name)s is being flattened: everything its trackers hold."), {"name": whose})
            if everything and not symbol:
                text = Text(N_("%(name)s is being flattened: the whole account."), {"name": whose})
            event = Event("flatten", text, p.clock(), Severity.WARNING, credential.id, kept.tracker_id, symbol)
            store.chronicle.add_event(event)
        newest = store.chronicle.last_event_id()
    p.bus.publish(user_id, newest)
    return kept
