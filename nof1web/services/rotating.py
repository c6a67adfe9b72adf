"""Renewing master and tenant keys; whoever dies in between runs it again and nothing is lost (DESIGN §6)."""

from __future__ import annotations

from dataclasses import dataclass

from nof1web.errors import N_, Damaged, Refused, SecretUnreadable, Text
from nof1web.services.locking import unopened, workers
from nof1web.services.ports import Ports, TenantStore
from nof1web.services.status import Observed

RUNNING = N_(
    "%(count)s workers are running, and one without the new key could open nothing afterwards: stop everything, run "
    "this again, then start with both keys."
)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What one run of a rotation did: tenants renewed, tenants that needed nothing, secrets sealed again.

    `unreadable` are the users whose keys open with none of the master keys at hand, or whose database is damaged, each
    with the reason.
    """

    tenants: int
    current: int
    secrets: int
    unreadable: tuple[tuple[str, Text], ...] = ()


def require_nobody(p: Observed) -> None:
    """Refuse while a worker is alive: without the new key it could open nothing afterwards."""
    if count := workers(p):
        raise Refused(RUNNING, count=count)


def rotate_master(p: Observed) -> Rotated:
    """Wrap every tenant's data key and the installation's private key under the current master key.

    One transaction per database: killed in between, each is under one key or the other, and both are at hand until
    a run says that nothing is left to do. Whom it can't be done for keeps nobody else from it. Refused while a worker
    is alive, SecretUnreadable when the installation's private key doesn't open: nothing is changed then.
    """
    require_nobody(p)
    tenants = current = 0
    unreadable: list[tuple[str, Text]] = []
    installed = p.registry.installation()
    if installed is not None:
        fresh = p.vault.rewrap_sealing_key(installed.sealing_private)
        if p.vault.outdated(installed.sealing_private):
            p.registry.put_sealing_key(fresh)
    for user in p.registry.users():
        try:
            with p.tenants(user.id) as store:
                renewed = _rewrapped(p, store)
        except (SecretUnreadable, Damaged) as error:
            unreadable.append((user.email, error.text))
            continue
        tenants, current = tenants + renewed, current + (not renewed)
    p.registry.audit(p.clock(), "host", "rotate-key.master", f"{tenants} renewed, {current} current")
    return Rotated(tenants, current, 0, tuple(unreadable))


def unreadable(p: Ports) -> tuple[tuple[str, Text], ...]:
    """Return the users whose data key opens with none of the master keys at hand, or whose database is damaged.

    SecretUnreadable when the installation's private key doesn't open. Writes nothing.
    """
    installed = p.registry.installation()
    if installed is not None:
        p.vault.require(installed.sealing_private)
    found: list[tuple[str, Text]] = []
    for email, error in unopened(p):
        if not isinstance(error, (SecretUnreadable, Damaged)):
            raise error
        found.append((email, error.text))
    return tuple(found)


def _rewrapped(p: Ports, store: TenantStore) -> bool:
    with store.transaction(durable=True):
        wrapped = store.credentials.data_key()
        if wrapped is None:
            return False
        # Opened even when its version is the current one: two keys can have been given the same number.
        fresh = p.vault.rewrap(wrapped, user_id=store.user_id)
        if not p.vault.outdated(wrapped):
            return False
        store.keys.replace_data_key(fresh)
    return True


def rotate_tenant(p: Ports, user_id: str) -> Rotated:
    """Give one tenant a new data key and seal all of their secrets under it: everything, or nothing.

    SecretUnreadable when one of them doesn't open; a test of its credential locks it and says so.
    """
    with p.tenants(user_id) as store, store.transaction(durable=True):
        if store.credentials.data_key() is None:
            return Rotated(0, 1, 0)
        fresh = p.vault.new_data_key(user_id)
        sealed = store.keys.all_sealed()
        for each in sealed:
            place = {"user_id": user_id, "credential_id": each.credential_id, "field": each.field}
            secret = p.vault.open(each.wrapped, each.sealed, **place)
            store.credentials.put_secret(each.credential_id, each.field, p.vault.seal(fresh, secret, **place))
        store.keys.replace_data_key(fresh)
        store.chronicle.audit(p.clock(), "host", "rotate-key.tenant", {"secrets": str(len(sealed))})
    return Rotated(1, 0, len(sealed))
