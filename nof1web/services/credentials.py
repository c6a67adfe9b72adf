"""A person's exchange accounts: adding, testing, switching on and off (DESIGN §6)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nof1web.core.records import Credential, CredentialState
from nof1web.core.rounding import plain
from nof1web.core.trading import Environment, KeyCheck
from nof1web.errors import N_, ExchangeError, InvalidInput, Nof1Error, NotFound, Refused, SecretUnreadable, Text
from nof1web.services.following import announce
from nof1web.services.ids import new_id
from nof1web.services.ports import Ports
from nof1web.services.stores import Draft, TenantStore

SECRET = "api_secret"
QUOTA = 200
_KEY = re.compile(r"[A-Za-z0-9]{16,128}")


def draft(p: Ports, user_id: str, *, name: str, environment: str, api_key: str, api_secret: str) -> Draft:
    """Seal what was typed to the installation's key and ask a worker to test it; InvalidInput names wrong fields."""
    _check_typed(p, user_id, name=name, environment=environment, api_key=api_key, api_secret=api_secret)
    draft_id = new_id("d")
    sealed = p.seal(p.installation.sealing_public, api_secret, context=_context(user_id, draft_id))
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
            secret = p.vault.open_typed(p.installation.sealing_private, row.sealed, context=_context(user_id, draft_id))
            check = p.exchange(Environment(row.environment), row.api_key, secret).check()
            credential = _save(p, store, row, secret, check)
        except Nof1Error as error:
            store.credentials.finish_draft(draft_id, state="failed", answer=error.text)
            return {"state": "failed", "answer": str(error.text)}
        store.credentials.finish_draft(draft_id, state="passed", answer=_passed(check), credential_id=credential.id)
        return {"state": "passed", "credential_id": credential.id}


def retest(p: Ports, user_id: str, credential_id: str) -> dict[str, object]:
    """Test a saved credential's key again and note the answer. Worker, or a command on the host."""
    with p.tenants(user_id) as store:
        credential = _found(store, credential_id)
        try:
            check = p.exchange(credential.environment, credential.api_key, open_secret(p, store, credential)).check()
        except SecretUnreadable as error:
            store.credentials.set_state(credential.id, CredentialState.LOCKED, error=error.text)
            return {"ok": False, "answer": str(error.text)}
        except ExchangeError as error:
            store.credentials.set_tested(credential.id, p.clock(), alias=credential.account_alias, error=error.text)
            return {"ok": False, "answer": str(error.text)}
        store.credentials.set_tested(credential.id, p.clock(), alias=check.account_alias, error=None)
    return {"ok": True, "answer": str(_passed(check)), **_told(check)}


def add(
    p: Ports, user_id: str, *, name: str, environment: str, api_key: str, api_secret: str
) -> tuple[Credential, KeyCheck]:
    """Test a key in this process and save it; raises what is wrong and saves nothing then. Host commands only."""
    _check_typed(p, user_id, name=name, environment=environment, api_key=api_key, api_secret=api_secret)
    check = p.exchange(Environment(environment), api_key.strip(), api_secret).check()
    row = Draft(new_id("d"), name.strip(), environment, api_key.strip(), b"", "passed", None, "", p.clock())
    with p.tenants(user_id) as store:
        return _save(p, store, row, api_secret, check), check


def open_secret(p: Ports, store: TenantStore, credential: Credential) -> str:
    """Return a credential's secret in clear; SecretUnreadable when it does not open. Worker or host command only."""
    wrapped = store.credentials.data_key()
    sealed = store.credentials.secret(credential.id, SECRET)
    if wrapped is None or sealed is None:
        raise SecretUnreadable(N_("The secret of %(name)s is missing. Enter the key again."), name=credential.name)
    return p.vault.open(wrapped, sealed, user_id=store.user_id, credential_id=credential.id, field=SECRET)


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
    return _enter_state(p, user_id, find(p, user_id, credential_id), CredentialState.STOPPED)


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
    return announce(p, user_id, credential.id)


def _check_typed(p: Ports, user_id: str, *, name: str, environment: str, api_key: str, api_secret: str) -> None:
    fields: dict[str, Text] = {}
    if not 1 <= len(name.strip()) <= 40:
        fields["name"] = Text(N_("Give it a name of 1 to 40 characters."))
    if environment not in tuple(Environment):
        fields["environment"] = Text(N_("Choose paper, testnet or live."))
    if p.demo and environment == Environment.LIVE:
        fields["environment"] = Text(N_("This is the demo: live keys are not accepted. Choose testnet."))
    if not _KEY.fullmatch(api_key.strip()):
        fields["api_key"] = Text(N_("Paste the API key exactly as the exchange shows it: letters and digits only."))
    if not 16 <= len(api_secret) <= 4096 or api_secret != api_secret.strip():
        fields["api_secret"] = Text(N_("Paste the API secret exactly as the exchange showed it, without spaces."))
    with p.tenants(user_id) as store:
        existing = store.credentials.all()
    if any(each.name.lower() == name.strip().lower() for each in existing):
        fields["name"] = Text(N_("You already have a credential called %(name)s."), {"name": name.strip()})
    if any(each.api_key == api_key.strip() and each.environment == environment for each in existing):
        fields["api_key"] = Text(N_("You have already added this key."))
    if fields:
        first = next(iter(fields.values()))
        raise InvalidInput(first.template, fields=fields, **first.numbers)
    if len(existing) >= QUOTA:
        raise Refused(N_("You have %(quota)s credentials, the most this installation allows."), quota=QUOTA)


def _save(p: Ports, store: TenantStore, row: Draft, secret: str, check: KeyCheck) -> Credential:
    """Seal the secret under the tenant's data key and insert the credential, in one transaction."""
    wrapped = store.credentials.data_key() or store.credentials.put_data_key(p.vault.new_data_key(store.user_id))
    credential = Credential(
        new_id("c"),
        row.name,
        Environment(row.environment),
        row.api_key,
        CredentialState.STOPPED,
        enabled=True,
        armed=False,
        created_at=p.clock(),
        account_alias=check.account_alias,
        tested_at=p.clock(),
    )
    sealed = p.vault.seal(wrapped, secret, user_id=store.user_id, credential_id=credential.id, field=SECRET)
    with store.transaction():
        store.credentials.add(credential)
        store.credentials.put_secret(credential.id, SECRET, sealed)
        store.chronicle.audit(p.clock(), store.user_id, "credential.add", {"credential": credential.name})
    return credential


def _found(store: TenantStore, id_or_name: str) -> Credential:
    credential = store.credentials.get(id_or_name)
    if credential is None:
        raise NotFound(N_("There is no credential called %(name)s."), name=id_or_name)
    return credential


def _passed(check: KeyCheck) -> Text:
    return Text(N_("The key works. Balance: %(equity)s USDT."), {"equity": plain(check.equity)})


def _told(check: KeyCheck) -> Mapping[str, object]:
    return {
        "equity": plain(check.equity),
        "available": plain(check.available),
        "position_mode": "hedge" if check.hedge else "one_way",
        "multi_assets": check.multi_assets,
        "warnings": list(check.warnings),
    }


def _context(user_id: str, draft_id: str) -> str:
    return f"{user_id}|{draft_id}|{SECRET}"
