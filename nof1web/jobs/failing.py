"""What follows a failed job: another try by class of error, later each time; in the end the breaker."""

from __future__ import annotations

import random
from datetime import timedelta

from redis.exceptions import RedisError

from nof1web import log, wiring
from nof1web.adapters.queue.rq_queue import RqQueue
from nof1web.core.records import CredentialState
from nof1web.errors import (
    N_,
    CredentialRefused,
    InvalidInput,
    LeaseLost,
    Nof1Error,
    NotFound,
    OutcomeUnknown,
    Refused,
    SecretUnreadable,
    Transient,
    Unavailable,
)
from nof1web.jobs.answers import sentence
from nof1web.jobs.leases import Lease
from nof1web.services import breaking
from nof1web.services.refusing import APART

PASSING = (Transient, OutcomeUnknown, Unavailable, RedisError)
"""failures that end by themselves: tried again for ever"""
ELSEWHERE = (Refused, InvalidInput, NotFound, SecretUnreadable, CredentialRefused, LeaseLost)
"""what has a rule of its own, what a person has been told in the answer, and what is no failure"""
FIRST, LONGEST_PASSING, LONGEST = 5, 15, 60
"""s until the next try, doubled with each failure in a row"""
BREAKS_AFTER = 5
SPREAD = 0.2
"""tries of many accounts that failed together are spread by this share"""
TOOK_DOWN = N_("Its work ended this server's process several times.")
_PASSED, _BROKE = "passing", "breaking"


def note(w: wiring.Wiring, lease: Lease, user_id: str, credential_id: str, error: Exception) -> None:
    """Note a job's failure with its credential, plan the next try, and turn entries off after five in a row.

    No news may come of what the job left undone: it is looked at again, whatever went wrong.
    """
    _keep(w, lease, user_id, credential_id, error)
    kind = _PASSED if isinstance(error, PASSING) else _BROKE
    count = 1 if isinstance(error, ELSEWHERE) else w.queue.failures.count(user_id, credential_id, kind)
    w.queue.wake(user_id, credential_id, w.clock() + _spread(again_after(error, count)))
    if kind == _BROKE and count >= BREAKS_AFTER:
        _break(w, lease, user_id, credential_id, error, again=count > BREAKS_AFTER)


def took_down(w: wiring.Wiring, lease: Lease, user_id: str, credential_id: str) -> None:
    """Turn entries off for a credential whose job took its worker down again and again; try again in a minute."""
    w.queue.wake(user_id, credential_id, w.clock() + _spread(LONGEST))
    _break(w, lease, user_id, credential_id, Unavailable(TOOK_DOWN), again=False)


def forget(queue: RqQueue, user_id: str, credential_id: str) -> None:
    """Note that a job went well."""
    queue.failures.clear(user_id, credential_id, _PASSED, _BROKE)


def again_after(error: Exception, count: int) -> float:
    """Return the seconds until the next try after `count` such failures in a row; not before the exchange allows it."""
    if isinstance(error, CredentialRefused):
        return APART.total_seconds()
    longest = LONGEST_PASSING if isinstance(error, PASSING) else LONGEST
    seconds = min(longest, FIRST * 2 ** min(count - 1, 10))
    asked = error.retry_after if isinstance(error, Transient) else None
    return max(seconds, min(asked or 0, LONGEST))


def _spread(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * (1 + SPREAD * random.random()))


def _keep(w: wiring.Wiring, lease: Lease, user_id: str, credential_id: str, error: Exception) -> None:
    try:
        with w.tenants(user_id) as store, store.transaction(fence=(credential_id, lease.fence)):
            store.credentials.set_cycled(credential_id, w.clock(), error=sentence(error))
    except Nof1Error as unwritten:
        log.get(__name__).warning("the failure could not be noted", error=str(unwritten))


def _break(
    w: wiring.Wiring, lease: Lease, user_id: str, credential_id: str, error: Exception, *, again: bool
) -> None:
    """Turn entries off; `again`, after a failure beyond the first five, only where a person has resumed them."""
    try:
        with w.tenants(user_id) as store:
            found = store.credentials.get(credential_id)
            if again and (found is None or found.state is not CredentialState.RUNNING):
                return
            event_id = breaking.turn_entries_off(
                store, credential_id, sentence(error), count=BREAKS_AFTER, fence=lease.fence, at=w.clock()
            )
    except Nof1Error as unwritten:
        log.get(__name__).error("the breaker could not be noted", error=str(unwritten))
        return
    if event_id:
        w.bus.publish(user_id, event_id)
