"""Moving credentials and trackers from state to state, and halting all of a user's or the whole site's entries.

What stops entries is committed to the database and needs nothing else; open pages and queues are told afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from nof1web.core.records import Credential, CredentialState, Event, Severity, Tracker
from nof1web.core.states import By, allowed
from nof1web.core.trading import Environment
from nof1web.errors import N_, Damaged, NotFound, Refused, Text
from nof1web.services.following import announce
from nof1web.services.holdings import leaves_something
from nof1web.services.ports import Ports
from nof1web.services.stores import TenantStore
from nof1web.services.warnings import MOVES_MONEY

_S = CredentialState
_LOCKED = N_("%(name)s is locked. Test its connection first.")
_SHUT_OUT = N_("%(email)s may not log in: let them in again first, then end the halt.")
_DEMO = N_("This is the demo: %(name)s is a live account, and nothing is entered for it.")
_MOVES_MONEY = N_(
    "The key of %(name)s may withdraw or transfer money: remove these permissions at the exchange, then test its "
    "connection."
)
_HALTED = N_("%(name)s is halted. End the halt first.")


@dataclass(frozen=True, slots=True)
class Verb:
    """What a person may do to a credential's or tracker's state.

    `wrong` answers whoever asks for it in a state it doesn't start from; `told` is the event's sentence.
    """

    then: CredentialState
    starts: frozenset[CredentialState]
    wrong: str
    told: str = ""


_POLLING = frozenset({_S.RUNNING, _S.PAUSED, _S.CLOSE_ONLY})
_NOTHING = N_("%(name)s does not poll. There is nothing to pause.")
VERBS = {
    "start": Verb(_S.RUNNING, frozenset({_S.STOPPED, *_POLLING}), _HALTED),
    "stop": Verb(_S.STOPPED, frozenset(_S) - {_S.LOCKED}, _LOCKED),
    "pause": Verb(_S.PAUSED, _POLLING, _NOTHING),
    "resume": Verb(_S.RUNNING, frozenset({_S.PAUSED, _S.CLOSE_ONLY}), N_("%(name)s is not paused.")),
    "close_only": Verb(_S.CLOSE_ONLY, _POLLING, _NOTHING, N_("%(name)s only closes from now on: no new entries.")),
    "halt": Verb(
        _S.HALTED,
        _POLLING | {_S.HALTED},
        N_("%(name)s does not poll. There is nothing to halt."),
        N_("%(name)s is halted: no entry is sent until a person ends the halt; closes still flow."),
    ),
    "unhalt": Verb(
        _S.RUNNING, frozenset({_S.HALTED}), N_("%(name)s is not halted."), N_("The halt of %(name)s is over.")
    ),
}
OF_TRACKERS = ("pause", "resume", "close_only", "halt", "unhalt")


def change(p: Ports, user_id: str, credential_id: str, verb: str) -> Credential:
    """Do what a person wants with a credential's state; Refused says why not.

    Where entries flow from now on, the account is reconciled before the first of them.
    """
    done = VERBS[verb]
    with p.tenants(user_id) as store, store.transaction(durable=True):
        credential = _credential(store, credential_id)
        if done.then is _S.RUNNING and not credential.enabled:
            raise Refused(N_("%(name)s is disabled. Enable it first."), name=credential.name)
        _require(done, credential.state, credential.name)
        if done.then is _S.RUNNING:
            require_harmless(p, store, credential)
        if done.then is not credential.state:
            store.credentials.set_state(credential.id, done.then)
            detail = {"credential": credential.name, "state": str(done.then)}
            store.chronicle.audit(p.clock(), user_id, "credential.state", detail)
            _tell(p, store, verb, credential.name, credential_id=credential.id)
        if done.then is _S.RUNNING:
            _reconcile_first(p, store, credential.id, credential.state)
        waits = done.then is _S.STOPPED and leaves_something(store, credential.id)
    changed = _announced(p, user_id, credential.id, done.then)
    if waits:
        # Its wake is gone: an order's answer and a holding's stop are still seen to (services/unfinished.py).
        p.queue.cycle(user_id, credential.id)
    return changed


def change_tracker(p: Ports, user_id: str, tracker_id: str, verb: str) -> Tracker:
    """Do what a person wants with the state of a tracker that is started; Refused says why not."""
    done = VERBS[verb]
    with p.tenants(user_id) as store, store.transaction(durable=True):
        tracker = store.trackers.get(tracker_id)
        if tracker is None:
            raise NotFound(N_("There is no tracker called %(name)s."), name=tracker_id)
        _require(done, tracker.flow, tracker.name)
        if done.then is not tracker.state:
            store.trackers.set_state(tracker.id, done.then)
            detail = {"tracker": tracker.name, "state": str(done.then)}
            store.chronicle.audit(p.clock(), user_id, "tracker.state", detail)
            _tell(p, store, verb, tracker.name, credential_id=tracker.credential_id, tracker_id=tracker.id)
        if done.then is _S.RUNNING:
            _reconcile_first(p, store, tracker.credential_id, tracker.flow)
        changed = store.trackers.get(tracker.id)
    _announced(p, user_id, tracker.credential_id, done.then)
    return changed or tracker


def halt_user(p: Ports, user_id: str, *, by: str) -> None:
    """Turn entries off for all of a user's credentials, from the next order on; a second time changes nothing."""
    with p.tenants(user_id) as store, store.transaction(durable=True):
        if store.halts.user_halted():
            return
        store.halts.set_user_halted(p.clock())
        store.chronicle.audit(p.clock(), by, "user.halt", {})
        _add(p, store, "user_halted", Text(N_("All of your credentials are halted: no entry is sent; closes flow.")))
    _publish(p, user_id)


def unhalt_user(p: Ports, user_id: str, *, by: str) -> None:
    """Allow entries again, each credential's after a reconcile; a second time changes nothing.

    Refused while the user may not log in: nobody could see or stop what is entered then.
    """
    user = p.registry.user(user_id)
    if user is None or not user.enabled:
        raise Refused(_SHUT_OUT, email=user.email if user else user_id)
    with p.tenants(user_id) as store, store.transaction(durable=True):
        if not store.halts.user_halted():
            return
        polling = _reconcile_all(p, store)
        store.halts.set_user_halted(None)
        store.chronicle.audit(p.clock(), by, "user.unhalt", {})
        _add(p, store, "user_unhalted", Text(N_("The halt of all of your credentials is over.")), Severity.INFO)
    for credential_id in polling:
        announce(p, user_id, credential_id)
    _publish(p, user_id)


def halt_site(p: Ports, *, by: str) -> None:
    """Turn entries off for everybody, from the next order on; every user is told once."""
    if p.registry.site_halted():
        return
    p.registry.set_site_halted(True)
    p.registry.audit(p.clock(), by, "site.halt", "")
    text = Text(N_("The whole site is halted: no entry is sent until an administrator ends it; closes flow."))
    _tell_everybody(p, "site_halted", text, Severity.ALARM)


def unhalt_site(p: Ports, *, by: str) -> None:
    """Allow entries again for everybody, each credential's after a reconcile."""
    if not p.registry.site_halted():
        return
    polling: list[tuple[str, str]] = []
    for user in p.registry.users():
        # Before the halt ends: no entry can slip in between. Of a damaged database none could leave anyway.
        with suppress(Damaged), p.tenants(user.id) as store, store.transaction():
            polling += [(user.id, each) for each in _reconcile_all(p, store)]
    p.registry.set_site_halted(False)
    p.registry.audit(p.clock(), by, "site.unhalt", "")
    _tell_everybody(p, "site_unhalted", Text(N_("The halt of the whole site is over.")), Severity.INFO)
    for user_id, credential_id in polling:
        announce(p, user_id, credential_id)


def require_harmless(p: Ports, store: TenantStore, credential: Credential) -> None:
    """Refuse what would enter with a key that moves money, or in the demo with a live account."""
    if credential.environment is Environment.LIVE and p.demo:
        raise Refused(_DEMO, name=credential.name)
    facts = store.keys.facts(credential.id)
    if facts is not None and MOVES_MONEY in facts.warnings:
        raise Refused(_MOVES_MONEY, name=credential.name)


def _require(verb: Verb, now: CredentialState, name: str) -> None:
    if now is _S.LOCKED:
        raise Refused(_LOCKED, name=name)
    if now in verb.starts and (now is verb.then or allowed(now, verb.then, By.PERSON)):
        return
    raise Refused(_HALTED if now is _S.HALTED and verb.then is not _S.STOPPED else verb.wrong, name=name)


def _reconcile_first(p: Ports, store: TenantStore, credential_id: str, before: CredentialState) -> None:
    # What a restored database lacks is found out by the worker's claim (claiming.py), unless nothing polled then.
    store.halts.ask_reconcile(credential_id, p.clock(), lacking=not before.polls)
    store.halts.release_symbols(credential_id)


def _reconcile_all(p: Ports, store: TenantStore) -> list[str]:
    polling = [each.id for each in store.credentials.all() if each.enabled and each.state.polls]
    for credential_id in polling:
        store.halts.ask_reconcile(credential_id, p.clock(), lacking=False)
    return polling


def _announced(p: Ports, user_id: str, credential_id: str, then: CredentialState) -> Credential:
    if then is _S.RUNNING or then is _S.STOPPED:
        if then is _S.RUNNING:
            # Ahead of the first cycle in the same queue: what the account really holds is known before any entry.
            p.queue.sync(user_id, credential_id)
        return announce(p, user_id, credential_id)
    # Entries are off already: this must not depend on a queue that may be away.
    _publish(p, user_id)
    with p.tenants(user_id) as store:
        return _credential(store, credential_id)


def _credential(store: TenantStore, credential_id: str) -> Credential:
    found = store.credentials.get(credential_id)
    if found is None:
        raise NotFound(N_("There is no credential called %(name)s."), name=credential_id)
    return found


def _tell(
    p: Ports, store: TenantStore, verb: str, name: str, *, credential_id: str, tracker_id: str = ""
) -> None:
    if VERBS[verb].told:
        severity = Severity.INFO if verb == "unhalt" else Severity.WARNING
        text = Text(VERBS[verb].told, {"name": name})
        store.chronicle.add_event(Event(verb, text, p.clock(), severity, credential_id, tracker_id))


def _add(p: Ports, store: TenantStore, kind: str, text: Text, severity: Severity = Severity.ALARM) -> None:
    store.chronicle.add_event(Event(kind, text, p.clock(), severity))


def _tell_everybody(p: Ports, kind: str, text: Text, severity: Severity) -> None:
    for user in p.registry.users():
        with suppress(Damaged):
            with p.tenants(user.id) as store:
                _add(p, store, kind, text, severity)
            _publish(p, user.id)


def _publish(p: Ports, user_id: str) -> None:
    with p.tenants(user_id) as store:
        newest = store.chronicle.last_event_id()
    p.bus.publish(user_id, newest)
