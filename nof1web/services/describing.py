"""What a credential is called, which kind of account it is, and the margin mode its trackers start from."""

from __future__ import annotations

from dataclasses import replace

from nof1web.core.records import Credential
from nof1web.core.settings import INHERITED
from nof1web.core.trading import MarginMode
from nof1web.errors import N_, Text
from nof1web.services import credentials, defaults
from nof1web.services.following import announce
from nof1web.services.key_stores import KeyFacts
from nof1web.services.keys import LABELS, refuse
from nof1web.services.ports import Ports
from nof1web.services.stores import TenantStore

NAME = N_("Give it a name of 1 to 40 characters.")
LABEL = N_("Choose main or sub account, or neither.")
MARGIN_MODE = N_("Choose cross or isolated margin, or neither.")


def describe(
    p: Ports,
    user_id: str,
    credential_id: str,
    *,
    name: str | None = None,
    label: str | None = None,
    margin_mode: str | None = None,
) -> Credential:
    """Change what a credential is called, its label and its trackers' margin mode; None leaves each as it is.

    An empty margin mode is inherited from the user. InvalidInput names each wrong field, and nothing is changed then.
    """
    credential = credentials.find(p, user_id, credential_id)
    _require_right(name, label, margin_mode)
    with p.tenants(user_id) as store, store.transaction():
        if name is not None and name.strip() != credential.name:
            store.keys.rename(credential.id, name.strip())
            detail = {"credential": credential.name, "name": name.strip()}
            store.chronicle.audit(p.clock(), user_id, "credential.rename", detail)
        if label is not None:
            _put_label(p, store, credential, label)
        if margin_mode is not None and margin_mode != margin_mode_of(store, credential.id):
            defaults.put(p, user_id, {"margin_mode": margin_mode or INHERITED}, credential=credential.id)
    # Once more: what was told inside could be read only now.
    return announce(p, user_id, credential.id)


def margin_mode_of(store: TenantStore, credential_id: str) -> str:
    """Return the margin mode a credential itself gives its trackers, empty for none."""
    return store.trackers.defaults(credential_id).get("margin_mode", "")


def _put_label(p: Ports, store: TenantStore, credential: Credential, label: str) -> None:
    facts = store.keys.facts(credential.id) or KeyFacts(credential.id, credential.created_at)
    if facts.label != label:
        store.keys.put_facts(replace(facts, label=label))
        detail = {"credential": credential.name, "label": label}
        store.chronicle.audit(p.clock(), store.user_id, "credential.label", detail)


def _require_right(name: str | None, label: str | None, margin_mode: str | None) -> None:
    fields: dict[str, Text] = {}
    if name is not None and not 1 <= len(name.strip()) <= 40:
        fields["name"] = Text(NAME)
    if label is not None and label not in LABELS:
        fields["label"] = Text(LABEL)
    if margin_mode and margin_mode not in tuple(MarginMode):
        fields["margin_mode"] = Text(MARGIN_MODE)
    refuse(fields)
