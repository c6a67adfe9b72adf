"""A key whose private half is made and sealed here: its public half goes to the exchange, which answers with an id."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from nof1web.core.trading import Environment
from nof1web.errors import N_, NotFound, Text
from nof1web.services import proxies
from nof1web.services.ids import new_id
from nof1web.services.key_stores import Draft
from nof1web.services.keys import NO_OPTIONS, KeyOptions, check_typed, context, refuse, taken, wrong_key
from nof1web.services.ports import Ports
from nof1web.services.stores import TenantStore

TESTING, WAITING = "testing", "waiting"
WAITED_FOR = timedelta(hours=1)
"""how long somebody who typed a key may still be waiting for its test"""
PAPER = N_("A paper account has no key: choose testnet or live.")
GONE = N_("This key pair is not waiting any more: make a new one.")
NOT_FINISHED = N_("The test of this key was interrupted, and nothing was saved: enter the key again.")
GIVEN_UP = N_("This key pair was given up.")


class Pairing(Ports, Protocol):
    """Ports that can make key pairs."""

    def new_pair(self) -> tuple[str, str]:
        """Return a fresh Ed25519 pair (private, public) as PEM."""
        ...


def begin(p: Pairing, user_id: str, *, name: str, environment: str, options: KeyOptions = NO_OPTIONS) -> Draft:
    """Make a pair, seal its private half to the installation's key, and keep it until its id is known.

    InvalidInput names wrong fields.
    """
    check_typed(
        p, user_id, name=name, environment=environment, api_key="", api_secret="", options=options, keyless=True
    )
    if environment == Environment.PAPER:
        refuse({"environment": Text(PAPER)})
    id = new_id("d")
    private, public = p.new_pair()
    address, password = proxies.parted(options.proxy)
    sealing = p.installation.sealing_public
    row = Draft(
        id, name.strip(), environment, "", p.seal(sealing, private, context=context(user_id, id)), WAITING, None, "",
        p.clock(), label=options.label, margin_mode=options.margin_mode, proxy=address, public_key=public,
    )  # fmt: skip
    if password:
        row = replace(row, sealed_proxy=p.seal(sealing, password, context=context(user_id, id, proxies.FIELD)))
    with p.tenants(user_id) as store, store.transaction():
        store.credentials.add_draft(row)
        store.chronicle.audit(p.clock(), user_id, "credential.pair", {"credential": row.name})
    return row


def named(p: Ports, user_id: str, draft_id: str, api_key: str) -> Draft:
    """Take the id that the exchange gave a pair; its test can begin. InvalidInput for what can't be one."""
    with p.tenants(user_id) as store, store.transaction():
        row = _waiting(store, draft_id)
        refuse(wrong_key(api_key, "0" * 64) | taken(store, api_key.strip(), row.environment))
        row = replace(row, api_key=api_key.strip(), state=TESTING, answer=None)
        store.credentials.put_draft(row)
    return row


def failed(store: TenantStore, row: Draft, why: Text) -> None:
    """Note that a draft's test failed. A pair keeps waiting: at the exchange something may only have to be ticked.

    A draft that is gone by now, with the credential whose key it was to be, stays gone.
    """
    with store.transaction():
        found = store.credentials.draft(row.id)
        if found is None or found.state != TESTING:
            return
        if row.public_key:
            store.credentials.put_draft(replace(row, state=WAITING, answer=why))
        else:
            store.credentials.finish_draft(row.id, state="failed", answer=why)


def interrupted(p: Ports, user_id: str, draft_id: str) -> None:
    """Note that a test was ended before it had an answer; what was typed is erased, a pair keeps waiting."""
    with p.tenants(user_id) as store:
        row = store.credentials.draft(draft_id)
        if row is not None:
            failed(store, row, Text(NOT_FINISHED))


def unfinished(p: Ports, store: TenantStore) -> None:
    """Ask again for tests whose job was lost; those nobody waits for any more fail, and what was typed is erased."""
    for row in store.credentials.testing():
        if p.clock() - row.created_at < WAITED_FOR or row.public_key:
            p.queue.test_key(store.user_id, row.id)
        else:
            failed(store, row, Text(NOT_FINISHED))


def give_up(p: Ports, user_id: str, draft_id: str) -> None:
    """Erase a pair that waits."""
    with p.tenants(user_id) as store, store.transaction():
        row = _waiting(store, draft_id)
        store.credentials.finish_draft(row.id, state="failed", answer=Text(GIVEN_UP))


def _waiting(store: TenantStore, draft_id: str) -> Draft:
    row = store.credentials.draft(draft_id)
    if row is None or row.state != WAITING:
        raise NotFound(GONE)
    return row
