"""A key the exchange refuses: asked again until that is confirmed, then locked (DESIGN §5 Errors)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from nof1web.core.records import CredentialState, Event, Severity
from nof1web.errors import N_, CredentialRefused, ExchangeError, Text
from nof1web.services.locking import lock
from nof1web.services.ports import AccountPorts
from nof1web.services.telling import tell

CONFIRMATIONS = 3
OVER = timedelta(seconds=60)
APART = timedelta(seconds=20)
LOCKED = N_(
    "%(name)s is locked: the exchange refused its key for over a minute. Protection rests on the exchange. Create a "
    "new key there and enter it here."
)
GOOD_AGAIN = N_("The exchange takes the key of %(name)s again. Entries stay off until you resume.")


def confirm(ports: AccountPorts) -> None:
    """Ask the exchange once more while a refusal stands (weight 5); a key that works ends it.

    What the exchange can't answer now confirms nothing.
    """
    facts = ports.store.keys.facts(ports.credential_id)
    if facts is None or facts.refused_at is None:
        return
    try:
        ports.exchange.hedged()
    except CredentialRefused as error:
        note(ports, error.text)
    except ExchangeError:
        return
    else:
        _forget(ports)


def note(ports: AccountPorts, why: Text) -> None:
    """Note that the exchange refused the key; lock it at the third time over a minute, at least 20 s apart."""
    now = ports.clock()
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        credential = ports.store.credentials.get(ports.credential_id)
        facts = ports.store.keys.facts(ports.credential_id)
        if credential is None or facts is None or credential.state is CredentialState.LOCKED:
            return
        if facts.confirmed_at is not None and now - facts.confirmed_at < APART:
            return
        facts = replace(facts, refused_at=facts.refused_at or now, confirmed_at=now, refusals=facts.refusals + 1)
        ports.store.keys.put_facts(facts)
    if facts.refused_at is not None and facts.refusals > CONFIRMATIONS and now - facts.refused_at >= OVER:
        # The alarm was the first refusal's: this one only says what became of it.
        told = Text(LOCKED, {"name": credential.name})
        event = Event("locked", told, now, Severity.WARNING, credential.id)
        lock(ports.store, credential, why, queue=ports.queue, bus=ports.bus, clock=ports.clock, told=event)


def _forget(ports: AccountPorts) -> None:
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        facts = ports.store.keys.facts(ports.credential_id)
        credential = ports.store.credentials.get(ports.credential_id)
        if facts is None or credential is None:
            return
        ports.store.keys.put_facts(replace(facts, refused_at=None, confirmed_at=None, refusals=0))
        state = credential.state
        ports.store.credentials.set_state(credential.id, state, error=None)
    tell(ports, "credential_accepted", Text(GOOD_AGAIN, {"name": credential.name}))
