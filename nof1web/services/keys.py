"""From what was typed to a sealed secret: checked, tried once at the exchange, saved (DESIGN §6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nof1web.core.records import Credential, CredentialState
from nof1web.core.trading import Account, Environment, KeyCheck, Position
from nof1web.errors import N_, InvalidInput, Refused, SecretUnreadable, Text
from nof1web.services.ids import new_id
from nof1web.services.ports import Exchange, Ports
from nof1web.services.stores import Draft, TenantStore

SECRET = "api_secret"
QUOTA = 200
_KEY = re.compile(r"[A-Za-z0-9]{16,128}")


def open_secret(p: Ports, store: TenantStore, credential: Credential) -> str:
    """Return a credential's secret in clear; SecretUnreadable when it does not open. Worker or host command only."""
    wrapped = store.credentials.data_key()
    sealed = store.credentials.secret(credential.id, SECRET)
    if wrapped is None or sealed is None:
        raise SecretUnreadable(N_("The secret of %(name)s is missing. Enter the key again."), name=credential.name)
    return p.vault.open(wrapped, sealed, user_id=store.user_id, credential_id=credential.id, field=SECRET)


def client(p: Ports, store: TenantStore, credential: Credential) -> Exchange:
    """Return a saved credential's exchange; SecretUnreadable when its secret does not open."""
    if credential.environment is Environment.PAPER:
        return p.paper(store.user_id, credential.id)
    return p.exchange(credential.environment, credential.api_key, open_secret(p, store, credential))


def check_typed(p: Ports, user_id: str, *, name: str, environment: str, api_key: str, api_secret: str) -> None:
    """Refuse what can't be a key before anything is sent; InvalidInput names each wrong field."""
    fields: dict[str, Text] = {}
    if not 1 <= len(name.strip()) <= 40:
        fields["name"] = Text(N_("Give it a name of 1 to 40 characters."))
    if environment not in tuple(Environment):
        fields["environment"] = Text(N_("Choose paper, testnet or live."))
    if p.demo and environment == Environment.LIVE:
        fields["environment"] = Text(N_("This is the demo: live keys are not accepted. Choose testnet."))
    keyless = environment == Environment.PAPER
    if not keyless and not _KEY.fullmatch(api_key.strip()):
        fields["api_key"] = Text(N_("Paste the API key exactly as the exchange shows it: letters and digits only."))
    if not keyless and (not 16 <= len(api_secret) <= 4096 or api_secret != api_secret.strip()):
        fields["api_secret"] = Text(N_("Paste the API secret exactly as the exchange showed it, without spaces."))
    with p.tenants(user_id) as store:
        existing = store.credentials.all()
    if any(each.name.lower() == name.strip().lower() for each in existing):
        fields["name"] = Text(N_("You already have a credential called %(name)s."), {"name": name.strip()})
    if not keyless and any((each.api_key, each.environment) == (api_key.strip(), environment) for each in existing):
        fields["api_key"] = Text(N_("You have already added this key."))
    if fields:
        first = next(iter(fields.values()))
        raise InvalidInput(first.template, fields=fields, **first.numbers)
    if len(existing) >= QUOTA:
        raise Refused(N_("You have %(quota)s credentials, the most this installation allows."), quota=QUOTA)


@dataclass(frozen=True, slots=True)
class Tested:
    """A key that works, and the account behind it as it was then: a preview needs no sync first."""

    check: KeyCheck
    account: Account
    positions: tuple[Position, ...]


def try_key(p: Ports, row: Draft, secret: str) -> Tested:
    """Use a key once, reading only; raises what the exchange says against it."""
    exchange = p.exchange(Environment(row.environment), row.api_key, secret)
    read_at = p.clock()
    check = exchange.check()
    return Tested(check, replace(exchange.account(), read_at=read_at), exchange.positions())


def save(p: Ports, store: TenantStore, row: Draft, secret: str, tested: Tested) -> Credential:
    """Seal the secret under the tenant's data key and insert the credential, in one transaction."""
    wrapped = store.credentials.data_key() or store.credentials.put_data_key(p.vault.new_data_key(store.user_id))
    credential = Credential(
        new_id("c"),
        row.name,
        Environment(row.environment),
        "" if row.environment == Environment.PAPER else row.api_key,
        CredentialState.STOPPED,
        enabled=True,
        armed=False,
        created_at=p.clock(),
        account_alias=tested.check.account_alias,
        tested_at=p.clock(),
    )
    # A paper account has no key; what was typed all the same is not kept.
    secret = "" if credential.environment is Environment.PAPER else secret
    sealed = p.vault.seal(wrapped, secret, user_id=store.user_id, credential_id=credential.id, field=SECRET)
    with store.transaction():
        store.credentials.add(credential)
        store.credentials.put_secret(credential.id, SECRET, sealed)
        store.credentials.put_snapshot(credential.id, tested.account, tested.positions)
        store.chronicle.audit(p.clock(), store.user_id, "credential.add", {"credential": credential.name})
    return credential


def context(user_id: str, draft_id: str) -> str:
    """Return what binds a sealed box to its tenant, draft and field."""
    return f"{user_id}|{draft_id}|{SECRET}"
