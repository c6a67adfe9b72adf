"""A worker's first claim of a credential: what happened while nobody watched is found out before any entry."""

from __future__ import annotations

from datetime import datetime

from nof1web.core import settings
from nof1web.core.records import Mode
from nof1web.core.trading import Account
from nof1web.services.loading import credential_of
from nof1web.services.ports import AccountPorts


def first_claim(ports: AccountPorts, worker_since: datetime) -> bool:
    """Ask for a reconcile unless the account was read since this worker started; return whether it was asked for.

    An account whose trackers only record needs none.
    """
    credential = credential_of(ports)
    trackers = [each for each in ports.store.trackers.all(credential.id) if each.started]
    trades = credential.sends and any(settings.of(each).mode is Mode.TRADE for each in trackers)
    snapshot = ports.store.credentials.snapshot(credential.id)
    if not trades or not credential.state.polls or (snapshot is not None and _since(ports, snapshot[0], worker_since)):
        return False
    with ports.store.transaction(fence=(ports.credential_id, ports.lease.fence)):
        ports.store.halts.ask_reconcile(credential.id, ports.clock())
    return True


def _since(ports: AccountPorts, account: Account, worker_since: datetime) -> bool:
    # One noted later than now was by a clock that was put back since: it may be older than this worker.
    return worker_since <= account.read_at <= ports.clock()
