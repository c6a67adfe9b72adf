"""Rebuilds the index from the tenants' databases when Redis has lost it: a delay, nothing else (DESIGN §5).

It begins anew with each new server process, which may have lost its last second; and one user's part is looked at
every few seconds, for whoever died between a database and Redis.
"""

from __future__ import annotations

import time

from nof1web import log, wiring
from nof1web.errors import Nof1Error
from nof1web.jobs import indexing
from nof1web.services import pairs
from nof1web.services.following import followed

BUILT = "index:built"
"""the last user's id that was done, ALL when all are; missing when Redis is new or was emptied"""
ALL = "~"
LOOKED, LOOK_SECONDS = "index:looked-at", 5
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
    run, kept = str(w.redis.info("server")["run_id"]), w.redis.get(BUILT)
    found = kept.decode() if isinstance(kept, bytes) else ""
    done = found.removeprefix(run) if found.startswith(run) else ""
    if done == ALL:
        return True
    if found != run + done:
        w.redis.set(BUILT, run)
    until = time.monotonic() + seconds
    for user_id in sorted(each for each in w.tenants.all_ids() if each > done):
        _user(w, user_id)
        # Emptied once more meanwhile, or another one is at it: what was done may be gone, so it begins anew.
        if not w.redis.eval(ADVANCE, 1, BUILT, run + done, run + user_id):
            return False
        done = user_id
        if time.monotonic() > until:
            return False
    if not w.redis.eval(ADVANCE, 1, BUILT, run + done, run + ALL):
        return False
    log.get(__name__).info("index rebuilt")
    return True


def look(w: wiring.Wiring) -> str:
    """Look at the next user's credentials, at most every few seconds; return the user's id, "" when it isn't time.

    What is missing in the index is put back; what is there stays, and nothing is asked for that isn't due.
    """
    if not w.redis.set("index:looked", 1, nx=True, ex=LOOK_SECONDS):
        return ""
    last, users = w.redis.get(LOOKED), sorted(w.tenants.all_ids())
    after = last.decode() if isinstance(last, bytes) else ""
    user_id = next((each for each in users if each > after), users[0] if users else "")
    if user_id:
        _user(w, user_id, asking=False)
        w.redis.set(LOOKED, user_id)
    return user_id


def _user(w: wiring.Wiring, user_id: str, *, asking: bool = True) -> None:
    try:
        _credentials(w, user_id, asking=asking)
    except Nof1Error as error:
        # One broken database must not keep everybody else waiting.
        log.get(__name__).error("tenant left out of the index", user_id=user_id, error=str(error))


def _credentials(w: wiring.Wiring, user_id: str, *, asking: bool) -> None:
    with w.tenants(user_id) as store:
        pairs.unfinished(w, store)
        for credential in store.credentials.all():
            agents = followed(credential, store.trackers.all(credential.id))
            w.queue.follow(user_id, credential.id, agents)
            seconds = indexing.sync_seconds(w, store, credential)
            ends = indexing.unfinished(store, credential.id)
            held = indexing.holds(store, credential.id)
            indexing.put(w, user_id, credential, seconds=seconds, synced=False, holding=held, ends=ends)
            polls = credential.enabled and credential.state.polls
            if not asking:
                if credential.wake_at is not None:
                    w.queue.index.wake(user_id, credential.id, credential.wake_at, keep=True)
            elif ends or (polls and (agents or seconds or credential.wake_at)):
                # What had been asked of it is lost: one cycle looks at everything again and sets the next wake.
                w.queue.cycle(user_id, credential.id)
