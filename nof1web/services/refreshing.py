"""What a cycle needs to know of the account before it decides: read anew only where that matters (DESIGN §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from nof1web.core.clocks import ahead
from nof1web.core.protection import breached
from nof1web.core.records import Credential
from nof1web.core.refusals import Code
from nof1web.core.snapshot import Plan
from nof1web.errors import CredentialRefused, ExchangeError, OverBudget, Text
from nof1web.services.loading import load
from nof1web.services.ports import AccountPorts
from nof1web.services.surveying import MODE_REFUSED
from nof1web.services.syncing import run_sync

_LATELY = timedelta(seconds=20)
_ASK_FIRST = (-2022, *MODE_REFUSED)
"""nothing to close, or another position mode than the one known: the account is asked before another try"""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of it: a problem in words; whether the last reading serves with a part of it held back."""

    problem: Text | None = None
    held_back: bool = False


def refresh(ports: AccountPorts, credential: Credential) -> Refreshed:
    """Sync where the account can't be as it was last read; without it no entry is made, but exits still flow."""
    wrong = trigger_crossed(ports, credential) or _known_wrong(ports, credential) or _holds_less(ports, credential)
    if not (wrong or ports.store.halts.reconcile_due(credential.id)):
        return Refreshed()
    try:
        # A comparison that can't be ended asks for no further cycle: that would compare again, and so on.
        run_sync(ports, in_cycle=not wrong)
    except CredentialRefused:
        raise
    except ExchangeError as error:
        return Refreshed(error.text)
    return Refreshed()


def read_for_entry(ports: AccountPorts, before: Refreshed) -> Refreshed:
    """Read the account for an entry that waits for it, its last reading being old (weight 5, the entries' lane).

    Where only the shared budget has nothing left for that, the old reading serves, with a part of the balance held
    back: nobody waits behind what others ask for.
    """
    if before.problem is not None:
        return before
    try:
        run_sync(ports, urgent=True)
    except CredentialRefused:
        raise
    except OverBudget as error:
        known = ports.store.credentials.snapshot(ports.credential_id)
        serves = known is not None and not ahead(known[0].read_at, ports.clock())
        serves = serves and not ports.store.halts.reconcile_due(ports.credential_id)
        serves = serves and not ports.store.journal.unresolved(ports.credential_id)
        return Refreshed(None if serves else error.text, held_back=serves)
    except ExchangeError as error:
        return Refreshed(error.text)
    return Refreshed()


def waits_for_account(plan: Plan) -> bool:
    """Whether an entry was put off only because the account's last reading is old."""
    return any(verdict.code == Code.ACCOUNT_UNKNOWN for verdict in plan.verdicts)


def trigger_crossed(ports: AccountPorts, credential: Credential) -> bool:
    """Whether a resting stop or target of ours lies where the mark already is."""
    marks = ports.bus.marks(ports.host)
    return any(
        each.symbol in marks and breached(each, marks[each.symbol])
        for each in ports.store.journal.protections(credential.id)
    )


def _holds_less(ports: AccountPorts, credential: Credential) -> bool:
    """Whether the last reading showed less than a tracker holds: another one may explain it (rule 8)."""
    if not any(epoch.quantity for epoch in ports.store.trackers.epochs(credential.id)):
        return False
    snapshot = load(ports, credential)
    held = (epoch for view in snapshot.trackers for epoch in view.epochs if epoch.quantity)
    return any(snapshot.most_to_close(epoch) < abs(epoch.quantity) for epoch in held)


def _known_wrong(ports: AccountPorts, credential: Credential) -> bool:
    """Whether the exchange just said that the account is not as we know it."""
    since = ports.clock() - _LATELY
    newest = ports.store.journal.intents(credential.id, limit=20)
    refused = (each.settled_at for each in newest if each.exchange_code in _ASK_FIRST)
    return any(at is not None and since < at <= ports.clock() for at in refused)
