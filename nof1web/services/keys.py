"""From what was typed to a sealed secret: checked, sealed, saved; and back to a client (DESIGN §6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nof1web.core.records import Credential, CredentialState
from nof1web.core.trading import Environment, KeyCheck, MarginMode
from nof1web.errors import N_, InvalidInput, Refused, SecretUnreadable, Text
from nof1web.services import figures, proxies
from nof1web.services.ids import new_id
from nof1web.services.key_stores import Draft
from nof1web.services.key_tests import Tested, warnings_of
from nof1web.services.ports import Exchange, Ports
from nof1web.services.stores import TenantStore

SECRET = "api_secret"
QUOTA = 200
LABELS = ("", "main", "sub")
_KEY = re.compile(r"[A-Za-z0-9]{16,128}")


@dataclass(frozen=True, slots=True)
class KeyOptions:
    """What may be said with a key: `label` main or sub, `margin_mode` the default of its trackers, its own `proxy`.

    The proxy may hold a password, which is a secret like the key's own.
    """

    label: str = ""
    margin_mode: str = ""
    proxy: str = ""

    def __repr__(self) -> str:
        return f"KeyOptions(label={self.label!r}, margin_mode={self.margin_mode!r})"


NO_OPTIONS = KeyOptions()


def open_secret(p: Ports, store: TenantStore, credential: Credential, field: str = SECRET) -> str:
    """Return a credential's secret in clear; SecretUnreadable when it does not open. Worker or host command only."""
    found = store.keys.sealed(credential.id, field)
    if found is None:
        raise SecretUnreadable(N_("The secret of %(name)s is missing. Enter the key again."), name=credential.name)
    return p.vault.open(found.wrapped, found.sealed, user_id=store.user_id, credential_id=credential.id, field=field)


def proxy_of(p: Ports, store: TenantStore, credential: Credential) -> str | None:
    """Return a credential's own proxy with its password, None without one. Worker or host command only."""
    facts = store.keys.facts(credential.id)
    if facts is None or not facts.proxy:
        return None
    sealed = store.keys.sealed(credential.id, proxies.FIELD)
    password = open_secret(p, store, credential, proxies.FIELD) if sealed else ""
    return proxies.joined(facts.proxy, password)


def client(p: Ports, store: TenantStore, credential: Credential) -> Exchange:
    """Return a saved credential's exchange; SecretUnreadable when its secret does not open."""
    if credential.environment is Environment.PAPER:
        return p.paper(store.user_id, credential.id)
    secret, proxy = open_secret(p, store, credential), proxy_of(p, store, credential)
    return p.exchange(credential.environment, credential.api_key, secret, proxy=proxy)


def check_typed(
    p: Ports,
    user_id: str,
    *,
    name: str,
    environment: str,
    api_key: str,
    api_secret: str,
    options: KeyOptions = NO_OPTIONS,
    keyless: bool = False,
) -> None:
    """Refuse what can't be a key before anything is sent; InvalidInput names each wrong field.

    With `keyless` key and secret come later.
    """
    fields: dict[str, Text] = {}
    if not 1 <= len(name.strip()) <= 40:
        fields["name"] = Text(N_("Give it a name of 1 to 40 characters."))
    if environment not in tuple(Environment):
        fields["environment"] = Text(N_("Choose paper, testnet or live."))
    if p.demo and environment == Environment.LIVE:
        fields["environment"] = Text(N_("This is the demo: live keys are not accepted. Choose testnet."))
    keyless = keyless or environment == Environment.PAPER
    if not keyless:
        fields |= wrong_key(api_key, api_secret)
    fields |= _wrong_options(options)
    with p.tenants(user_id) as store:
        if any(each.name.casefold() == name.strip().casefold() for each in store.credentials.all()):
            fields["name"] = Text(N_("You already have a credential called %(name)s."), {"name": name.strip()})
        if not keyless:
            fields |= taken(store, api_key.strip(), environment)
        refuse(fields)
        _require_room(p, store)


def _require_room(p: Ports, store: TenantStore) -> None:
    quota = quota_of(p, store.user_id)
    if len(store.credentials.all()) >= quota:
        raise Refused(N_("You have %(quota)s credentials, the most this installation allows."), quota=quota)


def taken(store: TenantStore, api_key: str, environment: str, *, except_id: str = "") -> dict[str, Text]:
    """Return the sentence, by field, of a key that another credential has already; empty when none has."""
    same = (each for each in store.credentials.all() if (each.api_key, each.environment) == (api_key, environment))
    if any(each.id != except_id for each in same):
        return {"api_key": Text(N_("You have already added this key."))}
    return {}


def wrong_key(api_key: str, api_secret: str) -> dict[str, Text]:
    """Return a sentence per field of what can't be a key or secret."""
    fields = {}
    if not _KEY.fullmatch(api_key.strip()):
        fields["api_key"] = Text(N_("Paste the API key exactly as the exchange shows it: letters and digits only."))
    if not 16 <= len(api_secret) <= 4096 or api_secret != api_secret.strip():
        fields["api_secret"] = Text(N_("Paste the API secret exactly as the exchange showed it, without spaces."))
    return fields


def _wrong_options(options: KeyOptions) -> dict[str, Text]:
    fields = {}
    if options.label not in LABELS:
        fields["label"] = Text(N_("Choose main or sub account, or neither."))
    if options.margin_mode and options.margin_mode not in tuple(MarginMode):
        fields["margin_mode"] = Text(N_("Choose cross or isolated margin, or neither."))
    try:
        proxies.parted(options.proxy)
    except InvalidInput as error:
        fields |= error.fields
    return fields


def refuse(fields: dict[str, Text]) -> None:
    """Raise InvalidInput with these fields, if there are any."""
    if fields:
        first = next(iter(fields.values()))
        raise InvalidInput(first.template, fields=fields, **first.numbers)


def quota_of(p: Ports, user_id: str) -> int:
    """Return how many credentials a user may have."""
    own = p.registry.quota(user_id).credentials
    return QUOTA if own is None else own


def save(p: Ports, store: TenantStore, row: Draft, secrets: tuple[str, str], tested: Tested) -> Credential:
    """Seal (API secret, proxy password) under the tenant's data key and insert the credential, in one transaction.

    The draft is over then. Refused or InvalidInput when what was added meanwhile leaves no room, or is this key.
    """
    environment = Environment(row.environment)
    now = p.clock()
    credential = Credential(
        new_id("c"),
        row.name,
        environment,
        "" if environment is Environment.PAPER else row.api_key,
        CredentialState.STOPPED,
        enabled=True,
        armed=False,
        created_at=now,
        account_alias=tested.check.account_alias,
        tested_at=now,
    )
    # A paper account has no key; what was typed all the same is not kept.
    kept = ("", "") if environment is Environment.PAPER else secrets
    with store.transaction():
        # Several tests can be under way at once, and each began while there was room.
        _require_room(p, store)
        if credential.api_key:
            refuse(taken(store, credential.api_key, environment))
        codes = warnings_of(store, tested.check, environment=environment)
        store.credentials.add(credential)
        put_secrets(p, store, credential.id, kept)
        facts = store.keys.facts(credential.id)
        if facts is not None:
            store.keys.put_facts(replace(facts, label=row.label, proxy=row.proxy, warnings=codes))
        if row.margin_mode:
            store.trackers.put_defaults(credential.id, {"margin_mode": row.margin_mode})
        store.credentials.put_snapshot(credential.id, tested.account, tested.positions)
        store.chronicle.audit(now, store.user_id, "credential.add", {"credential": credential.name})
        note_passed(store, row, credential.id, tested.check, codes)
    return credential


def note_passed(
    store: TenantStore, row: Draft, credential_id: str, check: KeyCheck, warnings: tuple[str, ...]
) -> None:
    """Note that a draft's key works; nothing where it was never kept. Joins the transaction that saves the key.

    Together, because who dies in between would test it again and find its name taken.
    """
    if row.sealed:
        store.credentials.finish_draft(
            row.id, state="passed", answer=passed(check), credential_id=credential_id, warnings=warnings
        )


def passed(check: KeyCheck) -> Text:
    """Return what to say of a key that works."""
    return Text(N_("The key works. Balance: %(equity)s USDT."), {"equity": figures.money(check.equity)})


def put_secrets(p: Ports, store: TenantStore, credential_id: str, secrets: tuple[str, str]) -> None:
    """Seal (API secret, proxy password) under the tenant's present data key; joins the caller's transaction.

    The data key is read inside, so that a key renewed by another process is never missed.
    """
    with store.transaction():
        wrapped = store.credentials.data_key()
        if wrapped is None:
            wrapped = store.credentials.put_data_key(p.vault.new_data_key(store.user_id))
        for field, secret in zip((SECRET, proxies.FIELD), secrets, strict=True):
            if secret or field == SECRET:
                place = {"user_id": store.user_id, "credential_id": credential_id, "field": field}
                store.credentials.put_secret(credential_id, field, p.vault.seal(wrapped, secret, **place))


def context(user_id: str, draft_id: str, field: str = SECRET) -> str:
    """Return what binds a sealed box to its tenant, draft and field."""
    return f"{user_id}|{draft_id}|{field}"
