"""Taking credentials out of use whose key is no good: nobody asks for their cycles, their owner is told once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from nof1web.core.records import Credential, CredentialState, Event, Severity
from nof1web.errors import N_, ConfigError, Damaged, Nof1Error, SecretUnreadable, Text
from nof1web.services.key_stores import KeyFacts
from nof1web.services.outside import Bus, Clock, Queue
from nof1web.services.ports import Ports
from nof1web.services.status import Observed
from nof1web.services.stores import TenantStore

LOCKED = N_(
    "%(name)s is locked because its secret does not open: nothing is opened or closed, protection rests on the "
    "exchange. Test its connection: the answer says what to do."
)
LOCKED_FOR_NOW = N_(
    "%(name)s is locked because the server was started with another master key: nothing is opened or closed, "
    "protection rests on the exchange. Start with the right master key."
)
# The vault's sentence word for word: adapters can't import it from here.
MISSING_VERSION = N_("Master key version %(version)s is missing: add it to NOF1_MASTER_KEY and start again.")
VERSIONS = N_(
    "Master key version %(versions)s is missing: the keys of %(count)s users are under it, %(emails)s among them. "
    "Add it to NOF1_MASTER_KEY and start again."
)
_NAMED = 5
WRONG_MASTER = N_("The server was started with another master key. It goes on once the right one is there.")
UNLOCKED = N_("%(name)s is unlocked: the right master key is there again.")


def lock(
    store: TenantStore,
    credential: Credential,
    why: Text,
    *,
    queue: Queue,
    bus: Bus,
    clock: Clock,
    told: Event | None = None,
) -> None:
    """Lock the credential, take it out of the index, and append one event unless it was locked before.

    `told` is that event where the reason is another one than a secret that doesn't open. A missing master key version
    locks nobody: it is this process that lacks it, and under the right keys the credential goes on.
    """
    if why.template == MISSING_VERSION:
        return
    event_id = 0
    with store.transaction():
        found = store.credentials.get(credential.id)
        store.credentials.set_state(credential.id, CredentialState.LOCKED, error=why)
        if found is not None and found.state is not CredentialState.LOCKED:
            text = Text(LOCKED, {"name": credential.name})
            event_id = store.chronicle.add_event(
                told or Event("locked", text, clock(), Severity.ALARM, credential.id)
            )
    queue.follow(store.user_id, credential.id, frozenset())
    queue.wake(store.user_id, credential.id, None)
    if event_id:
        bus.publish(store.user_id, event_id)


def workers(p: Observed) -> int:
    """Return how many workers are alive; 0 while Redis doesn't answer, without which none works."""
    return sum(1 for each in p.health()["workers"] if each["alive"])


def lock_all(p: Observed) -> int:
    """Lock every credential that has a secret, because the master key opens none; return how many.

    Nobody while a worker is alive: it has the right key, and only this process hasn't. Only the databases are written:
    this happens at a start, when nothing else may run yet; a damaged one opens nothing anyway. Each credential
    remembers the state it goes back to, see `unlock_all`.
    """
    count = 0
    if workers(p):
        return count
    # Noted first: whoever dies in between leaves nobody locked for good.
    p.registry.set_all_locked(True)
    for user in p.registry.users():
        with suppress(Damaged), p.tenants(user.id) as store, store.transaction():
            sealed = {each.credential_id for each in store.keys.all_sealed()}
            for credential in store.credentials.all():
                if credential.id in sealed:
                    count += 1
                    _lock_for_now(p, store, credential)
    return count


def _lock_for_now(p: Ports, store: TenantStore, credential: Credential) -> None:
    facts = store.keys.facts(credential.id)
    if facts is None or credential.state is CredentialState.LOCKED:
        return
    store.keys.put_facts(replace(facts, locked_from=credential.state.value))
    store.credentials.set_state(credential.id, CredentialState.LOCKED, error=Text(WRONG_MASTER))
    text = Text(LOCKED_FOR_NOW, {"name": credential.name})
    store.chronicle.add_event(Event("locked", text, p.clock(), Severity.ALARM, credential.id))


def require_versions(p: Ports) -> None:
    """Raise ConfigError naming users whose data key is under a master key version that isn't at hand.

    A damaged database or data key is its owner's trouble alone, and keeps nobody from starting.
    """
    versions, emails = set[str](), []
    for email, error in unopened(p):
        if isinstance(error, SecretUnreadable) and error.text.template == MISSING_VERSION:
            versions.add(str(error.text.numbers["version"]))
            emails.append(email)
    if emails:
        named = ", ".join(emails[:_NAMED])
        raise ConfigError(VERSIONS, versions=", ".join(sorted(versions)), count=len(emails), emails=named)


def unopened(p: Ports) -> Iterator[tuple[str, Nof1Error]]:
    """Give the e-mail of each user whose data key can't be opened or read, and why. Writes nothing."""
    for user in p.registry.users():
        try:
            with p.tenants(user.id) as store:
                wrapped = store.credentials.data_key()
            if wrapped is not None:
                p.vault.rewrap(wrapped, user_id=user.id)
        except Nof1Error as error:
            yield user.email, error


def unlock_all(p: Ports) -> int:
    """Give credentials back the state in which `lock_all` found them; return how many.

    Opens nobody's database unless there was such a lock: every start asks this.
    """
    count = 0
    if not p.registry.all_locked():
        return count
    for user in p.registry.users():
        with suppress(Damaged), p.tenants(user.id) as store, store.transaction():
            for facts in store.keys.all_facts():
                credential = store.credentials.get(facts.credential_id)
                if facts.locked_from and credential is not None:
                    count += 1
                    _unlock(p, store, credential, facts)
    p.registry.set_all_locked(False)
    return count


def _unlock(p: Ports, store: TenantStore, credential: Credential, facts: KeyFacts) -> None:
    store.keys.put_facts(replace(facts, locked_from=""))
    if credential.state is CredentialState.LOCKED:
        store.credentials.set_state(credential.id, CredentialState(facts.locked_from))
        text = Text(UNLOCKED, {"name": credential.name})
        store.chronicle.add_event(Event("unlocked", text, p.clock(), Severity.INFO, credential.id))
