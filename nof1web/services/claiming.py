"""A worker's first claim of a credential: what happened while nobody watched is found out before any entry."""

from __future__ import annotations

from datetime import datetime

from nof1web.core import settings
from nof1web.core.records import Mode
from nof1web.core.trading import Account
from nof1web.services.loading import credential_of
from nof1web.services.ports import AccountPorts


def first_claim(ports: AccountPorts, worker_since: datetime) -> bool | None:
    """Ask for a reconcile unless the account was read since this worker started; return whether it was asked for.

    None while it needs none: it doesn't poll, or its trackers only record. It is to be asked about again then: what was
    read before a tracker that trades was started is compared with nothing that may be lacking.
    """
    # First what is cheapest to know: this is asked in every job of an account that doesn't trade.
    started = [each for each in ports.store.trackers.all(ports.credential_id) if each.started]
    trading = [each for each in started if settings.of(each).mode is Mode.TRADE]
    credential = credential_of(ports) if trading else None
    if credential is None or not credential.sends or not credential.state.polls:
        return None
    # Also a change of mode and arming start a tracker anew.
    since = max(worker_since, min((each.started_at for each in trading if each.started_at), default=worker_since))
    snapshot = ports.store.credentials.snapshot(credential.id)
    if snapshot is not None and _since(ports, snapshot[0], since):
        return False
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.halts.ask_reconcile(credential.id, ports.clock())
    return True


def _since(ports: AccountPorts, account: Account, since: datetime) -> bool:
    # One noted later than now was by a clock that was put back since: it may be older than this worker.
    return since <= account.read_at <= ports.clock()
