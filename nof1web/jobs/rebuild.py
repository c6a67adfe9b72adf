"""Rebuilds the index from the tenants' databases when Redis has lost it: a delay, nothing else (DESIGN §5)."""

from __future__ import annotations

import time

from nof1web import log, wiring
from nof1web.errors import Nof1Error
from nof1web.jobs import indexing
from nof1web.services.following import followed

BUILT = "index:built"
"""the last user's id that was done, ALL when all are; missing when Redis is new or was emptied"""
ALL = "~"
ADVANCE = """
-- KEYS 1 how far it is ; ARGV 1 how far it was when this step began, 2 how far it is now
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""
SLICE_SECONDS = 0.3
"""how long one tick may work on it, so that sources and wakes are not held up"""


def some(w: wiring.Wiring, *, seconds: float = SLICE_SECONDS) -> bool:
    """Go on rebuilding for about `seconds`; True when the index is complete. Safe to run twice at once."""
    kept = w.redis.get(BUILT)
    done = kept.decode() if isinstance(kept, bytes) else ""
    if done == ALL:
        return True
    if kept is None:
        w.redis.set(BUILT, done)
    until = time.monotonic() + seconds
    for user_id in sorted(each for each in w.tenants.all_ids() if each > done):
        _user(w, user_id)
        # Emptied once more meanwhile, or another one is at it: what was done may be gone, so it begins anew.
        if not w.redis.eval(ADVANCE, 1, BUILT, done, user_id):
            return False
        done = user_id
        if time.monotonic() > until:
            return False
    if not w.redis.eval(ADVANCE, 1, BUILT, done, ALL):
        return False
    log.get(__name__).info("index rebuilt")
    return True


def _user(w: wiring.Wiring, user_id: str) -> None:
    try:
        _credentials(w, user_id)
    except Nof1Error as error:
        # One broken database must not keep everybody else waiting.
        log.get(__name__).error("tenant left out of the index", user_id=user_id, error=str(error))


def _credentials(w: wiring.Wiring, user_id: str) -> None:
    with w.tenants(user_id) as store:
        for credential in store.credentials.all():
            agents = followed(credential, store.trackers.all(credential.id))
            w.queue.follow(user_id, credential.id, agents)
            seconds = indexing.sync_seconds(w, store, credential)
            ends = indexing.unfinished(store, credential.id)
            indexing.put(w, user_id, credential, seconds=seconds, synced=False, ends=ends)
            polls = credential.enabled and credential.state.polls
            if ends or (polls and (agents or seconds or credential.wake_at)):
                # What had been asked of it is lost: one cycle looks at everything again and sets the next wake.
                w.queue.cycle(user_id, credential.id)
