"""A new key in the place of an old one: of the same exchange account, with the credential's history kept."""

from __future__ import annotations

from dataclasses import replace

from nof1web.core.records import Credential, CredentialState
from nof1web.core.trading import Environment, KeyCheck
from nof1web.errors import N_, NotFound, Refused, Text
from nof1web.services import proxies
from nof1web.services.following import announce
from nof1web.services.ids import new_id
from nof1web.services.key_stores import Draft, KeyFacts, PastKey
from nof1web.services.key_tests import Key, Tested, require_same_account, try_key, warnings_of
from nof1web.services.keys import note_passed, proxy_of, put_secrets, refuse, taken, wrong_key
from nof1web.services.ports import Ports
from nof1web.services.reading import masked
from nof1web.services.stores import TenantStore

KEYLESS = N_("%(name)s is a paper account and has no key.")
FIXED = N_("%(name)s has orders already, so its environment stays: add the key as a new credential.")


def begin(
    p: Ports, user_id: str, credential: Credential, *, api_key: str, api_secret: str, environment: str = ""
) -> Draft:
    """Return a draft of the key that is to follow a credential's; InvalidInput names wrong fields.

    A key of another `environment` (empty: the same) moves the credential there, until its first order.
    """
    if credential.environment is Environment.PAPER:
        raise Refused(KEYLESS, name=credential.name)
    fields = wrong_key(api_key, api_secret)
    environment = environment or credential.environment.value
    with p.tenants(user_id) as store:
        if environment != credential.environment:
            fields |= _unmovable(p, store, credential, environment)
        fields |= taken(store, api_key.strip(), environment)
    refuse(fields)
    row = Draft(new_id("d"), credential.name, environment, api_key.strip(), b"", "testing", None, "", p.clock())
    return replace(row, replaces=credential.id)


def _unmovable(p: Ports, store: TenantStore, credential: Credential, environment: str) -> dict[str, Text]:
    if environment not in (Environment.TESTNET, Environment.LIVE):
        return {"environment": Text(N_("Choose testnet or live."))}
    if p.demo and environment == Environment.LIVE:
        return {"environment": Text(N_("This is the demo: live keys are not accepted. Choose testnet."))}
    if store.keys.was_used(credential.id):
        return {"environment": Text(FIXED, {"name": credential.name})}
    return {}


def replace_key(p: Ports, store: TenantStore, row: Draft, secret: str) -> tuple[Credential, KeyCheck]:
    """Test a key and put it in the place of the credential's; raises what is wrong and changes nothing then.

    A locked credential is stopped afterwards, every other keeps its state. Worker or host command only.
    """
    credential = _existing(store, row.replaces)
    environment = Environment(row.environment)
    tested = try_key(p, Key(environment, row.api_key, secret, proxy_of(p, store, credential)))
    with store.transaction(durable=True):
        # The test took its time: what a person did meanwhile, removing it above all, stays done.
        credential = _existing(store, row.replaces)
        moves = environment is not credential.environment
        if moves:
            credential = _moved(p, store, credential, environment, tested)
        else:
            require_same_account(credential.name, credential.account_alias, tested.check.account_alias)
        codes = _put(p, store, credential, (row.api_key, secret), tested)
        note_passed(store, row, credential.id, tested.check, codes)
    if moves:
        announce(p, store.user_id, credential.id)
    # Only a sync tells what the account shows from what is believed: this test's reading explains nothing.
    p.queue.sync(store.user_id, credential.id)
    return _existing(store, credential.id), tested.check


def _existing(store: TenantStore, credential_id: str) -> Credential:
    found = store.credentials.get(credential_id)
    if found is None:
        raise NotFound(N_("This credential does not exist any more."))
    return found


def _moved(
    p: Ports, store: TenantStore, credential: Credential, environment: Environment, tested: Tested
) -> Credential:
    """Move a credential without orders to another environment: stopped, not armed, with that account's reading."""
    if store.keys.was_used(credential.id):
        raise Refused(FIXED, name=credential.name)
    store.keys.put_environment(credential.id, environment)
    store.credentials.put_snapshot(credential.id, tested.account, tested.positions)
    detail = {"credential": credential.name, "environment": environment.value}
    store.chronicle.audit(p.clock(), store.user_id, "credential.environment", detail)
    return replace(credential, environment=environment, state=CredentialState.STOPPED, armed=False)


def _put(
    p: Ports, store: TenantStore, credential: Credential, key: tuple[str, str], tested: Tested
) -> tuple[str, ...]:
    """Put a key in the place of another one; return what to warn of."""
    now, (api_key, secret) = p.clock(), key
    refuse(taken(store, api_key, credential.environment, except_id=credential.id))
    facts = store.keys.facts(credential.id) or KeyFacts(credential.id, credential.created_at)
    store.keys.add_past(PastKey(credential.id, masked(credential.api_key), facts.added_at, now))
    store.keys.put_api_key(credential.id, api_key, tested.check.account_alias)
    put_secrets(p, store, credential.id, (secret, ""))
    codes = warnings_of(store, tested.check, environment=credential.environment, except_id=credential.id)
    fresh = KeyFacts(credential.id, now, label=facts.label, proxy=facts.proxy, warnings=codes)
    store.keys.put_facts(fresh)
    store.credentials.set_tested(credential.id, now, alias=tested.check.account_alias, error=None)
    if credential.state is CredentialState.LOCKED:
        store.credentials.set_state(credential.id, CredentialState.STOPPED)
    store.halts.ask_reconcile(credential.id, now, lacking=False)
    store.chronicle.audit(now, store.user_id, "credential.rotate", {"credential": credential.name})
    return codes


def store_proxy(p: Ports, user_id: str, credential: Credential, typed: str) -> None:
    """Give a credential another proxy, or none when empty. Host commands only: the password is sealed at once."""
    address, password = proxies.parted(typed)
    with p.tenants(user_id) as store, store.transaction():
        facts = store.keys.facts(credential.id) or KeyFacts(credential.id, credential.created_at)
        store.keys.put_facts(replace(facts, proxy=address))
        store.keys.drop_secret(credential.id, proxies.FIELD)
        wrapped = store.credentials.data_key()
        if password and wrapped is not None:
            place = {"user_id": user_id, "credential_id": credential.id, "field": proxies.FIELD}
            store.credentials.put_secret(credential.id, proxies.FIELD, p.vault.seal(wrapped, password, **place))
        store.chronicle.audit(p.clock(), user_id, "credential.proxy", {"credential": credential.name, "proxy": address})
