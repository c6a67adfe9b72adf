"""A person's exchange accounts: adding, testing, switching on and off (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nof1web.core.records import Credential, CredentialState
from nof1web.core.rounding import plain
from nof1web.core.trading import Environment, KeyCheck
from nof1web.errors import N_, CredentialRefused, ExchangeError, Nof1Error, NotFound, Refused, SecretUnreadable
from nof1web.services import pairs, proxies
from nof1web.services.following import announce
from nof1web.services.holdings import require_nothing_open
from nof1web.services.ids import new_id
from nof1web.services.key_stores import Draft
from nof1web.services.key_tests import Key, checked, note_refusal, require_same_account, try_key, warnings_of
from nof1web.services.keys import (
    NO_OPTIONS,
    KeyOptions,
    check_typed,
    client,
    context,
    open_secret,
    passed,
    proxy_of,
    save,
)
from nof1web.services.locking import lock
from nof1web.services.ports import Ports
from nof1web.services.replacing import replace_key
from nof1web.services.stores import TenantStore


def draft(
    p: Ports,
    user_id: str,
    *,
    name: str,
    environment: str,
    api_key: str,
    api_secret: str,
    options: KeyOptions = NO_OPTIONS,
) -> Draft:
    """Seal what was typed to the installation's key and ask a worker to test it; InvalidInput names wrong fields."""
    check_typed(
        p, user_id, name=name, environment=environment, api_key=api_key, api_secret=api_secret, options=options
    )
    row = _row(p, name=name.strip(), environment=environment, api_key=api_key.strip(), options=options)
    return submit(p, user_id, row, api_secret, proxies.parted(options.proxy)[1])


def submit(p: Ports, user_id: str, row: Draft, secret: str, proxy_password: str) -> Draft:
    """Seal a draft's secrets, keep it, and ask a worker to test it."""
    public = p.installation.sealing_public
    sealed = p.seal(public, secret, context=context(user_id, row.id))
    password = b""
    if proxy_password:
        password = p.seal(public, proxy_password, context=context(user_id, row.id, proxies.FIELD))
    row = replace(row, sealed=sealed, sealed_proxy=password)
    with p.tenants(user_id) as store:
        store.credentials.add_draft(row)
    p.queue.test_key(user_id, row.id)
    return row


def _row(p: Ports, *, name: str, environment: str, api_key: str, options: KeyOptions) -> Draft:
    address, _password = proxies.parted(options.proxy)
    at = p.clock()
    row = Draft(new_id("d"), name, environment, api_key, b"", "testing", None, "", at)
    return replace(row, label=options.label, margin_mode=options.margin_mode, proxy=address)


def test_draft(p: Ports, user_id: str, draft_id: str) -> dict[str, object]:
    """Open, check, test and seal a typed key; a key that fails is not saved. Worker only."""
    with p.tenants(user_id) as store:
        row = store.credentials.draft(draft_id)
        if row is None:
            return {"state": "gone"}
        if row.state != pairs.TESTING:
            return {"state": row.state, "credential_id": row.credential_id}
        try:
            credential, _check, _codes = _kept(p, store, row, _opened(p, user_id, row))
        except Nof1Error as error:
            pairs.failed(store, row, error.text)
            return {"state": "failed", "answer": str(error.text)}
        p.bus.publish(user_id, store.chronicle.last_event_id())
        return {"state": "passed", "credential_id": credential.id}


def _opened(p: Ports, user_id: str, row: Draft) -> tuple[str, str]:
    private = p.installation.sealing_private
    secret = p.vault.open_typed(private, row.sealed, context=context(user_id, row.id))
    if not row.sealed_proxy:
        return secret, ""
    return secret, p.vault.open_typed(private, row.sealed_proxy, context=context(user_id, row.id, proxies.FIELD))


def _kept(
    p: Ports, store: TenantStore, row: Draft, secrets: tuple[str, str]
) -> tuple[Credential, KeyCheck, tuple[str, ...]]:
    """Test a draft's key and keep it, as a new credential or in the place of another's key."""
    if row.replaces:
        credential, check = replace_key(p, store, row, secrets[0])
    else:
        key = Key(Environment(row.environment), row.api_key, secrets[0], proxies.joined(row.proxy, secrets[1]))
        tested = try_key(p, key)
        credential, check = save(p, store, row, secrets, tested), tested.check
    facts = store.keys.facts(credential.id)
    return credential, check, facts.warnings if facts else ()


def retest(p: Ports, user_id: str, credential_id: str) -> dict[str, object]:
    """Test a saved credential's key again and note the answer. Worker, or a command on the host."""
    with p.tenants(user_id) as store:
        credential = _found(store, credential_id)
        try:
            check = _checked(p, store, credential)
        except SecretUnreadable as error:
            lock(store, credential, error.text, queue=p.queue, bus=p.bus, clock=p.clock)
            return {"ok": False, "code": error.code, "answer": str(error.text)}
        except (ExchangeError, Refused) as error:
            with store.transaction(durable=True):
                if isinstance(error, CredentialRefused):
                    note_refusal(p, store, credential, error)
                store.credentials.set_tested(credential.id, p.clock(), alias=credential.account_alias, error=error.text)
            p.bus.publish(user_id, store.chronicle.last_event_id())
            return {"ok": False, "code": error.code, "answer": str(error.text)}
        with store.transaction():
            store.credentials.set_tested(credential.id, p.clock(), alias=check.account_alias, error=None)
            codes = warnings_of(store, check, environment=credential.environment, except_id=credential.id)
            facts = store.keys.facts(credential.id)
            if facts is not None:
                cleared = replace(facts, warnings=codes, refused_at=None, confirmed_at=None, refusals=0)
                store.keys.put_facts(replace(cleared, locked_from=""))
            if credential.state is CredentialState.LOCKED:
                store.credentials.set_state(credential.id, CredentialState.STOPPED)
        p.bus.publish(user_id, store.chronicle.last_event_id())
    return {"ok": True, "answer": str(passed(check)), **_told(check), "warnings": list(codes)}


def _checked(p: Ports, store: TenantStore, credential: Credential) -> KeyCheck:
    exchange = client(p, store, credential)
    if credential.environment is Environment.PAPER:
        return exchange.check()
    secret, proxy = open_secret(p, store, credential), proxy_of(p, store, credential)
    worked = bool(credential.account_alias)
    check = checked(p, exchange, Key(credential.environment, credential.api_key, secret, proxy, worked=worked))
    require_same_account(credential.name, credential.account_alias, check.account_alias)
    return check


def add(
    p: Ports,
    user_id: str,
    *,
    name: str,
    environment: str,
    api_key: str,
    api_secret: str,
    options: KeyOptions = NO_OPTIONS,
) -> tuple[Credential, KeyCheck]:
    """Test a key in this process and save it; raises what is wrong and saves nothing then. Host commands only."""
    check_typed(
        p, user_id, name=name, environment=environment, api_key=api_key, api_secret=api_secret, options=options
    )
    row = _row(p, name=name.strip(), environment=environment, api_key=api_key.strip(), options=options)
    with p.tenants(user_id) as store:
        credential, check, codes = _kept(p, store, row, (api_secret, proxies.parted(options.proxy)[1]))
        return credential, replace(check, warnings=codes)


def find(p: Ports, user_id: str, id_or_name: str) -> Credential:
    """Return one of the user's credentials by id or name; NotFound otherwise."""
    with p.tenants(user_id) as store:
        return _found(store, id_or_name)


def listing(p: Ports, user_id: str) -> tuple[Credential, ...]:
    """Return the user's credentials in the order they were added."""
    with p.tenants(user_id) as store:
        return store.credentials.all()


def enable(p: Ports, user_id: str, credential_id: str) -> Credential:
    """Let a credential be used again; it stays stopped until it is started."""
    with p.tenants(user_id) as store, store.transaction():
        credential = _found(store, credential_id)
        _set_enabled(p, store, credential, True)
        return _found(store, credential.id)


def disable(p: Ports, user_id: str, credential_id: str) -> Credential:
    """Take a credential out of use and stop it; Refused while anything of it may be open."""
    with p.tenants(user_id) as store, store.transaction(durable=True):
        credential = _found(store, credential_id)
        require_nothing_open(store, credential.id, credential.name)
        if credential.state.polls:
            store.credentials.set_state(credential.id, CredentialState.STOPPED)
            detail = {"credential": credential.name, "state": str(CredentialState.STOPPED)}
            store.chronicle.audit(p.clock(), user_id, "credential.state", detail)
        _set_enabled(p, store, credential, False)
    return announce(p, user_id, credential.id)


def _set_enabled(p: Ports, store: TenantStore, credential: Credential, enabled: bool) -> None:
    store.credentials.set_enabled(credential.id, enabled)
    action = "credential.enable" if enabled else "credential.disable"
    store.chronicle.audit(p.clock(), store.user_id, action, {"credential": credential.name})


def _found(store: TenantStore, id_or_name: str) -> Credential:
    credential = store.credentials.get(id_or_name)
    if credential is None:
        raise NotFound(N_("There is no credential called %(name)s."), name=id_or_name)
    return credential


def _told(check: KeyCheck) -> Mapping[str, object]:
    return {
        "equity": plain(check.equity),
        "available": plain(check.available),
        "position_mode": "hedge" if check.hedge else "one_way",
        "multi_assets": check.multi_assets,
        "warnings": list(check.warnings),
    }
