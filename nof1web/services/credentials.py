"""A person's exchange accounts: adding, testing, switching on and off (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping

from nof1web.core.records import Credential, CredentialState
from nof1web.core.rounding import plain
from nof1web.core.trading import KeyCheck
from nof1web.errors import N_, ExchangeError, Nof1Error, NotFound, Refused, SecretUnreadable, Text
from nof1web.services import figures
from nof1web.services.following import announce
from nof1web.services.ids import new_id
from nof1web.services.keys import check_typed, client, context, save, try_key
from nof1web.services.locking import lock
from nof1web.services.ports import Ports
from nof1web.services.stores import Draft, TenantStore


def draft(p: Ports, user_id: str, *, name: str, environment: str, api_key: str, api_secret: str) -> Draft:
    """Seal what was typed to the installation's key and ask a worker to test it; InvalidInput names wrong fields."""
    check_typed(p, user_id, name=name, environment=environment, api_key=api_key, api_secret=api_secret)
    draft_id = new_id("d")
    sealed = p.seal(p.installation.sealing_public, api_secret, context=context(user_id, draft_id))
    row = Draft(draft_id, name.strip(), environment, api_key.strip(), sealed, "testing", None, "", p.clock())
    with p.tenants(user_id) as store:
        store.credentials.add_draft(row)
    p.queue.test_key(user_id, draft_id)
    return row


def test_draft(p: Ports, user_id: str, draft_id: str) -> dict[str, object]:
    """Open, check, test and seal a typed key; a key that fails is not saved. Worker only."""
    with p.tenants(user_id) as store:
        row = store.credentials.draft(draft_id)
        if row is None or row.state != "testing":
            return {"state": row.state if row else "gone"}
        try:
            secret = p.vault.open_typed(p.installation.sealing_private, row.sealed, context=context(user_id, draft_id))
            tested = try_key(p, row, secret)
            credential = save(p, store, row, secret, tested)
        except Nof1Error as error:
            store.credentials.finish_draft(draft_id, state="failed", answer=error.text)
            return {"state": "failed", "answer": str(error.text)}
        store.credentials.finish_draft(
            draft_id, state="passed", answer=_passed(tested.check), credential_id=credential.id
        )
        return {"state": "passed", "credential_id": credential.id}


def retest(p: Ports, user_id: str, credential_id: str) -> dict[str, object]:
    """Test a saved credential's key again and note the answer. Worker, or a command on the host."""
    with p.tenants(user_id) as store:
        credential = _found(store, credential_id)
        try:
            check = client(p, store, credential).check()
        except SecretUnreadable as error:
            lock(store, credential, error.text, queue=p.queue, bus=p.bus, clock=p.clock)
            return {"ok": False, "code": error.code, "answer": str(error.text)}
        except ExchangeError as error:
            store.credentials.set_tested(credential.id, p.clock(), alias=credential.account_alias, error=error.text)
            p.bus.publish(user_id, store.chronicle.last_event_id())
            return {"ok": False, "code": error.code, "answer": str(error.text)}
        store.credentials.set_tested(credential.id, p.clock(), alias=check.account_alias, error=None)
        if credential.state is CredentialState.LOCKED:
            store.credentials.set_state(credential.id, CredentialState.STOPPED)
        p.bus.publish(user_id, store.chronicle.last_event_id())
    return {"ok": True, "answer": str(_passed(check)), **_told(check)}


def add(
    p: Ports, user_id: str, *, name: str, environment: str, api_key: str, api_secret: str
) -> tuple[Credential, KeyCheck]:
    """Test a key in this process and save it; raises what is wrong and saves nothing then. Host commands only."""
    check_typed(p, user_id, name=name, environment=environment, api_key=api_key, api_secret=api_secret)
    row = Draft(new_id("d"), name.strip(), environment, api_key.strip(), b"", "passed", None, "", p.clock())
    with p.tenants(user_id) as store:
        tested = try_key(p, row, api_secret)
        return save(p, store, row, api_secret, tested), tested.check


def find(p: Ports, user_id: str, id_or_name: str) -> Credential:
    """Return one of the user's credentials by id or name; NotFound otherwise."""
    with p.tenants(user_id) as store:
        return _found(store, id_or_name)


def listing(p: Ports, user_id: str) -> tuple[Credential, ...]:
    """Return the user's credentials in the order they were added."""
    with p.tenants(user_id) as store:
        return store.credentials.all()


def start(p: Ports, user_id: str, credential_id: str) -> Credential:
    """Let a credential poll; the first cycle syncs before any entry."""
    credential = find(p, user_id, credential_id)
    if not credential.enabled:
        raise Refused(N_("%(name)s is disabled. Enable it first."), name=credential.name)
    if credential.state is CredentialState.LOCKED:
        raise Refused(N_("%(name)s is locked. Test its connection first."), name=credential.name)
    return _enter_state(p, user_id, credential, CredentialState.RUNNING)


def stop(p: Ports, user_id: str, credential_id: str) -> Credential:
    """Stop polling: nothing is opened or closed any more; what rests on the exchange stays there."""
    credential = find(p, user_id, credential_id)
    if credential.state is CredentialState.LOCKED:
        raise Refused(N_("%(name)s is locked. Test its connection first."), name=credential.name)
    return _enter_state(p, user_id, credential, CredentialState.STOPPED)


def pause(p: Ports, user_id: str, credential_id: str) -> Credential:
    """No entries or increases; the agent's reductions and closes still flow."""
    credential = find(p, user_id, credential_id)
    if not credential.state.polls:
        raise Refused(N_("%(name)s does not poll. There is nothing to pause."), name=credential.name)
    return _enter_state(p, user_id, credential, CredentialState.PAUSED)


def resume(p: Ports, user_id: str, credential_id: str) -> Credential:
    """End a pause."""
    credential = find(p, user_id, credential_id)
    if credential.state is not CredentialState.PAUSED:
        raise Refused(N_("%(name)s is not paused."), name=credential.name)
    return _enter_state(p, user_id, credential, CredentialState.RUNNING)


def enable(p: Ports, user_id: str, credential_id: str) -> Credential:
    """Let a credential be used again; it stays stopped until it is started."""
    return _set_enabled(p, user_id, credential_id, True)


def disable(p: Ports, user_id: str, credential_id: str) -> Credential:
    """Take a credential out of use; Refused while it holds positions."""
    credential = find(p, user_id, credential_id)
    with p.tenants(user_id) as store:
        held = any(epoch.quantity and not epoch.shadow for epoch in store.trackers.epochs(credential.id))
    if held:
        raise Refused(N_("%(name)s still holds positions: flatten or release them first."), name=credential.name)
    if credential.state.polls:
        _enter_state(p, user_id, credential, CredentialState.STOPPED)
    return _set_enabled(p, user_id, credential.id, False)


def _set_enabled(p: Ports, user_id: str, credential_id: str, enabled: bool) -> Credential:
    credential = find(p, user_id, credential_id)
    with p.tenants(user_id) as store, store.transaction():
        store.credentials.set_enabled(credential.id, enabled)
        store.chronicle.audit(
            p.clock(),
            user_id,
            "credential.enable" if enabled else "credential.disable",
            {"credential": credential.name},
        )
    return find(p, user_id, credential.id)


def _enter_state(p: Ports, user_id: str, credential: Credential, state: CredentialState) -> Credential:
    with p.tenants(user_id) as store, store.transaction():
        store.credentials.set_state(credential.id, state)
        store.chronicle.audit(
            p.clock(), user_id, "credential.state", {"credential": credential.name, "state": str(state)}
        )
    if state is CredentialState.RUNNING:
        # Ahead of the first cycle in the same queue: what the account really holds is known before any entry.
        p.queue.sync(user_id, credential.id)
    return announce(p, user_id, credential.id)


def _found(store: TenantStore, id_or_name: str) -> Credential:
    credential = store.credentials.get(id_or_name)
    if credential is None:
        raise NotFound(N_("There is no credential called %(name)s."), name=id_or_name)
    return credential


def _passed(check: KeyCheck) -> Text:
    return Text(N_("The key works. Balance: %(equity)s USDT."), {"equity": figures.money(check.equity)})


def _told(check: KeyCheck) -> Mapping[str, object]:
    return {
        "equity": plain(check.equity),
        "available": plain(check.available),
        "position_mode": "hedge" if check.hedge else "one_way",
        "multi_assets": check.multi_assets,
        "warnings": list(check.warnings),
    }
